"""Numbers of people in every spelling: phones, identity papers, bank cards and plates inside sentences.

Written without sight of the masker, its patterns or its samples: what the masker's author did not think of.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

_CARRIERS = tomllib.loads((Path(__file__).parent / "texts" / "number_carriers.toml").read_text(encoding="utf-8"))

_SPOKEN = (
    "零一二三四五六七八九",
    "零幺二三四五六七八九",
    "〇一二三四五六七八九",
    "洞幺两三四五六拐八勾",
    "零壹贰叁肆伍陆柒捌玖",
)
_FULL_WIDTH = "０１２３４５６７８９"
_CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
_BOLD = "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"

# What people and programs put between groups of digits.
_SEPARATORS = (
    " ", "  ", "-", "—", "–", "－", "─", ".", "．", "·", "•", "_", "/", "　", "\u00a0", "\u200b", "\ufeff", "\u2060",
    "\t", "\n", "\r\n", " - ", " . ", "、", "，", ",", "~", "*", "\n　　", "--", "…", "|", "\u202f", "\u00ad", "'",
)  # fmt: skip

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_AREAS = ("430102", "430103", "430104", "430105", "430111", "430121", "430281", "432501", "110105", "440305", "522121")


@dataclass(frozen=True)
class Planted:
    """A text with one person's number in it: `secret` as plain digits and letters, `style` how it is spelled."""

    text: str
    secret: str
    style: str


def planted(kind: str, count: int, seed: int = 20261129) -> list[Planted]:
    """Return `count` texts with a number of the kind (`phone`, `identity`, `card`, `plate`); by `seed`."""
    make = {"phone": _phone, "identity": _identity, "card": _card, "plate": _plate}[kind]
    rng = Random(f"{kind}{seed}")
    made = []
    for _ in range(count):
        secret, spelled, style = make(rng)
        text = rng.choice(_CARRIERS[kind]).format(spelled)
        if rng.random() < 0.2:
            text = rng.choice(("您好！", "情况说明如下：", "今天下午，", "补充：\n", "一、", "尊敬的领导：")) + text
        made.append(Planted(text, secret, style))
    return made


def survives(secret: str, masked: str, least: int) -> bool:
    """Whether `least` or more neighbouring characters of the secret can still be read in the masked text."""
    plain = readable(masked)
    return any(secret[start : start + least] in plain for start in range(len(secret) - least + 1))


def readable(text: str) -> str:
    """Return digits, letters and Chinese characters of a text as a reader would note them down, in one run."""
    text = unicodedata.normalize("NFKC", text).upper()
    for digits in _SPOKEN:
        text = text.translate(str.maketrans(digits, "0123456789"))
    text = text.translate(str.maketrans("×ХⅩ", "XXX"))
    return re.sub(r"[^0-9A-Z\u4e00-\u9fff]", "", text)


Spelling = tuple[str, str, str]


def _phone(rng: Random) -> Spelling:
    if rng.random() < 0.12:
        return _landline(rng)
    digits = "1" + rng.choice("3456789") + _digits(rng, 9)
    body, style = _spelled(
        rng, digits, ((3, 4, 4), (3, 4, 4), (3, 3, 5), (4, 4, 3), (4, 3, 4), (2, 3, 3, 3), (3, 8), (7, 4))
    )
    if rng.random() < 0.3:
        prefix = rng.choice(
            ("+86", "+86 ", "86-", "0086", "0086-", "(+86)", "（86）", "＋８６", "86 ", "+86-", "+(86)", "[86]")
        )
        return digits, prefix + body, style + "+country"
    return digits, body, style


