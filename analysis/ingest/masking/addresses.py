"""Finds the part of a home address that lies below the residential compound, the village or the street."""

import re
from collections.abc import Iterator

from analysis.ingest.masking.numbers import Found
from analysis.ingest.masking.patterns import any_of
from analysis.ingest.masking.rules import AddressRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import View

_NUMERALS = "一二三四五六七八九十百零〇两"
_COUNT = f"(?:[0-9]{{1,4}}|[{_NUMERALS}]{{1,4}})"
_NUMBER = f"(?:[A-Za-z]?[0-9]{{1,4}}[A-Za-z]?|[A-Za-z]|[{_NUMERALS}]{{1,4}}|[甲乙丙丁东西南北])"
_BETWEEN = "[ ,-]{0,2}"
_DIGIT_NUMERALS = "一二三四五六七八九零〇两"
_BUILDING = f"第?{_NUMBER}[ -]?(?:号楼|号栋|楼栋|栋|幢|座|号院|#楼|#栋|#|号公寓|号住宅楼|号房子)"
_UNIT = f"第?{_NUMBER} ?(?:单元|门洞|号门|门|梯)"
_FLOOR = f"第?(?:{_COUNT} ?(?:楼|[Ff])|[0-9]{{1,2}} ?层)"
_ROOM = (
    f"(?:[A-Za-z]?[0-9]{{3,5}}(?:-[0-9]{{1,2}}|[A-Za-z])?|[{_DIGIT_NUMERALS}]{{3,4}})(?:号房|房间|[室房户号])?"
    f"|[0-9]{{1,2}}-[0-9]{{3,4}}[室房户号]?|{_COUNT}(?:号房|[室房户号])|[东西南北中左右对]户"
)
_END = "(?![0-9A-Za-z元块次个人名张辆天年月日分米多余点路])"
_LOWER = f"(?:{_BETWEEN}{_UNIT})?(?:{_BETWEEN}{_FLOOR})?(?:{_BETWEEN}(?:{_ROOM}){_END})?"
_BUILDING_CHAIN = re.compile(f"{_BUILDING}({_LOWER})")
_UNIT_CHAIN = re.compile(f"{_UNIT}{_BETWEEN}(?:{_FLOOR}{_BETWEEN})?(?:(?:{_ROOM}){_END}|(?<=[楼层Ff]))")
_FLOOR_CHAIN = re.compile(f"{_FLOOR}{_BETWEEN}(?:[0-9]{{3,4}}[室房]|{_COUNT}(?:室|房|户))")
_COMPOUND_ROOM = f"[A-Za-z]?[0-9]{{1,3}}(?:[-#/—][0-9]{{1,3}})?[-#/—][0-9]{{3,4}}[室房户号]?|[0-9]{{1,3}}-[0-9]{{1,2}}-[0-9]{{1,4}}|[0-9]{{3,4}}(?:号房|[室房])"
_CUED_ROOM = re.compile(f"(?<![0-9A-Za-z-])({_COMPOUND_ROOM}){_END}")
_GROUP = f"(?:村民小组)?第?{_COUNT} ?(?:村民小组|居民小组|小组|生产队|组|队)"
_NOT_A_DOOR = "线|口|出口|车|窗|台|岗|文|令|段|门诊|公交|杆|井|桩|桥墩|库|坑|机|码|店|铺|院区"
_STREET_NUMBER = f"附?[A-Za-z]?(?:[0-9]{{1,5}}(?:-[0-9]{{1,4}})?|[{_NUMERALS}]{{1,5}})号(?!{_NOT_A_DOOR})(?:之[0-9{_NUMERALS}]+|附[0-9]+号|大院|院)?"
_CLAUSE_MARK = re.compile("[。;!?\n]")
_REACH = 36
"""How many characters a word for a home may stand before the number of the house."""


