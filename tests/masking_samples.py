"""What the tests of masking share: one masker, and made-up personal data in the spellings people use."""

import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from analysis.ingest.masking import Masker, load_masker

FIXTURES = Path(__file__).parent / "fixtures" / "masking"

Spelling = Callable[[str, random.Random], str]

CHINESE = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
CAPITAL = dict(zip("0123456789", "零壹贰叁肆伍陆柒捌玖", strict=True))
RADIO = dict(zip("0123456789", "洞幺两三四五六拐八勾", strict=True))
CIRCLED = dict(zip("0123456789", "⓪①②③④⑤⑥⑦⑧⑨", strict=True))
WIDE = dict(zip("0123456789X", "０１２３４５６７８９Ｘ", strict=True))
KEYCAP = {d: f"{d}\ufe0f\u20e3" for d in "0123456789"}

SEPARATORS = [" ", "  ", "-", " - ", ".", "·", "—", "_", "\u3000", "\u00a0", "\t", "\u200b", "\n", "－", "．"]

CONTEXTS = [
    "{}",
    "市民来电反映，联系电话{}，请回复",
    "（{}）",
    "本人信息：{}。请保密",
    "1、{}",
    "2023年11月5日8时30分，{}，请核实",
    "罚款200元，{}，不服",
    "拨打12345没人理，{}",
    "记录如下：{}\n谢谢",
    "“{}”",
    "李女士{}反映",
    "材料里写的是{}吗",
    "{},请尽快处理",
    "在黄兴路88号被拖车，{}",
    "3.{}",
]


def sections(name: str) -> dict[str, list[str]]:
    """Return the words of a fixture file under its headings (# roads)."""
    found: dict[str, list[str]] = {}
    for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            found[line[2:]] = []
        else:
            found[list(found)[-1]] += line.split()
    return found


def words(name: str) -> list[str]:
    """Return all words of a fixture file."""
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


@cache
def masker() -> Masker:
    return load_masker()


def translated(table: dict[str, str]) -> Spelling:
    return lambda digits, _: "".join(table.get(d, d) for d in digits)


def grouped(sizes: Sequence[int], separators: Sequence[str] = SEPARATORS) -> Spelling:
    def spell(digits: str, rng: random.Random) -> str:
        parts, at = [], 0
        for size in sizes:
            parts.append(digits[at : at + size])
            at += size
        parts.append(digits[at:])
        return rng.choice(separators).join(filter(None, parts))

    return spell


def covered(start: int, end: int, marks: str = "*×●xX#") -> Spelling:
    def spell(digits: str, rng: random.Random) -> str:
        return digits[:start] + rng.choice(marks) * (end - start) + digits[end:]

    return spell


def mixed(digits: str, rng: random.Random) -> str:
    tables: list[dict[str, str]] = [{}, CHINESE, WIDE]
    return "".join(rng.choice(tables).get(d, d) for d in digits)


def spelt_out(digits: str, rng: random.Random) -> str:
    return rng.choice([" ", "-", ".", "\u200b"]).join(digits)


def plain(digits: str, _: random.Random) -> str:
    return digits


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def mobile(rng: random.Random) -> str:
    return "1" + rng.choice("3456789") + digits(rng, 9)


def identity(rng: random.Random) -> str:
    region = rng.choice(["430102", "430111", "430181", "110101", "440305", "510104", "620102", "330106", "422801"])
    born = f"{rng.randint(1938, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    return region + born + digits(rng, 3) + rng.choice("0123456789X")


def bank_card(rng: random.Random) -> str:
    prefix, length = rng.choice(
        [("62", 19), ("62", 16), ("62", 17), ("62", 18), ("4367", 16), ("5187", 16), ("9558", 19)]
    )
    return prefix + digits(rng, length - len(prefix))


def plate(rng: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head = rng.choice("湘粤鄂赣桂京沪渝川浙苏豫") + rng.choice("ABCDEFGHJKLMN")
    tail = rng.choice(
        [
            digits(rng, 5),
            rng.choice(letters) + digits(rng, 4),
            digits(rng, 1) + rng.choice(letters) + digits(rng, 3),
            rng.choice(letters) + rng.choice(letters) + digits(rng, 3),
            "D" + digits(rng, 5),
            "F" + rng.choice(letters) + digits(rng, 4),
            digits(rng, 5) + "D",
        ]
    )
    return head + tail
