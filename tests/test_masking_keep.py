"""What must survive masking: places, units, statutes, documents, amounts, times, vehicles in general."""

import pytest

from tests.masking_samples import masker, sections

KEEP = sections("keep.txt")
KEPT = list(dict.fromkeys(word for words in KEEP.values() for word in words))

SENTENCES = [
    "市民来电反映：{}附近经常堵车，请处理。",
    "{}，希望重视。",
    "我在{}被罚，要求说明理由",
]


def test_the_list_is_long_enough() -> None:
    assert len(set(KEPT)) >= 200


@pytest.mark.parametrize("sentence", ["{}", *SENTENCES])
def test_nothing_of_it_is_masked(sentence: str) -> None:
    texts = [sentence.format(kept) for kept in KEPT]
    changed = [(text, masked) for text in texts if (masked := masker().mask(text)) != text]
    assert changed == []


@pytest.mark.parametrize(
    "label",
    [
        *KEEP["roads"],
        *KEEP["units"],
        "满意",
        "基本满意",
        "已办结",
        "投诉",
        "交通管理/违停",
        "手机APP",
        "芙蓉区/马王堆街道",
    ],
)
def test_usual_labels_come_back_unchanged(label: str) -> None:
    assert masker().mask(label, is_narrative=False) == label