class AddressRecogniser:
    """Finds buildings, units, rooms, village groups and house numbers of homes."""

    def __init__(self, rules: AddressRules) -> None:
        self._home = re.compile(f"{any_of(rules.home_cues)}|(?<![\u4e00-\u9fff])住(?![\u4e00-\u9fff]?[院建房户宿])")
        self._not_home = re.compile(any_of(rules.home_cue_exceptions))
        self._block = re.compile(f"{any_of(rules.block_cues)}[^\n]{{0,80}}地址[:为是 ]")
        self._comma = re.compile(f"(?<!{')(?<!'.join(rules.regions)})[,，]")
        self._office_before = re.compile(f"{any_of(rules.offices)}[的内里一二三四五六七八九十期 ()]{{0,2}}$")
        self._office_after = re.compile(f".{{0,2}}?{any_of(rules.office_followers)}")
        self._compound_room = re.compile(f"{any_of(rules.compounds)}[ ,的]{{0,2}}({_COMPOUND_ROOM}){_END}")
        self._bare_room = re.compile(f"{any_of(rules.compounds)}[ ,的]{{0,2}}([0-9]{{3,4}}){_END}")
        self._group = re.compile(f"({_GROUP})({_BETWEEN}附?{_COUNT}号)?")
        self._residents = re.compile(f"的?{any_of(rules.residents)}")
        self._village = re.compile(f"{any_of(rules.villages)}[ (]?$")
        self._hamlet = re.compile(f"{any_of(rules.hamlets)}[ (]?$")
        self._street_number = re.compile(f"{any_of(rules.roads)} ?({_STREET_NUMBER})")
        self._door = re.compile(f"{any_of(rules.door_cues)}[ :是为]{{0,3}}([A-Za-z0-9#-]{{1,12}}(?:号|室)?|{_BUILDING}{_LOWER})")
        self._details = (
            (_BUILDING_CHAIN, 0), (_UNIT_CHAIN, 0), (_FLOOR_CHAIN, 0), (self._group, 0),
            (self._compound_room, 1), (self._bare_room, 1), (self._street_number, 1),
        )

    def find(self, view: View) -> Iterator[Found]:
        """Yield the parts of home addresses that name a single home."""
        text = view.text
        for match in _BUILDING_CHAIN.finditer(text):
            if self._is_home(text, *match.span(), is_certain=bool(match[1])):
                yield *match.span(), Kind.ADDRESS, "address.building"
        for pattern in (_UNIT_CHAIN, _FLOOR_CHAIN):
            for match in pattern.finditer(text):
                if self._is_home(text, *match.span(), is_certain=pattern is _UNIT_CHAIN):
                    yield *match.span(), Kind.ADDRESS, "address.unit"
        for match in self._compound_room.finditer(text):
            if self._is_home(text, *match.span(1), is_certain=True):
                yield *match.span(1), Kind.ADDRESS, "address.room"
        for pattern in (self._bare_room, self._street_number, _CUED_ROOM):
            for match in pattern.finditer(text):
                if self._has_home_before(text, match.start(1)):
                    yield *match.span(1), Kind.ADDRESS, "address.number"
        for match in self._group.finditer(text):
            if self._is_home_group(text, match):
                yield *match.span(), Kind.ADDRESS, "address.group"
        for match in self._door.finditer(text):
            yield *match.span(1), Kind.ADDRESS, "address.door"

    def detail_start(self, address: str) -> int | None:
        """Return where in a known home address the part begins that lies below compound, village or street."""
        return min((match.start(group) for pattern, group in self._details if (match := pattern.search(address))), default=None)

    def _is_home(self, text: str, start: int, end: int, *, is_certain: bool) -> bool:
        """Say whether a building or room is a home: by a word for one, or by its form unless an office is near."""
        if self._has_home_before(text, start):
            return True
        is_office = self._office_before.search(text, max(0, start - 10), start) or self._office_after.match(text, end)
        return is_certain and not is_office

    def _is_home_group(self, text: str, match: re.Match[str]) -> bool:
        start, end = match.span()
        near = max(0, start - 6)
        if self._hamlet.search(text, near, start):
            return True
        is_village = self._village.search(text, near, start) is not None
        has_home = self._has_home_before(text, start)
        if match[2]:
            return is_village or has_home or match[1][-1] == "组"
        return is_village and (has_home or self._residents.match(text, end) is not None)

    def _has_home_before(self, text: str, position: int) -> bool:
        """Say whether a word for a home stands before `position` in the same clause."""
        reach = text[max(0, position - _REACH) : position]
        clause = _CLAUSE_MARK.split(reach)[-1]
        for cue in self._home.finditer(clause):
            if not self._not_home.match(clause, cue.start()) and not self._comma.search(clause, cue.end()):
                return True
        line_start = text.rfind("\n", 0, position) + 1
        return "地址" in clause and self._block.search(text, max(line_start, position - 150), position) is not None