def _landline(rng: Random) -> Spelling:
    area = rng.choice(("0731", "010", "021", "0734", "0745", "020"))
    number = rng.choice("2345678") + _digits(rng, 7)
    join = rng.choice(("-", " ", "", "—", "－", "转", ".", "·", ") ", "）"))
    if join in (") ", "）"):
        area_text = ("(" if join == ") " else "（") + area
    elif join == "转":
        area_text, join = area, "-"
    else:
        area_text = area
    body = rng.choice(
        (number, number[:4] + " " + number[4:], number[:4] + "-" + number[4:], _translate(number, _FULL_WIDTH))
    )
    extension = rng.choice(("", "", "", "转801", "-8012", " 转 12"))
    return area + number, area_text + join + body + extension, "landline"


def _identity(rng: Random) -> Spelling:
    area = rng.choice(_AREAS)
    year, month, day = rng.randint(1940, 2008), rng.randint(1, 12), rng.randint(1, 28)
    if rng.random() < 0.15:  # until 1999
        digits = f"{area}{min(year, 1999) % 100:02}{month:02}{day:02}{_digits(rng, 3)}"
        body, style = _spelled(rng, digits, ((6, 6, 3), (3, 3, 3, 3, 3), (6, 9), (5, 5, 5)))
        return digits, body, style + "15"
    digits = f"{area}{year}{month:02}{day:02}{_digits(rng, 3)}"
    check = (
        _check_digit(digits) if rng.random() < 0.85 else rng.choice("0123456789X")
    )  # a slip of the pen does not hide a person
    last = rng.choice(("x", "X", "×", "Ｘ", "ｘ", "Х", "х", "Ⅹ", " X", "-x", "✕", "叉")) if check == "X" else ""
    body, style = _spelled(
        rng,
        digits + (check if check != "X" else ""),
        ((6, 8, 4), (6, 4, 4, 4), (3, 3, 4, 4, 4), (6, 12), (14, 4), (4, 4, 4, 4, 2)),
        last,
    )
    return digits + check, body, style + "x" * (check == "X")


def _check_digit(digits: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11]


def _card(rng: Random) -> Spelling:
    length = rng.choice((16, 17, 18, 19, 19, 19))
    start = rng.choice(("622202", "621700", "622848", "621799", "955880", "436742", "622588", "521899", "356833"))
    digits = start + _digits(rng, length - 7)
    digits += _luhn(digits) if rng.random() < 0.85 else rng.choice("0123456789")
    groups = (4, 4, 4, 4, length - 16) if length > 16 else (4, 4, 4, 4)
    return digits, *_spelled(rng, digits, (groups, groups, (6, length - 6), (4, 4, length - 8), (length - 4, 4)))


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _plate(rng: Random) -> Spelling:
    letter = rng.choice(_LETTERS)
    form = rng.choice(("plain", "plain", "plain", "new", "new", "truck", "学", "挂", "警", "港", "澳", "bare"))
    if form == "new":
        number = rng.choice("DF") + rng.choice(_LETTERS + "0123456789") + _digits(rng, 4)
    elif form == "truck":
        number = _digits(rng, 5) + rng.choice("DF")
    elif form in "学挂警港澳":
        number = (rng.choice(_LETTERS) if form in "港澳" and rng.random() < 0.3 else _digits(rng, 1)) + _digits(rng, 3)
        number += form
    else:
        number = _digits(rng, 5)
        for _ in range(rng.randint(0, 2)):  # GA 36: two letters at most
            at = rng.randrange(5)
            number = number[:at] + rng.choice(_LETTERS) + number[at + 1 :]
    if form == "bare":
        return letter + number, rng.choice(("车牌", "车牌号", "车牌号码：", "牌照")) + letter + number, "bare"
    province = "粤" if form in "港澳" else rng.choice("湘湘湘" + _PROVINCES)
    letter = "Z" if form in "港澳" else letter
    shown, style = number, form
    change = rng.choice(("", "", "full", "lower", "spoken", "fancy"))
    if change == "spoken":
        shown = _translate(number, rng.choice(_SPOKEN))
    elif change == "full":
        letter_shown = chr(ord(letter) + 0xFEE0)
        shown = "".join(chr(ord(each) + 0xFEE0) if each.isascii() else each for each in number)
        return number, province + letter_shown + _plate_join(rng) + shown, style + "+full"
    elif change == "lower":
        return number, province + letter.lower() + _plate_join(rng) + number.lower(), style + "+lower"
    elif change == "fancy":
        shown = (
            " ".join(number)
            if rng.random() < 0.5
            else number[:2] + rng.choice((" ", "-", ".", "\n", "\u200b")) + number[2:]
        )
    return (
        number,
        province + rng.choice(("", "", "", " ", "·")) + letter + _plate_join(rng) + shown,
        f"{style}+{change}",
    )


