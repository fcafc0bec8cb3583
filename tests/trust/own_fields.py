"""A complainant's own fields, and the ways in which the same person stands in the text below them.

Written without sight of the masker, its patterns or its samples.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.trust.numbers import readable

_DATA = tomllib.loads((Path(__file__).parent / "texts" / "own_fields.toml").read_text(encoding="utf-8"))
_CHINESE = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Own:
    """A complainant's fields, a text that speaks of the same person, and what must not be read in it any more."""

    surname: str
    given: str
    phone: str
    address: str
    text: str
    secret: str
    style: str

    @property
    def name(self) -> str:
        """The name as the ticket's field has it."""
        return self.surname + self.given


def own_fields(count: int, seed: int = 20261129) -> list[Own]:
    """Return `count` complainants, each with one mention of one of the fields; the same for the same seed."""
    rng = Random(f"own{seed}")
    return [_one(rng) for _ in range(count)]


def is_own_gone(own: Own, masked: str) -> bool:
    """Whether neither surname nor given name, nor the phone, nor anything that marks the home can be read any more."""
    if own.style.startswith("phone"):
        return own.secret not in readable(masked)
    if own.style.startswith("address"):
        return "".join(own.secret.split()) not in "".join(masked.split()) and own.secret[-3:] not in masked
    return all(masked.count(part) < own.text.count(part) for part in (own.surname, own.given) if part in own.secret)


def _one(rng: Random) -> Own:
    surname = rng.choice(_DATA["compound"]) if rng.random() < 0.06 else rng.choice(_DATA["surnames"])
    given = rng.choice(_DATA["given"])
    phone = "1" + rng.choice("3456789") + "".join(rng.choice("0123456789") for _ in range(9))
    address, short = _home(rng)
    kind = rng.choice(("name", "name", "phone", "address"))
    if kind == "name":
        secret, style = _name(rng, surname, given)
        text = rng.choice(_DATA["name_carriers"]).format(secret)
    elif kind == "phone":
        spelled, secret, style = _number(rng, phone)
        text = rng.choice(_DATA["phone_carriers"]).format(spelled)
    else:
        told, secret, style = rng.choice(short)
        text = rng.choice(_DATA["address_carriers"]).format(told)
    return Own(surname, given, phone, address, text, secret, f"{kind}: {style}")


def _name(rng: Random, surname: str, given: str) -> tuple[str, str]:
    full = surname + given
    return rng.choice(
        (
            (full, "full"),
            (full, "full"),
            (f"{surname} {given}", "spaced"),
            (" ".join(full), "all spaced"),
            ("　".join(full), "wide spaces"),
            (f"{surname}\n{given}", "broken"),
            (f"{surname}\u200b{given}", "zero width"),
            (f"{surname}先生", "title"),
            (f"{surname}女士", "title"),
            (f"{surname}师傅", "title"),
            (f"{surname}老板", "title"),
            (f"{surname}老师", "title"),
            (f"{surname}某某", "someone"),
            (f"{surname}某", "someone"),
            (f"{surname}××", "someone"),
            (f"{surname}**", "someone"),
            (f"{surname}XX", "someone"),
            (f"{surname}{'某' + given[-1]}", "someone"),
            (f"小{surname[-1]}" if len(surname) == 1 else full, "small"),
            (f"老{surname[-1]}" if len(surname) == 1 else full, "old"),
            (f"{surname}哥", "kin"),
            (f"{surname}姐", "kin"),
            (f"{full}先生", "full+title"),
            (f"{given}（{surname}）" if len(given) > 1 else full, "turned"),
        )
    )


def _number(rng: Random, phone: str) -> tuple[str, str, str]:
    separator = rng.choice((" ", "-", ".", "—", "·", "/", "　", "\n", "\u200b", "_", "、", "－"))
    spoken = phone.translate(
        str.maketrans(
            "0123456789", rng.choice(("零一二三四五六七八九", "零幺二三四五六七八九", "洞幺两三四五六拐八勾"))
        )
    )
    return rng.choice(
        (
            (phone, phone, "plain"),
            (f"{phone[:3]}{separator}{phone[3:7]}{separator}{phone[7:]}", phone, "grouped"),
            (f"{phone[:4]}{separator}{phone[4:8]}{separator}{phone[8:]}", phone, "grouped"),
            (separator.join(phone), phone, "spaced"),
            (f"+86 {phone}", phone, "country"),
            (spoken, phone, "spoken"),
            ("".join(chr(ord(digit) + 0xFEE0) for digit in phone), phone, "full width"),
            (f"{phone[:3]}****{phone[7:]}", phone[7:], "starred"),
            (f"尾号{phone[7:]}", phone[7:], "tail"),
        )
    )


def _home(rng: Random) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """Return a home as the ticket's field has it, and the ways in which the text may shorten it.

    Each way: the words, what of them must go (what lies below compound, village and street), its name.
    """
    district = rng.choice(_DATA["districts"])
    if rng.random() < 0.25:
        village, group = rng.choice(_DATA["villages"]), rng.choice(_DATA["groups"])
        house = f"{rng.randint(1, 99)}号"
        whole = f"湖南省长沙市{district}{rng.choice(_DATA['streets'])}{village}{group}{house}"
        return whole, (
            (whole, house, "whole"),
            (village + group, group, "village"),
            (village + group + house, house, "village"),
            (f"{village} {group}", group, "spaced"),
            (f"{group}{house}", house, "group"),
        )
    estate, road = rng.choice(_DATA["estates"]), rng.choice(_DATA["roads"])
    number, block, unit, floor, door = (
        rng.randint(1, 899),
        rng.randint(1, 30),
        rng.randint(1, 4),
        rng.randint(1, 32),
        rng.randint(1, 6),
    )
    room = f"{floor}{door:02}"
    whole = f"湖南省长沙市{district}{rng.choice(_DATA['streets'])}{road}{number}号{estate}{block}栋{unit}单元{room}室"
    chinese = _CHINESE[block] if block <= 10 else f"十{_CHINESE[block - 10]}" if block < 20 else f"{block}"
    return whole, (
        (whole, f"{block}栋{unit}单元{room}", "whole"),
        (f"{estate}{block}栋{unit}单元{room}", f"{block}栋{unit}单元{room}", "estate"),
        (f"{estate}{block}栋{room}", f"{block}栋{room}", "estate"),
        (f"{estate}{block}-{unit}-{room}", f"{block}-{unit}-{room}", "dashes"),
        (f"{estate}{block}栋", f"{block}栋", "block"),
        (f"{estate} {block} 栋 {room}", f"{block} 栋 {room}", "spaced"),
        (
            f"{estate}{chinese}栋{_CHINESE[unit]}单元{room}",
            f"{chinese}栋{_CHINESE[unit]}单元{room}",
            "Chinese numerals",
        ),
        (f"{road}{number}号", f"{number}号", "road"),
        (f"{district}{road}{number}号{estate}", f"{number}号", "road"),
        (f"{block}栋{unit}单元{room}", f"{block}栋{unit}单元{room}", "no estate"),
    )
