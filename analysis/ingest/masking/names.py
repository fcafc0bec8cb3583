"""Finds names of persons: after words that introduce one, before titles, as signatures, and standing alone."""

import re
from collections.abc import Iterator

from analysis.ingest.masking.name_shape import HAN, Grade, NameShape, is_han
from analysis.ingest.masking.numbers import Found
from analysis.ingest.masking.patterns import any_of, one_of
from analysis.ingest.masking.rules import NameRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import FILLER, View

_MARKS = r"[\s:!\"'“”‘’(\[【「<_-]"
_SHORT_RUN = re.compile(f"[{HAN}]{{1,6}}")
"""What stands before the next mark; a run of six is too long for a name, however it goes on."""

_HAN_NAME = re.compile(f"[{HAN}]+")
_SPACED_NAME = re.compile(f"[{HAN}](?:[ _]{{1,3}}[{HAN}]){{1,2}}(?![{HAN}])")

_SIGNATURE_TAIL = rf"(?:[\s\d年月日时分.:/,。!*()+-]|{FILLER}|电话|手机|联系)*"
_SIGNATURE = re.compile(
    rf"(?:[\n。!;,.~)?\]】—…-]|敬礼|谢谢|感谢)[\s—-]*([{HAN}](?: {{0,3}}[{HAN}]){{1,3}}) ?{_SIGNATURE_TAIL}$"
)
_SIGNATURE_REACH = 80
"""How many characters before the end of a text a signature can begin."""

_ANONYMISED = re.compile(r"某{1,2}|[*xX]{1,3}(?![A-Za-z0-9*])|[○〇□]{1,2}")
_DOT = re.compile(f"[·.][{HAN}]")
_SHORTEST_TRANSLITERATED = 4

_PERSON = re.compile(rf"(?<=\()[{HAN}]{{2,4}}(?=\))|(?<![{HAN}])[{HAN}]{{2,4}}(?=[,(、 ]{{0,2}}[男女](?![{HAN}]))")
"""What stands alone in brackets, or before the sex of a person."""

_MOST_REPEATED = 40
"""Names that are searched for in the whole text; one with more is a list of names, each of which was found."""

_BLANK = re.compile(" {1,2}")
_AND_OTHERS = re.compile("等[人几多二三四五六]")
_TOGETHER = re.compile(f"(?<![{HAN}])(?:[{HAN}]{{2,4}}[、和])*[{HAN}]{{2,4}}$")
"""Those who are named together (李明、王强等人)."""

_TOGETHER_REACH = 40

_LATIN = re.compile("[A-Za-z0-9]")
_LIST_MARK = re.compile("[、和与及跟/ ]|, ?")
_LIST_END = re.compile("[,、和与及等()。;]|[0-9一二两三四五六七八九]人|$")


