"""Finds the part of a home address that lies below the residential compound, the village or the street."""

import re
from collections.abc import Callable, Iterator

from analysis.ingest.masking.numbers import Found
from analysis.ingest.masking.patterns import any_of, one_of
from analysis.ingest.masking.rules import AddressRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import View

_NUMERALS = "一二三四五六七八九十百零〇两"
_DIGIT_NUMERALS = "一二三四五六七八九零〇两"
_COUNT = f"(?:[0-9]{{1,4}}|[{_NUMERALS}]{{1,4}})"
_NUMBER = f"(?:[A-Za-z]?[0-9]{{1,4}}[A-Za-z]?|[A-Za-z]|[{_NUMERALS}]{{1,4}}|[甲乙丙丁东西南北])"
_BETWEEN = "[ ,-]{0,2}"
_END = "(?![0-9A-Za-z元块次个人名张辆天年月日分米多余点路])"

_BUILDING = f"第?{_NUMBER}[ -]?(?:号楼|号栋|楼栋|栋|幢|座|舍|号院|#楼|#栋|#|号公寓|号住宅楼|号房子)"
_UNIT = f"第?{_NUMBER} ?(?:单元|门洞|号门|门|梯)"
_FLOOR = f"第?(?:{_COUNT} ?(?:楼|[Ff])|[0-9]{{1,2}} ?层)"
_ROOM = (
    f"(?:[A-Za-z]?[0-9]{{3,5}}(?:-[0-9]{{1,2}}|[A-Za-z])?|[{_DIGIT_NUMERALS}]{{3,4}})(?:号房|房间|[室房户号])?"
    f"|[0-9]{{3,4}}(?:寝室|宿舍)|[0-9]{{1,2}}-[0-9]{{3,4}}[室房户号]?|{_COUNT}(?:号房|[室房户号])|[东西南北中左右对]户"
)
_LOWER = (
    f"(?:{_BETWEEN}{_UNIT})?(?:{_BETWEEN}[东西南北]头)?(?:{_BETWEEN}{_FLOOR})?(?:宿舍|寝室)?"
    f"(?:{_BETWEEN}(?:{_ROOM}){_END})?"
)
_BUILDING_CHAIN = re.compile(f"({_BUILDING}({_LOWER}))")
_UNIT_CHAIN = re.compile(f"({_UNIT}{_BETWEEN}(?:{_FLOOR}{_BETWEEN})?(?:(?:{_ROOM}){_END}|(?<=[楼层Ff])))")
_FLOOR_CHAIN = re.compile(f"({_FLOOR}{_BETWEEN}(?:[0-9]{{3,4}}[室房]?{_END}|{_COUNT}[室房户]))")

_SHORT_ROOM = (
    "[A-Za-z]?[0-9]{1,3}(?:[-#/—][0-9]{1,3})?[-#/—][0-9]{3,4}[室房户号]?"
    "|(?:[0-9]{1,3}|[A-Za-z])-[0-9]{1,2}-[0-9]{1,4}|[0-9]{3,4}(?:号房|[室房])"
)
"""3-2-501, 3#501, 501室: what names a room without the words for building and unit."""

_CUED_ROOM = re.compile(f"(?<![0-9A-Za-z-])({_SHORT_ROOM}){_END}")
_NAMED_GROUP = (
    "(?:(?![了的在到把给和与是有要里按修共每个至检])[\u4e00-\u9fff]){2,4}?"
    "(?:村民小组|小组|组)(?![织长成建合装员内里公路])"
)
_DOOR_OF_ROW = f"{_COUNT}[排片区]{_COUNT}号"
_GROUP = f"(?:村民小组)?第?{_COUNT} ?(?:村民小组|居民小组|小组|生产队|组|队)"
_NOT_A_DOOR = "线|口|出口|车|窗|台|岗|文|令|段|门诊|公交|杆|井|桩|桥墩|库|坑|机|码|店|铺|院区"
_STREET_NUMBER = (
    f"附?[A-Za-z]?(?:[0-9]{{1,5}}(?:-[0-9]{{1,4}})?|[{_NUMERALS}]{{1,5}})号(?!{_NOT_A_DOOR})"
    f"(?:之[0-9{_NUMERALS}]+|附[0-9]+号?|大院|院)?"
)
_TRACE = (
    f"[0-9A-Za-z{_NUMERALS}甲乙丙丁东西南北] ?(?:[号栋幢座舍室房组队门梯户楼层#-]|单元|[村居]民小组|小组|生产队)"
    "|组(?![织长成])|屋场"
)
"""What every address has; a text without it is not searched further."""

_CLAUSE_MARK = re.compile("[。;!?\n]")
_REACH = 36
"""How many characters a word for a home may stand before the number of the house."""

_BLOCK_REACH = 150
"""How many characters «姓名» or «电话» may stand before «地址：» in a line of personal details."""

_Accept = Callable[[str, re.Match[str]], bool]


