"""Addresses are told by road or subdistrict, never finer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exchange.places import load_coarse_places

PLACES = load_coarse_places()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("湖南省长沙市芙蓉区五一大道与韶山路交叉口", ("五一大道", "韶山路")),
        ("芙蓉区定王台街道解放西路12号3栋504室", ("定王台街道", "解放西路")),
        ("长沙市芙蓉区马王堆街道万家丽路和平小区3栋", ("马王堆街道", "万家丽路")),
        ("芙蓉区文艺路街道", ("文艺路街道",)),
        ("远大一路与车站北路十字路口往东", ("远大一路", "车站北路")),
        ("芙蓉中路二段路口", ("芙蓉中路",)),
        ("A市A3区迎新路", ("迎新路",)),
        ("市府路", ("市府路",)),
        ("位于朝阳一村门口马路边", ()),
        ("和平小区3栋504室", ()),
        ("五一大道、五一大道", ("五一大道",)),
        (None, ()),
        ("", ()),
    ],
)
def test_roads_and_subdistricts_are_found(address: str | None, expected: tuple[str, ...]) -> None:
    assert PLACES.find(address) == expected


@given(st.text("芙蓉区市路街道大在与0123456789号栋室AB ", max_size=60))
def test_no_number_of_a_house_is_ever_part_of_a_place(address: str) -> None:
    assert all(name.isalpha() and name.isascii() is False for name in PLACES.find(address))
    assert not any(character.isdigit() for name in PLACES.find(address) for character in name)