class NameRecogniser:
    """Finds names by what stands around them."""

    def __init__(self, rules: NameRules, shape: NameShape) -> None:
        surnames, cues = rules.surnames, rules.cues
        self._shape = shape
        self._generic = frozenset(rules.keep.generic_complainants)
        foreign = one_of(rules.given.transliteration)
        self._dotted = re.compile(f"{foreign}{{1,7}}(?:[·.]{foreign}{{1,7}}){{1,2}}")
        self._foreign = re.compile(f"{foreign}{{4,6}}(?!{foreign})")
        self._introduction = re.compile(f"{any_of(cues.introductions)}(?:{_MARKS}|[是叫为])*+")
        self._field = re.compile(f"{any_of(cues.fields)}\\s*:(?:{_MARKS})*+")
        self._role = re.compile(f"{any_of(cues.roles)}(?:{any_of(cues.role_links)}){{0,3}}+")
        self._role_end = re.compile(f"{any_of(cues.roles)}$")
        self._title = re.compile(any_of(cues.titles))
        self._title_end = re.compile(f"{any_of(cues.titles)}$")
        self._polite_title = re.compile(any_of(cues.polite_titles))
        self._short_title = re.compile(f"{one_of(surnames.bare)}{one_of(''.join(cues.short_titles))}")
        self._prefixed = re.compile(f"{one_of(cues.prefixes)}{one_of(surnames.bare)}")
        self._not_person = re.compile(any_of(cues.not_persons))
        any_surname = f"(?:{any_of(surnames.compound)}|{one_of(surnames.bare + surnames.role + surnames.strong)})"
        self._called = re.compile(f"姓(?<!{one_of(cues.not_surnamed)}.)({any_surname})(?!名)")
        given = one_of(rules.given.characters)
        self._surname = re.compile(
            f"(?:{any_of(surnames.compound)}|{one_of(surnames.bare + surnames.role)})(?={given})"
        )
        self._rules = (
            self._introduced,
            self._in_fields,
            self._after_roles,
            self._before_titles,
            self._before_short_titles,
            self._familiar,
            self._anonymised,
            self._transliterated,
        )

    def find(self, view: View, *, is_narrative: bool = True) -> Iterator[Found]:
        """Yield names; those without any word around only where `is_narrative`."""
        text = view.text
        found = [name for rule in self._rules for name in rule(text)]
        if is_narrative:
            found += self._alone(text)
            found += self._spaced(text)
            found += self._together(text)
            found += self._signed(text)
        found += self._listed(text, found)
        found += self._repeated(text, found)
        yield from found

    def _introduced(self, text: str) -> Iterator[Found]:
        for cue in self._introduction.finditer(text):
            yield from self._announced(text, cue.end(), Grade.STRONG, "name.introduced")

    def _in_fields(self, text: str) -> Iterator[Found]:
        for cue in self._field.finditer(text):
            yield from self._announced(text, cue.end(), Grade.ROLE, "name.field")

    def _announced(self, text: str, start: int, grade: Grade, rule: str) -> Iterator[Found]:
        spaced = _SPACED_NAME.match(text, start)
        if spaced and self._shape.surname_length(text, start, Grade.STRONG):
            yield *spaced.span(), Kind.NAME, rule
            return
        run = _SHORT_RUN.match(text, start)
        if run and run[0] in self._generic:
            return
        if run and self._is_whole_name(run[0]) and not _LATIN.match(text, run.end()):
            yield *run.span(), Kind.NAME, rule
            return
        end = self._shape.name_end(text, start, grade)
        if end:
            yield start, end, Kind.NAME, rule

    def _is_whole_name(self, run: str) -> bool:
        return not self._title_end.search(run) and self._shape.is_whole_name(run)

    def _after_roles(self, text: str) -> Iterator[Found]:
        for cue in self._role.finditer(text):
            start = cue.end()
            end = self._shape.name_end(text, start, Grade.ROLE)
            if (
                end is None
                and (foreign := self._foreign.match(text, start))
                and not self._shape.is_word_at(text, start)
            ):
                end = foreign.end()
            if end is None and len(cue[0]) > 1:
                end = self._shape.rare_name_end(text, start)
            if end and not (len(cue[0]) == 1 and self._shape.is_word_before(text, start)):
                yield start, end, Kind.NAME, "name.role"

    def _before_titles(self, text: str) -> Iterator[Found]:
        for title in self._title.finditer(text):
            start = self._start_before_title(text, title.start())
            if start is not None:
                yield start, title.start(), Kind.NAME, "name.title"

    def _start_before_title(self, text: str, end: int) -> int | None:
        """Return where the longest name begins that ends at `end`, where a title stands, or None."""
        shape = self._shape
        for start in range(max(0, end - 4), end):
            surname = shape.surname_length(text, start, Grade.ROLE)
            given = text[start + surname : end]
            if not surname or start + surname > end or len(given) > 2 or not shape.stands_free(text, start):
                continue
            is_word = any(shape.is_word(text[start:at]) for at in range(start + 2, end + 2) if at > start + surname)
            is_polite = self._polite_title.match(text, end) is not None
            if is_word and not (given and is_polite and shape.is_typical(given)):
                continue
            if given and shape.fits(given):
                return start
            is_plain = shape.grade_of(text[start:end]) is Grade.BARE
            if not given and (is_plain or self._is_addressed(text, start)):
                return start
        return None

    def _is_addressed(self, text: str, start: int) -> bool:
        """Say whether a surname that is also a word is one here: 市民于女士, but not 我向交警反映."""
        if not self._polite_title.match(text, start + 1):
            return False
        is_after_mark = not start or not is_han(text, start - 1)
        return is_after_mark or self._role_end.search(text, max(0, start - 6), start) is not None

    def _before_short_titles(self, text: str) -> Iterator[Found]:
        for match in self._short_title.finditer(text):
            start, at = match.start(), match.start() + 1
            is_word = self._shape.is_word(match[0]) or self._shape.is_word(text[at : at + 2])
            if not is_word and self._shape.stands_free(text, start) and self._shape.can_go_on(text, at + 1):
                yield start, at, Kind.NAME, "name.short_title"

    def _familiar(self, text: str) -> Iterator[Found]:
        """Yield surnames in 小李, 老王 and 姓陈的."""
        for match in self._prefixed.finditer(text):
            start, at = match.start(), match.start() + 1
            is_word = self._shape.is_word(match[0]) or self._shape.is_word(text[at : at + 2])
            is_place = self._shape.is_place(text, at + 1)
            is_free = self._shape.stands_free(text, start) and self._shape.can_go_on(text, at + 1)
            full = self._shape.name_end(text, at, Grade.BARE)
            if full and self._shape.is_typical(text[at + 1 : full]) and self._shape.can_go_on(text, full):
                yield at, full, Kind.NAME, "name.prefixed"
            elif is_free and not (is_word or is_place):
                yield at, at + 1, Kind.NAME, "name.prefixed"
        for match in self._called.finditer(text):
            yield *match.span(1), Kind.NAME, "name.called"

    def _anonymised(self, text: str) -> Iterator[Found]:
        """Yield 王某, 李某某, 何某军, 张XX and 陈**: little is left of the name, but enough for those who know."""
        for match in _ANONYMISED.finditer(text):
            end = match.end()
            start = match.start() - 2
            if start < 0 or self._shape.surname_length(text, start, Grade.ROLE) != 2:
                start += 1
            if start < 0 or not self._shape.surname_length(text, start, Grade.ROLE):
                continue
            if self._shape.is_word_before(text, start):
                continue
            if match[0] == "某":
                is_other = self._not_person.match(text, end) is not None
            else:
                is_other = self._shape.is_place(text, end) or not self._shape.stands_free(text, start)
            if not is_other or match[0] == "某某":
                yield start, end + self._shape.extra_given(text, end), Kind.NAME, "name.anonymised"

    def _transliterated(self, text: str) -> Iterator[Found]:
        """Yield names such as 买买提·艾力, of characters that foreign sounds are written with."""
        if not _DOT.search(text):
            return
        if not _DOT.search(text):
            return
        for match in self._dotted.finditer(text):
            if len(match[0]) - match[0].count("·") - match[0].count(".") >= _SHORTEST_TRANSLITERATED:
                yield *match.span(), Kind.NAME, "name.transliterated"

    def _alone(self, text: str) -> Iterator[Found]:
        for match in self._surname.finditer(text):
            start = match.start()
            grade = self._shape.grade_of(match[0])
            end = self._shape.name_end(text, start, grade)
            if end is None and grade is Grade.ROLE and self._shape.is_typical(text[start + 1 : start + 3]):
                end = self._shape.rare_name_end(text, start)
            if end is None or not self._shape.stands_free(text, start):
                continue
            is_typical = self._shape.is_typical(text[match.end() : end])
            if grade is Grade.ROLE:
                is_name = end - start == 3 and is_typical and self._shape.is_followed_by_act(text, end)
            else:
                is_name = end - start > 2 or (is_typical and self._shape.is_pointed_at(text, start))
            if is_name:
                yield start, end, Kind.NAME, "name.alone"
        for match in _PERSON.finditer(text):
            if self._shape.is_clear_name(match[0]):
                yield *match.span(), Kind.NAME, "name.person"

    def _spaced(self, text: str) -> Iterator[Found]:
        """Yield names of two characters with a blank between."""
        for blank in _BLANK.finditer(text, 1):
            start, end = blank.start() - 1, blank.end() + 1
            given = text[end - 1 : end]
            is_typical = bool(given) and self._shape.is_typical(given) and text[end : end + 1] != " "
            if not is_typical or self._shape.surname_length(text[start], 0, Grade.BARE) != 1:
                continue
            if self._shape.stands_free(text, start) and self._shape.can_go_on(text, end):
                yield start, end, Kind.NAME, "name.spaced"

    def _together(self, text: str) -> Iterator[Found]:
        for others in _AND_OTHERS.finditer(text):
            names = _TOGETHER.search(text[: others.start()], max(0, others.start() - _TOGETHER_REACH))
            for name in re.finditer("[^、和]+", names[0]) if names else ():
                if names and self._shape.is_clear_name(name[0], Grade.STRONG):
                    yield names.start() + name.start(), names.start() + name.end(), Kind.NAME, "name.together"

    def _signed(self, text: str) -> Iterator[Found]:
        """Yield the name that a text ends with, apart from date and phone."""
        match = _SIGNATURE.search(text, max(0, len(text) - _SIGNATURE_REACH))
        if not match:
            return
        name = match[1].replace(" ", "")
        surname = self._shape.surname_length(name, 0, Grade.ROLE)
        given = name[surname:]
        if not surname or not 1 <= len(given) <= 2 or self._shape.is_word(name):
            return
        if self._shape.is_word_at(name, 0) and not self._shape.fits(given):
            return
        is_words = self._shape.grade_of(name[:surname]) is Grade.ROLE and self._shape.is_word(given)
        if not is_words and any(self._shape.fits(c) for c in given):
            yield *match.span(1), Kind.NAME, "name.signature"

    def _listed(self, text: str, found: list[Found]) -> Iterator[Found]:
        """Yield the names beside one already found, as in 王强、李明和陈刚."""
        known = {start for start, _, _, _ in found}
        for start, end, _, _ in list(found):
            if end - start >= 2:
                yield from self._listed_after(text, end, known)
                yield from self._listed_before(text, start)

    def _listed_after(self, text: str, end: int, known: set[int]) -> Iterator[Found]:
        while (mark := _LIST_MARK.match(text, end)) and mark.end() not in known:
            start = mark.end()
            next_end = self._shape.name_end(text, start, Grade.ROLE)
            if not next_end or ("," in mark[0] and not _LIST_END.match(text, next_end)):
                return
            yield start, next_end, Kind.NAME, "name.listed"
            end = next_end

    def _listed_before(self, text: str, start: int) -> Iterator[Found]:
        end = start - 1
        if end < 1 or text[end] not in "、和与及":
            return
        for first in range(max(0, end - 4), end - 1):
            if self._shape.is_clear_name(text[first:end]) and self._shape.stands_free(text, first):
                yield first, end, Kind.NAME, "name.listed"
                return

    def _repeated(self, text: str, found: list[Found]) -> Iterator[Found]:
        """Yield the other places at which a full name that was found once stands."""
        known = {(start, end) for start, end, _, _ in found}
        names = dict.fromkeys(text[start:end] for start, end in sorted(known))
        repeatable = [n for n in names if len(n) > 1 and _HAN_NAME.fullmatch(n) and not self._shape.is_word(n)]
        for name in repeatable[:_MOST_REPEATED]:
            for match in re.finditer(name, text):
                if match.span() not in known:
                    yield *match.span(), Kind.NAME, "name.repeated"
