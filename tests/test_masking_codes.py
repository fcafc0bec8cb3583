"""Plates, passports, police numbers and vehicle numbers."""

import pytest

from tests.masking_samples import masker

PLATES = [
    "湘A12345", "湘a12345", "湘A·12345", "湘A.12345", "湘A-12345", "湘A 12345", "湘 A 12345", "湘A D12345",
    "湘AD12345", "湘A·D12345",
    "湘A12345D", "湘Ａ１２３４５", "湘A 1 2 3 4 5", "湘A*****", "湘A**345", "湘A12***", "湘A***7K", "湘A1234学",
    "湘A1234警", "湘A1234挂",
    "粤Z1234港", "粤Z123A澳", "湘A一二三四五", "湘A88888", "湘AAB123", "湘A\n12345", "湘A\u200b12345", "湘A：12345",
    "湘A—12345", "湘A•12345",
    "湘A①②③④⑤", "WJ湘12345", "京A12345", "湘A123456", "湘牌A12345", "湖南A12345", "湘A（12345）", "湘A12 345",
    "湘ADB1234", "湘A-D12345",
]  # fmt: skip
SENTENCES = [
    "{}",
    "我的车{}被拖走",
    "车牌号：{}的车",
    "驾驶{}小型汽车",
    "本人车辆（{}）",
    "{}、湘B67890两台车",
    "11月5日 {}",
]


@pytest.mark.parametrize("plate", PLATES)
def test_a_full_plate_goes(plate: str) -> None:
    failed = [masked for s in SENTENCES if "〔车牌〕" not in (masked := masker().mask(s.format(plate)))]
    left = [
        masked
        for s in SENTENCES
        if any(d in (masked := masker().mask(s.format(plate))) for d in ("45", "12", "34", "五"))
    ]
    assert (failed, left) == ([], [])


@pytest.mark.parametrize("plate", ["A12345", "A·D12345", "a12345", "Ａ１２３４５", "A-12345"])
@pytest.mark.parametrize("sentence", ["车牌{}", "车牌号：{}", "牌照{}，", "号牌号码是{}。"])
def test_a_plate_without_province_goes_after_a_word_for_one(plate: str, sentence: str) -> None:
    assert masker().mask(sentence.format(plate)) == sentence.format("〔车牌〕")


@pytest.mark.parametrize(
    "text",
    [
        "湘A牌照",
        "外地牌照",
        "湘A、湘B的车",
        "湘O警车",
        "A12345型号",
        "新A区",
        "川渝地区",
        "全新SUV2023款",
        "限时停车牌写7:00-19:00",
    ],
)
def test_general_mentions_stay(text: str) -> None:
    assert masker().mask(text) == text


def test_a_plate_in_a_list_needs_no_province() -> None:
    assert masker().mask("湘A12345、B67890") == "〔车牌〕、〔车牌〕"


def test_a_number_after_a_plate_is_not_part_of_it() -> None:
    assert masker().mask("湘A12345 6人") == "〔车牌〕 6人"


@pytest.mark.parametrize(
    "number", ["E12345678", "EA1234567", "G12345678", "e12345678", "E 1234 5678", "Ｅ１２３４５６７８", "E****5678"]
)
@pytest.mark.parametrize("sentence", ["{}", "护照{}", "护照号码是{}。"])
def test_a_passport_goes(number: str, sentence: str) -> None:
    assert masker().mask(sentence.format(number)) == sentence.format("〔护照〕")


@pytest.mark.parametrize(
    "number", ["P1234567", "C12345678", "CA1234567", "H1234567890", "12345678", "W12345678", "N1234567"]
)
@pytest.mark.parametrize("sentence", ["护照{}", "港澳通行证：{}", "台胞证{}，", "回乡证号{}"])
def test_a_permit_goes_after_a_word_for_one(number: str, sentence: str) -> None:
    assert masker().mask(sentence.format(number)) == sentence.format("〔护照〕")


@pytest.mark.parametrize("text", ["G107国道", "G10002次", "E300轿车", "工单E12345678", "T20231105"])
def test_what_only_looks_like_a_passport_stays(text: str) -> None:
    assert masker().mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "警号012345", "警号：012345", "警号 01 23 45", "警号为０１２３４５", "警员编号012345", "警号零一二三四五",
        "民警（警号012345）",
        "执法证号43010112345", "执法证号：湘A43010112345", "辅警编号FJ01234", "警号****45", "工号1234", "胸牌号1234",
        "警号012345、012346",
    ],
)  # fmt: skip
def test_a_police_number_goes(text: str) -> None:
    masked = masker().mask(text)
    assert "〔警号〕" in masked
    assert not any(c.isdigit() or c in "零一二三四五" for c in masked)


@pytest.mark.parametrize(
    "text",
    [
        "驾驶证号430102199001011234", "档案编号：430100123456", "驾驶证档案编号430100123456", "驾照430100123456",
        "车架号LSVAM4187C2184841",
        "VIN码 LSVAM4187C2184841", "发动机号：123456", "发动机号码G4FC-123456", "车架号后六位184841",
        "从业资格证号430102199001011234",
    ],
)  # fmt: skip
def test_numbers_of_licences_and_vehicles_go(text: str) -> None:
    masked = masker().mask(text)
    assert "〔证件〕" in masked
    assert not any(c.isdigit() for c in masked)
