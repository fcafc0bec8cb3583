"""Invented complainants, and the many spellings in which people write their own data."""

import random
from dataclasses import dataclass

from analysis.sample.texts import Fillings

_CHINESE_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_FULL_WIDTH = {ord("0") + i: 0xFF10 + i for i in range(10)}
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Person:
    """One complainant; nobody of this name, number and address exists but by chance."""

    person_id: str
    name: str
    title: str
    phone: str
    id_card: str
    plate: str
    community: str
    home: str
    wechat: str
    qq: str
    email: str
    landline: str


def make_people(count: int, fillings: Fillings, rng: random.Random) -> list[Person]:
    """Return `count` people."""
    return [_person(f"P{number:04d}", fillings, rng) for number in range(1, count + 1)]


def _person(person_id: str, fillings: Fillings, rng: random.Random) -> Person:
    surname = rng.choice(fillings.people["surnames"])
    letters = "".join(rng.choices("abcdefghjkmnpqrstuvwxyz", k=rng.randint(4, 8)))
    return Person(
        person_id=person_id,
        name=surname + rng.choice(fillings.people["given"]),
        title=surname + rng.choice(["先生", "女士", "师傅", "女士", "先生", "阿姨", "老师"]),
        phone=rng.choice(["130", "135", "137", "138", "139", "151", "152", "158", "166", "173", "177", "186", "199"])
        + f"{rng.randrange(10**8):08d}",
        id_card=_id_card(rng),
        plate="湘A" + "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=2)) + f"{rng.randrange(1000):03d}",
        community=rng.choice(fillings.slots["community"]),
        home=f"{rng.randint(1, 28)}{rng.choice(['栋', '号楼', '幢'])}{rng.choice(['', '2单元', '一单元'])}"
        f"{rng.randint(1, 33)}0{rng.randint(1, 6)}{rng.choice(['室', '', '房', '号'])}",
        wechat=f"{letters}{rng.choice(['', '_', '-'])}{rng.randrange(1000):03d}",
        qq=str(rng.randrange(10**8, 10**10)),
        email=f"{letters}{rng.randrange(100)}@{rng.choice(['163.com', 'qq.com', '126.com', 'sina.cn'])}",
        landline=f"0731{rng.choice(['-', '', ' '])}8{rng.randrange(10**7):07d}",
    )


def _id_card(rng: random.Random) -> str:
    born = f"{rng.randint(1945, 2003)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    body = f"4301{rng.choice(['02', '03', '04', '05', '11', '21'])}{born}{rng.randrange(1000):03d}"
    check = sum(int(d) * w for d, w in zip(body, _ID_WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[check]


def spell_phone(phone: str, rng: random.Random) -> str:
    """Return a phone number as somebody might write it."""
    return rng.choice(
        [
            phone,
            phone,
            phone,
            f"{phone[:3]} {phone[3:7]} {phone[7:]}",
            f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
            phone.translate(_FULL_WIDTH),
            f"+86{phone}",
            f"+86 {phone}",
            f"{phone[:3]}****{phone[7:]}",
            "".join(_CHINESE_DIGITS[d] for d in phone),
            "".join(_CHINESE_DIGITS[d] for d in phone).replace("一", "幺"),
            f"{phone[:4]} {phone[4:8]} {phone[8:]}",
        ]
    )


def spell_id_card(id_card: str, rng: random.Random) -> str:
    """Return an identity number as somebody might write it."""
    spaced = f"{id_card[:6]} {id_card[6:14]} {id_card[14:]}"
    return rng.choice([id_card, id_card, id_card.lower(), spaced, id_card[:6] + id_card[8:17]])


def spell_plate(plate: str, rng: random.Random) -> str:
    """Return a number plate as somebody might write it."""
    return rng.choice([plate, plate, f"{plate[:2]}·{plate[2:]}", f"{plate[:2]} {plate[2:]}", plate.lower()])
