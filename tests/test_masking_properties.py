"""Masking is pure, stable, fast, and leaves alone what holds nothing personal."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ingest.masking import OwnDetails
from tests.masking_samples import masker

PIECES = [
    "李女士", "我叫", "王强", "民警", "电话", "13812345678", "85123456", "138", "1234", "，", "。", "\n", " ", "微信",
    "abc_123", "湘A", "12345", "·", "D12345",
    "家住", "阳光小区", "3栋", "2单元", "501室", "身份证", "430102199001011234", "X", "*", "****", "一三八",
    "〔电话〕", "〔姓名〕", "〔", "〕", "警号",
    "012345", "姓", "某", "和", "、", "路", "88号", "12组", "@", "qq.com", "工单编号", "２", "①", "\u200b", "先生",
    "小", "住", "车牌", "A", "说", "转", "元",
]  # fmt: skip
PLAIN = "今天下午在这条路上看到很多东西但是没有说明原因要求给出理由请部门处理一下这个问题已经反映过几次了还是老样子"

SLOW = {
    "digits": "1" * 100_000, "singles": "1 " * 50_000, "pairs": "13 " * 33_000, "phones": "138-" * 25_000,
    "stars": "1*" * 50_000,
    "plates": "湘A1 " * 25_000, "surnames": "李" * 100_000, "anonymous": "李某" * 50_000, "names": "王建国" * 33_000,
    "list": "张伟、" * 33_000,
    "roles": "民警王" * 33_000, "titles": "王师傅" * 33_000, "numerals": "一" * 100_000, "spoken": "一 " * 50_000,
    "at": "a@" * 50_000,
    "accounts": "微信:" * 33_000, "cues": "电话号码" * 25_000, "homes": "家住路8号" * 20_000,
    "rooms": "3栋2单元" * 16_000, "dots": "阿·" * 50_000,
    "invisible": "1\u200b" * 50_000, "tokens": "〔电话〕" * 25_000, "brackets": "(1" * 50_000,
    "letters": "1o" * 50_000, "called": "姓王" * 50_000,
    "badges": "警号1234、" * 14_000, "documents": "工单1234567 " * 10_000, "all": "李1湘A电话微信" * 12_000,
    "spaces": " " * 100_000,
}  # fmt: skip

texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=60)
details = st.builds(
    OwnDetails,
    name=st.none() | st.sampled_from(["李小明", "王强", "匿名", "高峰", "〔姓名〕", "*"]),
    phones=st.lists(st.sampled_from(["13812345678", "85123456", "*", ""]), max_size=2).map(tuple),
    account=st.none() | st.sampled_from(["abc_123", "微信", "*", "("]) | st.text(max_size=6),
    address=st.none() | st.sampled_from(["阳光小区3栋2单元501室", "路88号", "("]) | st.text(max_size=12),
)


@given(text=texts, own=details)
@settings(max_examples=400, deadline=None)
def test_masking_a_masked_text_changes_nothing(text: str, own: OwnDetails) -> None:
    masked = masker().mask(text, own)
    assert masker().mask(masked, own) == masked


@given(text=texts, own=details)
@settings(max_examples=200, deadline=None)
def test_spans_are_ordered_disjoint_and_inside_the_text(text: str, own: OwnDetails) -> None:
    spans = masker().find(text, own)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.start < span.end for span in spans)
    assert all(0 <= edge <= len(text) for edge in edges)


@given(text=st.text(alphabet=PLAIN, max_size=80))
@settings(max_examples=200, deadline=None)
def test_text_without_digits_and_surnames_comes_back(text: str) -> None:
    assert masker().mask(text) == text


def cost(text: str, own: OwnDetails | None = None) -> float:
    """The least processor time of three tries, in seconds."""
    tries = []
    for _ in range(3):
        started = time.process_time()
        masker().mask(text, own) if own else masker().mask(text)
        tries.append(time.process_time() - started)
    return min(tries)


def grows_as_the_text(text: str, own: OwnDetails | None = None) -> bool:
    """Whether twice the text costs about twice the work; a search that runs away takes four times and more.

    Compared with itself in one go, it is the same on a slow or busy machine.
    """
    return cost(text, own) < 3 * cost(text[: len(text) // 2], own) + 0.05


@pytest.mark.parametrize("name", SLOW)
def test_work_grows_no_faster_than_the_text(name: str) -> None:
    assert grows_as_the_text(SLOW[name][: len(SLOW[name]) // 4])


def test_details_of_the_complainant_do_not_make_it_grow_faster() -> None:
    own = OwnDetails("李李", ("1111111",), "aaaa", "路路8号8栋")
    assert grows_as_the_text(("李1" * 100 + "1" * 200 + "a" * 200 + "路8号" * 60) * 50, own)