class AddressRecogniser:
    """Finds buildings, units, rooms, village groups and house numbers of homes."""

    def __init__(self, rules: AddressRules) -> None:
        self._home = re.compile(
            f"{any_of(rules.home_cues)}|(?<!{one_of(rules.not_living)})住(?![院建房户宿宅持手着脚处所址不了过]|[\u4e00-\u9fff]?[院建房户宿])"
        )
        self._not_home = re.compile(any_of(rules.home_cue_exceptions))
        self._block = re.compile(f"{any_of(rules.block_cues)}[^\n]{{0,80}}地址[:为是 ]")
        self._comma = re.compile(f"(?<!{')(?<!'.join(rules.regions)})[,，]")
        self._office_before = re.compile(f"{any_of(rules.offices)}[的内里一二三四五六七八九十期 ()]{{0,2}}$")
        self._office_after = re.compile(f".{{0,2}}?{any_of(rules.office_followers)}")
        self._home_after = re.compile(f"[)）】,，]?(?:的|{any_of(['号', '前坪'])})?{any_of(rules.home_followers)}")
        self._residents = re.compile(f"的?{any_of(rules.residents)}")
        self._village = re.compile(f"{any_of(rules.villages)}[ (]?$")
        self._hamlet = re.compile(f"{any_of(rules.hamlets)}[ (]?$")
        self._trace = re.compile(f"{_TRACE}|{any_of(rules.door_cues)}")
        below = f"{any_of(rules.compounds)}[ ,的]{{0,2}}"
        compound_room = re.compile(f"{below}({_SHORT_ROOM}){_END}")
        bare_room = re.compile(f"{below}([A-Za-z]?[0-9]{{3,4}}){_END}")
        group = re.compile(f"(({_GROUP})({_BETWEEN}附?{_COUNT}号)?)")
        hamlet = f"(?<![农乡])(?:{any_of(rules.hamlets)}) ?"
        named_group = re.compile(f"{hamlet}(?!{any_of(rules.not_groups)})({_NAMED_GROUP}(?:{_BETWEEN}附?{_COUNT}号)?)")
        farmstead = re.compile(f"{any_of(rules.hamlets)}([\u4e00-\u9fff]{{1,4}}屋场)")
        row = re.compile(f"({_DOOR_OF_ROW})")
        street_number = re.compile(f"{any_of(rules.roads)} ?({_STREET_NUMBER}(?:{_BETWEEN}{_BUILDING})?{_LOWER})")
        door_value = f"[A-Za-z0-9#-]{{1,12}}[号室]?|{_BUILDING}{_LOWER}"
        door = re.compile(f"{any_of(rules.door_cues)}[ :是为]{{0,3}}({door_value})")
        self._rules: tuple[tuple[str, re.Pattern[str], _Accept], ...] = (
            ("address.building", _BUILDING_CHAIN, self._is_home_building),
            ("address.unit", _UNIT_CHAIN, self._is_home_room),
            ("address.floor", _FLOOR_CHAIN, self._has_home_before),
            ("address.room", compound_room, self._is_home_room),
            ("address.number", bare_room, self._has_home_before),
            ("address.number", street_number, self._has_home_before),
            ("address.number", _CUED_ROOM, self._has_home_before),
            ("address.number", row, self._has_home_before),
            ("address.group", group, self._is_home_group),
            ("address.group", named_group, lambda _text, _match: True),
            ("address.group", farmstead, self._has_home_before),
            ("address.door", door, lambda _text, _match: True),
        )

    def find(self, view: View) -> Iterator[Found]:
        """Yield the parts of home addresses that name a single home."""
        text = view.text
        if not self._trace.search(text):
            return
        for rule, pattern, accept in self._rules:
            for match in pattern.finditer(text):
                if accept(text, match):
                    yield *match.span(1), Kind.ADDRESS, rule

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield all that could be below a compound, a village or a street, whether a home or not."""
        for _, pattern, _ in self._rules:
            for match in pattern.finditer(text):
                yield match.span(1)

    def detail_start(self, address: str) -> int | None:
        """Return where in a known home address the part begins that lies below compound, village or street."""
        return min((start for start, _ in self.places(address)), default=None)

    def _is_home_building(self, text: str, match: re.Match[str]) -> bool:
        """Say whether a building is a home: with a floor or a room by its form, alone by a word for a home."""
        return self._is_home_room(text, match) if match[2] else self._has_home_before(text, match)

    def _is_home_room(self, text: str, match: re.Match[str]) -> bool:
        """Say whether a room is a home: by a word for one, or by its form unless an office is near."""
        if self._has_home_before(text, match):
            return True
        start, end = match.span(1)
        is_office = self._office_before.search(text, max(0, start - 10), start) or self._office_after.match(text, end)
        return not is_office

    def _is_home_group(self, text: str, match: re.Match[str]) -> bool:
        start, end = match.span(1)
        near = max(0, start - 6)
        if self._hamlet.search(text, near, start):
            return True
        is_village = self._village.search(text, near, start) is not None
        has_home = self._has_home_before(text, match)
        if match[3]:
            return is_village or has_home or match[2][-1] == "组"
        return is_village and (has_home or self._residents.match(text, end) is not None)

    def _has_home_before(self, text: str, match: re.Match[str]) -> bool:
        """Say whether a word for a home stands before the address in the same clause, or right after it."""
        if self._home_after.match(text, match.end(1)):
            return True
        position = match.start(1)
        reach = text[max(0, position - _REACH) : position]
        clause = _CLAUSE_MARK.split(reach)[-1]
        for cue in self._home.finditer(clause):
            if not self._not_home.match(clause, cue.start()) and not self._comma.search(clause, cue.end()):
                return True
        line_start = text.rfind("\n", 0, position) + 1
        block_start = max(line_start, position - _BLOCK_REACH)
        return "地址" in clause and self._block.search(text, block_start, position) is not None
