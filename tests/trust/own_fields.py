"""A complainant's own fields, and the ways in which the same person stands in the text below them.

Written without sight of the masker, its patterns or its samples.
"""

from dataclasses import dataclass
from random import Random

from tests.trust.numbers import readable

_SURNAMES = "张王李刘陈杨黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐")
_GIVEN = (
    "建国",
    "志强",
    "小红",
    "文斌",
    "丽",
    "伟",
    "子轩",
    "桂兰",
    "海涛",
    "梅",
    "雨桐",
    "正发",
    "国庆",
    "玉珍",
    "浩然",
    "勇",
    "向前",
    "晓燕",
    "诗涵",
    "平",
    "冬生",
    "立",
    "爱民",
    "和平",
    "思远",
    "佳",
    "红",
    "春",
    "新",
    "大明",
)
_ESTATES = (
    "金谷小区",
    "阳光花园",
    "麓谷新村",
    "四季美景",
    "融城苑",
    "高云小区",
    "恒大雅苑",
    "望月湖小区",
    "咸嘉新村",
    "水映加州",
    "绿城桂花城",
    "纺织厂宿舍",
    "华铁家属院",
    "云顶梅溪湖",
    "梓园",
)
_ROADS = (
    "桐梓坡路",
    "韶山北路",
    "芙蓉中路二段",
    "枫林三路",
    "远大一路",
    "湘府东路",
    "车站北路",
    "东风路",
    "潇湘中路",
    "井湾路",
)
_DISTRICTS = ("岳麓区", "芙蓉区", "天心区", "开福区", "雨花区", "望城区", "长沙县", "宁乡市", "浏阳市")
_STREETS = ("望城坡街道", "咸嘉湖街道", "五里牌街道", "坡子街街道", "星沙街道", "")
_VILLAGES = ("团山村", "石桥村", "白竹村", "大光村", "金盆村", "双河村")
_GROUPS = ("李家冲组", "杨家湾组", "新屋组", "第六村民小组", "7组", "塘湾组")
_CHINESE = "零一二三四五六七八九十"

_NAME_CARRIERS = (
    "{}反映在路口被误拍。",
    "我是{}，请帮我查一下。",
    "{}来电咨询处罚依据。",
    "{}（本人）于昨日到大队申诉未果。",
    "协管员对着{}大喊大叫。",
    "民警说：“{}，你不签字也没用。”",
    "工作人员已联系{}，其表示不满意。",
    "投诉人{}要求道歉。",
    "落款：{}",
    "请{}补充材料后再来。",
    "当场给{}开了单。",
    "我叫{}。",
    "群里都知道{}被罚了",
)
_PHONE_CARRIERS = (
    "我的电话{}。",
    "{}",
    "请打{}联系我。",
    "微信{}",
    "回访号码：{}。",
    "来电{}反映此事",
    "留的是{}这个号",
    "机主{}没有收到短信",
)
_ADDRESS_CARRIERS = (
    "我家住{}。",
    "住在{}的我每天经过。",
    "请寄{}",
    "{}是我家。",
    "车就停在{}楼下。",
    "家在{}，就在旁边",
    "{}门口画了线。",
    "从{}出来就被拍了。",
)


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
    surname = rng.choice(_COMPOUND) if rng.random() < 0.06 else rng.choice(_SURNAMES)
    given = rng.choice(_GIVEN)
    phone = "1" + rng.choice("3456789") + "".join(rng.choice("0123456789") for _ in range(9))
    address, short = _home(rng)
    kind = rng.choice(("name", "name", "phone", "address"))
    if kind == "name":
        secret, style = _name(rng, surname, given)
        text = rng.choice(_NAME_CARRIERS).format(secret)
    elif kind == "phone":
        spelled, secret, style = _number(rng, phone)
        text = rng.choice(_PHONE_CARRIERS).format(spelled)
    else:
        told, secret, style = rng.choice(short)
        text = rng.choice(_ADDRESS_CARRIERS).format(told)
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
    district = rng.choice(_DISTRICTS)
    if rng.random() < 0.25:
        village, group = rng.choice(_VILLAGES), rng.choice(_GROUPS)
        house = f"{rng.randint(1, 99)}号"
        whole = f"湖南省长沙市{district}{rng.choice(_STREETS)}{village}{group}{house}"
        return whole, (
            (whole, house, "whole"),
            (village + group, group, "village"),
            (village + group + house, house, "village"),
            (f"{village} {group}", group, "spaced"),
            (f"{group}{house}", house, "group"),
        )
    estate, road = rng.choice(_ESTATES), rng.choice(_ROADS)
    number, block, unit, floor, door = (
        rng.randint(1, 899),
        rng.randint(1, 30),
        rng.randint(1, 4),
        rng.randint(1, 32),
        rng.randint(1, 6),
    )
    room = f"{floor}{door:02}"
    whole = f"湖南省长沙市{district}{rng.choice(_STREETS)}{road}{number}号{estate}{block}栋{unit}单元{room}室"
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