def _plate_join(rng: Random) -> str:
    return rng.choice(("", "", "", "·", "•", " ", "-", "—", ".", "\n", "　", "\u200b", "：", "_", "*", "・", "－", "/"))


def _spelled(rng: Random, digits: str, groupings: Sequence[tuple[int, ...]], last: str = "") -> tuple[str, str]:
    """Return the digits, and a last letter, as somebody may have written them, and the name of that way."""
    ways: tuple[tuple[str, Callable[[], str]], ...] = (
        ("plain", lambda: digits),
        ("full", lambda: _translate(digits, _FULL_WIDTH)),
        ("spoken", lambda: _translate(digits, rng.choice(_SPOKEN))),
        ("spoken-grouped", lambda: _grouped(rng, _translate(digits, rng.choice(_SPOKEN)), groupings)),
        ("grouped", lambda: _grouped(rng, digits, groupings)),
        ("grouped-mixed", lambda: _grouped(rng, digits, groupings, several=True)),
        ("full-grouped", lambda: _grouped(rng, _translate(digits, _FULL_WIDTH), groupings)),
        ("spaced", lambda: rng.choice((" ", "-", ".", "\u200b", " - ", "　")).join(digits)),
        (
            "mixed",
            lambda: "".join(_translate(each, rng.choice((*_SPOKEN[:2], _FULL_WIDTH, "0123456789"))) for each in digits),
        ),
        (
            "half-spoken",
            lambda: digits[: len(digits) // 2] + _translate(digits[len(digits) // 2 :], rng.choice(_SPOKEN)),
        ),
        ("broken", lambda: _broken(rng, digits)),
        ("odd-digits", lambda: _translate(digits, rng.choice((_CIRCLED, _BOLD)))),
        (
            "bracketed",
            lambda: rng.choice(("({})", "（{}）", "[{}]", "“{}”", "<{}>", "【{}】", "「{}」", "《{}》")).format(
                digits + last
            ),
        ),
        (
            "glued",
            lambda: (
                rng.choice(("是", "号", "a", "v", "tel", "No."))
                + digits
                + last
                + rng.choice(("的", "号", "谢谢", "，", "请"))
            ),
        ),
    )
    name, way = rng.choice(ways)
    return way() + last * (name not in ("bracketed", "glued")), name


def _grouped(rng: Random, digits: str, groupings: Sequence[tuple[int, ...]], several: bool = False) -> str:
    """Return the digits in groups, with one kind of separator or with several."""
    separator = rng.choice(_SEPARATORS)
    text, rest = "", digits
    for size in rng.choice(groupings):
        text += (rng.choice(_SEPARATORS) if several else separator) * bool(text and rest) + rest[:size]
        rest = rest[size:]
    return text + rest


def _broken(rng: Random, digits: str) -> str:
    """Return the digits broken at any place, as a line or a table cell breaks them."""
    at = rng.randrange(1, len(digits))
    return digits[:at] + rng.choice(("\n", "\r\n", " \n ", "-\n", "\n\n", "<br>", "\u2028", "\x0b")) + digits[at:]


def _translate(digits: str, table: str) -> str:
    return digits.translate(str.maketrans("0123456789", table))


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))
