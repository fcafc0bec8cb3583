"""The complainant's own details, known from the ticket's fields, are found wherever they stand in the text."""

import random

import pytest

from analysis.ingest.masking import Kind, OwnDetails
from tests.masking_samples import digits, masker, mobile, spelt_out
from tests.test_masking_names import made_names

OWN = OwnDetails(
    name="李小明",
    phones=("13812345678/0731-85123456",),
    account="长沙小旋风",
    address="长沙市芙蓉区阳光小区3栋2单元501室",
)


@pytest.mark.parametrize(
    "text",
    [
        "李小明反映", "李 小 明", "李　小　明", "李\u200b小\u200b明", "听李小明说", "这是李小明的车",
        "李小明、13812345678", "李某某反映", "李某", "李女士",
        "小李来过", "老李来过", "李**反映", "李xx反映",
    ],
)  # fmt: skip
def test_the_own_name_goes(text: str) -> None:
    masked = masker().mask(text, OWN)
    assert "〔姓名〕" in masked
    assert "李" not in masked


def test_an_own_name_that_is_a_word_goes_unless_it_is_part_of_another_word() -> None:
    own = OwnDetails(name="高峰")
    assert masker().mask("高峰反映早高峰堵车，高峰期更堵", own) == "〔姓名〕反映早高峰堵车，高峰期更堵"
    assert masker().mask("黄兴在黄兴路被罚", OwnDetails(name="黄兴")) == "〔姓名〕在黄兴路被罚"


@pytest.mark.parametrize("name", ["匿名", "市民", "芙蓉区城管局", "〔姓名〕", "", " ", "保密"])
def test_a_field_that_names_nobody_masks_nothing(name: str) -> None:
    text = "匿名市民反映芙蓉区城管局，要求保密"
    assert masker().mask(text, OwnDetails(name=name)) == text


def test_each_name_of_a_field_counts() -> None:
    assert masker().mask("卜凡和仝卓都在", OwnDetails(name="卜凡（丈夫）、仝卓")) == "〔姓名〕和〔姓名〕都在"


@pytest.mark.parametrize(
    "text", ["机号85123456", "0731 8512 3456", "８５１２３４５６", "八五一二三四五六", "8 5 1 2 3 4 5 6"]
)
def test_the_own_local_number_needs_no_word_before_it(text: str) -> None:
    assert "〔电话〕" in masker().mask(text, OWN)


def test_an_own_short_number_goes() -> None:
    own = OwnDetails(phones=("661234",))
    assert masker().mask("短线661234，不是16612345", own) == "短线〔电话〕，不是16612345"


@pytest.mark.parametrize("text", ["网友“长沙小旋风”您好", "长沙小旋风发帖"])
def test_the_own_account_goes(text: str) -> None:
    assert "〔账号〕" in masker().mask(text, OWN)


def test_an_own_account_that_is_a_word_goes_only_where_it_is_named() -> None:
    own = OwnDetails(account="正义")
    assert masker().mask("网友“正义”您好，要讲正义", own) == "网友“〔账号〕”您好，要讲正义"


def test_an_own_account_of_latin_letters_is_no_part_of_a_longer_one() -> None:
    own = OwnDetails(account="UU0081")
    assert masker().mask("网友“UU0081”您好，UU00812也在", own) == "网友“〔账号〕”您好，UU00812也在"


@pytest.mark.parametrize(
    ("address", "text", "masked"),
    [
        (OWN.address, "阳光小区3栋2单元501室漏水", "阳光小区〔住址〕漏水"),
        ("芙蓉区人民路88号", "人民路88号门口乱停车", "人民路〔住址〕门口乱停车"),
        ("星光村12组", "去星光村12组的路", "去星光村〔住址〕的路"),
        ("芙蓉区", "芙蓉区很堵", "芙蓉区很堵"),
    ],
)
def test_the_own_address_goes_below_the_compound(address: str, text: str, masked: str) -> None:
    assert masker().mask(text, OwnDetails(address=address)) == masked


def test_own_details_of_a_thousand_people_are_all_found() -> None:
    rng = random.Random(11)
    missed = []
    for name in made_names(1000, seed=11):
        phone, account = mobile(rng), "u" + digits(rng, 7)
        room = f"{rng.randint(1, 30)}栋{rng.randint(1, 4)}单元{rng.randint(1, 33)}0{rng.randint(1, 4)}"
        own = OwnDetails(name, (phone,), account, f"长沙市芙蓉区某某小区{room}")
        text = f"来电者{name}（{account}）称，昨天在{room}楼下，{name}的车被拖，请打{spelt_out(phone, rng)}，"
        text += f"{' '.join(name)}谢谢"
        masked = masker().mask(text, own)
        if any(part in masked for part in (name, phone, account, room, " ".join(name))):
            missed.append((text, masked))
    assert missed == []


def test_a_span_says_where_what_and_why() -> None:
    text = "李小明的电话\u200b138 1234 5678"
    found = masker().find(text, OWN)
    assert [(text[s.start : s.end], s.kind) for s in found] == [("李小明", Kind.NAME), ("138 1234 5678", Kind.PHONE)]
    assert all(s.rule for s in found)
