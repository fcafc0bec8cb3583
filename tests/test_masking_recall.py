"""None of thousands of phones, identity numbers, plates and bank cards in all spellings is left readable."""

import random
import re
import unicodedata

import pytest

from tests.masking_samples import (
    CAPITAL,
    CHINESE,
    CIRCLED,
    CONTEXTS,
    KEYCAP,
    RADIO,
    WIDE,
    Spelling,
    bank_card,
    covered,
    grouped,
    identity,
    masker,
    mixed,
    mobile,
    plain,
    plate,
    spelt_out,
    translated,
)

COUNT = 3000

PHONES: list[Spelling] = [
    plain,
    *(grouped(sizes) for sizes in ((3, 4), (3, 3), (4, 4), (4, 3), (3,), (7,), (5,), (3, 2, 2, 2))),
    *(translated(table) for table in (WIDE, CHINESE, CAPITAL, RADIO, CIRCLED, KEYCAP)),
    spelt_out,
    mixed,
    *(covered(*span) for span in ((3, 7), (3, 6), (4, 8), (7, 11))),
    lambda d, r: r.choice(["+86", "+86 ", "+86-", "86", "0086 ", "0"]) + d,
    lambda d, r: f"({d[:3]}){d[3:7]}-{d[7:]}",
    lambda d, r: f"{d[:3]}，{d[3:7]}，{d[7:]}",
    lambda d, r: r.choice(["电话", "手机：", "联系方式 ", "tel:", "微信同号"]) + d,
]
IDENTITIES: list[Spelling] = [
    plain,
    *(grouped(sizes) for sizes in ((6, 8), (6, 4, 4), (6, 4, 2, 2), (3, 3, 4, 4), (14,), (4, 4, 4, 4))),
    *(translated(table) for table in (WIDE, CHINESE, KEYCAP)),
    spelt_out,
    *(covered(*span) for span in ((6, 14), (4, 14), (10, 14), (3, 14))),
    lambda d, r: d.lower(),
    lambda d, r: r.choice(["身份证", "身份证号：", "证件号码 ", "身份证号码为"]) + d,
]
CARDS: list[Spelling] = [
    plain,
    *(grouped(sizes) for sizes in ((4, 4, 4, 4), (4, 4, 4), (6,), (8,))),
    *(translated(table) for table in (WIDE, CHINESE, KEYCAP)),
    spelt_out,
    *(covered(*span) for span in ((4, 12), (6, 12))),
    lambda d, r: r.choice(["银行卡", "卡号：", "建行卡 ", "收款账号:"]) + d,
]
PLATES: list[Spelling] = [
    plain,
    translated(WIDE),
    lambda d, r: d.lower(),
    lambda d, r: d[:2] + r.choice(["·", " ", "-", "—", ".", "\u200b", "•", " · "]) + d[2:],
    lambda d, r: d[0] + " " + d[1] + " " + d[2:],
    lambda d, r: d[:2] + " " + " ".join(d[2:]),
    lambda d, r: d[:4] + "***",
    lambda d, r: d[:2] + "***" + d[5:7],
    lambda d, r: d[:2] + "".join(CHINESE.get(c, c) for c in d[2:]),
    lambda d, r: r.choice(["车牌", "车牌号：", "号牌号码", "驾驶"]) + d + r.choice(["的车", "小型汽车", "", "号"]),
]

_SPOKEN = {ord(c): d for table in (CHINESE, CAPITAL, RADIO) for d, c in table.items()}


def read_digits(text: str) -> str:
    """Return all digits of a text, however they are written."""
    spoken = text.translate(_SPOKEN)
    return "".join(str(d) for c in spoken if (d := unicodedata.digit(c, None)) is not None)


def leaked(number: str, masked: str, context: str) -> bool:
    """Say whether four digits of `number` that the context does not have are left in a row."""
    left, before = read_digits(masked), read_digits(context)
    known = "".join(re.findall(r"\d", number))
    return any((part := known[i : i + 4]) in left and part not in before for i in range(len(known) - 3))


@pytest.mark.parametrize(
    ("token", "make", "spellings", "seed"),
    [
        ("〔电话〕", mobile, PHONES, 1),
        ("〔证件〕", identity, IDENTITIES, 2),
        ("〔银行卡〕", bank_card, CARDS, 3),
        ("〔车牌〕", plate, PLATES, 4),
    ],
    ids=["phones", "identities", "cards", "plates"],
)
def test_none_is_left(token, make, spellings, seed):
    rng = random.Random(seed)
    missed = []
    for index in range(COUNT):
        number, spelling, context = make(rng), spellings[index % len(spellings)], rng.choice(CONTEXTS)
        text = context.replace("{}", spelling(number, rng))
        masked = masker().mask(text)
        if "〔" not in masked.replace("〔姓名〕", "") or leaked(number, masked, context):
            missed.append((text, masked))
    assert missed == []
