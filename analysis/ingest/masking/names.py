"""Finds names of persons: after words that introduce one, before titles, as signatures, and standing alone."""

import re
from collections.abc import Iterator
from enum import IntEnum

from analysis.ingest.masking.numbers import Found
from analysis.ingest.masking.patterns import any_of, one_of
from analysis.ingest.masking.rules import NameRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import FILLER, View
from analysis.ingest.masking.vocabulary import Vocabulary

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_HAN_RUN = re.compile(f"[{_HAN}]+")
_MARKS = r"[\s:\"'“”‘’(\[【「<_-]"
_SIGNATURE_TAIL = rf"(?:[\s\d年月日时分.:/,，*()-]|{FILLER}|电话|手机|联系)*"
_SIGNATURE = re.compile(rf"(?:^|[\n。!;.~)?\]】—…-]|敬礼|谢谢|感谢)[\s—-]*([{_HAN}](?:[ ]{{0,3}}[{_HAN}]){{1,3}})[ ]?{_SIGNATURE_TAIL}$")
_SPACED_NAME = re.compile(f"[{_HAN}](?:[ _]{{1,3}}[{_HAN}]){{1,2}}(?![{_HAN}])")
_DOTTED = re.compile(f"[{_HAN}]{{2,7}}(?:[·.][{_HAN}]{{1,7}}){{1,2}}")
_PERSON = re.compile(
    rf"(?<=\()[{_HAN}]{{2,4}}(?=\))|(?<![{_HAN}])[{_HAN}]{{2,4}}(?=[,(、 ]{{0,2}}[男女](?![{_HAN}]))"
)
"""What stands alone in brackets, or before the sex of a person."""

_LATIN = re.compile("[A-Za-z0-9]")
_LIST_MARK = re.compile("[、和与及跟/ ]|, ?")
_LIST_END = re.compile("[,、和与及等()。;]|[0-9一二两三四五六七八九]人|$")
_LONGEST_TITLE_NAME = 4


class Grade(IntEnum):
    """How much stands for a name at a position; each grade admits more surnames."""

    BARE = 0
    ROLE = 1
    STRONG = 2


class NameRecogniser:
    """Finds names by surname, given-name characters, ordinary words and the words around."""

    def __init__(self, rules: NameRules, vocabulary: Vocabulary) -> None:
        surnames, cues, context = rules.surnames, rules.cues, rules.context
        self._words, self._frequent, self._common = vocabulary.words, vocabulary.frequent, vocabulary.common
        self._grades = {c: Grade.STRONG for c in surnames.strong}
        self._grades |= {c: Grade.ROLE for c in surnames.role}
        self._grades |= {c: Grade.BARE for c in surnames.bare}
        self._compound = frozenset(surnames.compound)
        self._given = frozenset(rules.given.characters)
        self._typical = frozenset(rules.given.typical)
        self._given_words = frozenset(rules.given.words)
        self._transliteration = frozenset(rules.given.transliteration)
        self._followers = frozenset(context.followers)
        self._places = frozenset(context.place_suffixes)
        self._organisation = re.compile(any_of(context.organisations))
        self._generic = frozenset(rules.keep.generic_complainants)
        self._introduction = re.compile(f"{any_of(cues.introductions)}(?:{_MARKS}|[是叫为])*+")
        self._field = re.compile(f"{any_of(cues.fields)}\\s*:(?:{_MARKS})*+")
        self._role = re.compile(f"{any_of(cues.roles)}(?:{any_of(cues.role_links)}){{0,3}}+")
        self._role_end = re.compile(f"{any_of(cues.roles)}$")
        self._title = re.compile(any_of(cues.titles))
        self._polite_title = re.compile(any_of(cues.polite_titles))
        self._short_title = re.compile(f"{one_of(surnames.bare)}{one_of(cues.short_titles)}")
        self._prefixed = re.compile(f"{one_of(cues.prefixes)}{one_of(surnames.bare)}")
        known = one_of(surnames.bare + surnames.role)
        self._anonymised = re.compile(f"(?:{any_of(surnames.compound)}|{known})(?:某{{1,2}}|[*xX]{{1,3}}(?![A-Za-z0-9*])|[○〇□]{{1,2}})")
        self._anonymised_exception = re.compile(any_of(cues.not_persons))
        self._called = re.compile(f"(?<!{one_of(cues.not_surnamed)})姓({any_of(surnames.compound)}|{one_of(surnames.bare + surnames.role + surnames.strong)})(?!名)")
        self._surname = re.compile(f"{any_of(surnames.compound)}|{one_of(surnames.bare + surnames.role)}")
        self._pointers = frozenset(context.pointers)
        self._verb = re.compile(any_of(cues.verbs))

    def find(self, view: View, *, is_narrative: bool = True) -> Iterator[Found]:
        """Yield names; those without any word around only where `is_narrative`."""
        text = view.text
        found: list[Found] = []
        for rule in (self._introduced, self._in_fields, self._after_roles, self._before_titles, self._nicknamed, self._anonymous, self._dotted):
            found += rule(text)
        if is_narrative:
            found += self._alone(text)
            found += self._signed(text)
        found += self._listed(text, found)
        found += self._repeated(text, found)
        yield from found

    def full_name_end(self, text: str, start: int, grade: Grade) -> int | None:
        """Return where the name that begins at `start` ends, or None if none does.

        Raises nothing: any position of any text may be asked about.
        """
        surname = self._surname_length(text, start, grade)
        if not surname:
            return None
        run = _HAN_RUN.match(text, start + surname, start + surname + 4)
        if not run or self._title.match(text, start + surname):
            return None
        given = self._given_length(text, start + surname, grade)
        if not given:
            return None
        end = start + surname + given
        if self._reads_as_words(text, start, end, grade):
            return None
        if grade is Grade.STRONG:
            return end
        return None if self._names_a_place(text, end, grade) else end

    def _surname_length(self, text: str, start: int, grade: Grade) -> int:
        if text[start : start + 2] in self._compound:
            return 2
        own = self._grades.get(text[start : start + 1])
        return 1 if own is not None and own <= grade else 0

    def _is_word_at(self, text: str, start: int) -> bool:
        return any(text[start : start + size] in self._words for size in (2, 3, 4))

    def _reads_as_words(self, text: str, start: int, end: int, grade: Grade) -> bool:
        """Say whether the text from `start` reads on as ordinary words, so that no name need be supposed.

        After a role, a rare word loses against a name of typical characters (民警付强); after an introduction,
        any word does where the name is all that stands before the next mark (我叫高峰。).
        """
        if grade is Grade.STRONG and not _HAN_RUN.match(text, end):
            return False
        if not self._is_word_at(text, start):
            return False
        given = text[start + 1 : end]
        if not (self._is_typical(given) if grade is Grade.BARE else self._given.issuperset(given)):
            return True
        is_weak = len(given) == 1 or self._grades.get(text[start]) is Grade.ROLE
        words = self._words if grade is Grade.BARE else self._common if is_weak else self._frequent
        readings = (text[start : start + size] for size in (2, 3, 4) if self._can_begin(text, start + size))
        return any(reading in (words if len(reading) == 2 else self._words) for reading in readings)

    def _is_typical(self, given: str) -> bool:
        return given in self._given_words or self._typical.issuperset(given)

    def _is_word_before(self, text: str, start: int) -> bool:
        """Say whether the character at `start` ends an ordinary word that begins before it."""
        return any(text[start - size + 1 : start + 1] in self._words for size in (2, 3) if start - size + 1 >= 0)

    def _can_begin(self, text: str, at: int) -> bool:
        """Say whether something that is no name can begin at `at`."""
        character = text[at : at + 1]
        if not character or not _HAN_RUN.match(character) or character in self._followers:
            return True
        return text[at : at + 2] in self._words or text[at : at + 3] in self._words

    def _given_length(self, text: str, at: int, grade: Grade) -> int:
        """Return whether one or two characters from `at` are a given name, or 0."""
        length = self._likely_given_length(text, at)
        if grade is Grade.STRONG:
            return length or len(_HAN_RUN.match(text, at, at + 2)[0])  # type: ignore[index]
        if not length:
            return 0
        given = text[at : at + length]
        fits = self._given.issuperset(given)
        if length == 1 and text[at : at + 2] in self._words and self._can_begin(text, at + 2):
            return 0
        if length == 2 and given in self._common and not self._is_typical(given):
            is_apart = not _HAN_RUN.match(text, at + 2) and (grade is not Grade.BARE or self._is_pointed_at(text, at - 1))
            is_after_role = grade is Grade.ROLE and fits and not self._typical.isdisjoint(given)
            if not (is_apart or is_after_role or self._verb.match(text, at + 2)):
                return 0
        if grade is Grade.BARE or self._grades.get(text[at - 1]) is Grade.ROLE:
            is_likely = length == 1 or not self._typical.isdisjoint(given) or given in self._given_words
            return length if fits and is_likely and (given[0] not in self._followers or given[0] in self._typical) else 0
        is_closed = not _HAN_RUN.match(text, at + length)
        return length if fits or is_closed or given[0] in self._given else 0

    def _likely_given_length(self, text: str, at: int) -> int:
        """Return 1 or 2 by where ordinary words begin after `at`, or 0 if neither is likely."""
        run = _HAN_RUN.match(text, at, at + 2)
        assert run is not None
        if text[at] in self._followers and text[at] not in self._given:
            return 0
        if len(run[0]) == 1:
            return 1
        fits = text[at + 1] in self._given
        after_one, after_two = self._can_begin(text, at + 1), self._can_begin(text, at + 2)
        if text[at + 1] in self._followers and after_one:
            is_end = not _HAN_RUN.match(text, at + 2) or self._verb.match(text, at + 2)
            return 2 if fits and is_end and text[at] in self._given else 1
        if after_two and (fits or not after_one):
            return 2
        return 1 if after_one else 2 if fits and text[at] in self._given and self._can_begin(text, at + 3) else 0

    def _names_a_place(self, text: str, end: int, grade: Grade) -> bool:
        """Say whether a name that ends at `end` is one of a street, a place or a firm (黄兴路, 侯家塘, 金福超市)."""
        if text[end : end + 1] in self._places and text[end : end + 2] not in self._words:
            return True
        if text[end - 1] in self._places and (grade is Grade.BARE or text[end - 1] not in self._given):
            return True
        return any(self._organisation.match(text, at) for at in (end - 1, end))

    def _introduced(self, text: str) -> Iterator[Found]:
        for cue in self._introduction.finditer(text):
            yield from self._at_introduction(text, cue.end(), Grade.STRONG, "name.introduced")

    def _at_introduction(self, text: str, start: int, grade: Grade, rule: str) -> Iterator[Found]:
        spaced = _SPACED_NAME.match(text, start)
        if spaced and self._surname_length(text, start, Grade.STRONG):
            yield *spaced.span(), Kind.NAME, rule
            return
        run = _HAN_RUN.match(text, start)
        if run and self._is_whole_name(run[0]) and not _LATIN.match(text, run.end()):
            yield *run.span(), Kind.NAME, rule
            return
        end = self.full_name_end(text, start, grade)
        if end:
            yield start, end, Kind.NAME, rule

    def _is_whole_name(self, run: str) -> bool:
        """Say whether all characters up to the next mark are one name."""
        if run in self._generic or self._ends_in_title(run):
            return False
        surname = self._surname_length(run, 0, Grade.STRONG)
        if not surname:
            return len(run) in (2, 3) and run not in self._words and run[0] not in self._followers and run[-1] not in self._places
        is_common_word = surname == 1 and self._grades[run[0]] is Grade.STRONG
        is_doubtful = run in self._words or (is_common_word and not self._followers.isdisjoint(run[1:]))
        return 1 <= len(run) - surname <= 2 and (not is_doubtful or self._given.issuperset(run[surname:]))

    def _ends_in_title(self, run: str) -> bool:
        return any(title.end() == len(run) for title in self._title.finditer(run))

    def _in_fields(self, text: str) -> Iterator[Found]:
        for cue in self._field.finditer(text):
            yield from self._at_introduction(text, cue.end(), Grade.ROLE, "name.field")

    def _after_roles(self, text: str) -> Iterator[Found]:
        for cue in self._role.finditer(text):
            end = self.full_name_end(text, cue.end(), Grade.ROLE)
            if end and not (len(cue[0]) == 1 and self._is_word_before(text, cue.end())):
                yield cue.end(), end, Kind.NAME, "name.role"

    def _before_titles(self, text: str) -> Iterator[Found]:
        for title in self._title.finditer(text):
            start = self._name_start_before(text, title.start())
            if start is not None:
                yield start, title.start(), Kind.NAME, "name.title"
        for match in self._short_title.finditer(text):
            start, at = match.start(), match.start() + 1
            if text[at : at + 2] not in self._words and match[0] not in self._words and self._stands_free(text, start) and self._can_begin(text, at + 1):
                yield start, at, Kind.NAME, "name.short_title"

    def _name_start_before(self, text: str, end: int) -> int | None:
        for size in range(min(_LONGEST_TITLE_NAME, end), 0, -1):
            start = end - size
            surname = self._surname_length(text, start, Grade.ROLE)
            given = text[start + surname : end]
            if not surname or len(given) > 2 or size < surname:
                continue
            if self._is_word_before(text, start) or text[start : end + 1] in self._words:
                continue
            if not given:
                if self._stands_free(text, start) and (surname == 2 or self._grades[text[start]] is Grade.BARE or self._is_addressed(text, start)):
                    return start
                continue
            is_word = any(text[start : start + n] in self._words for n in range(2, size + 2))
            if not is_word and all(c in self._given for c in given) and self._stands_free(text, start):
                return start
        return None

    def _is_addressed(self, text: str, start: int) -> bool:
        """Say whether a surname that is also a word is one here: 市民于女士, but not 我向交警反映."""
        if not self._polite_title.match(text, start + 1):
            return False
        return not start or not _HAN_RUN.match(text, start - 1) or self._role_end.search(text, max(0, start - 6), start) is not None

    def _stands_free(self, text: str, start: int) -> bool:
        """Say whether a name can begin at `start`: after a mark, a particle or an ordinary word."""
        if self._is_word_before(text, start):
            return False
        before = text[start - 1 : start] if start else ""
        if not before or not _HAN_RUN.match(before) or before in self._followers:
            return True
        return any(text[start - size : start] in self._words for size in (2, 3, 4) if start >= size)

    def _nicknamed(self, text: str) -> Iterator[Found]:
        for match in self._prefixed.finditer(text):
            start, at = match.start(), match.start() + 1
            if match[0] in self._words or text[at : at + 2] in self._words or not self._stands_free(text, start):
                continue
            if self._can_begin(text, at + 1) and text[at + 1 : at + 2] not in self._places:
                yield at, at + 1, Kind.NAME, "name.prefixed"
        for match in self._called.finditer(text):
            yield *match.span(1), Kind.NAME, "name.called"

    def _anonymous(self, text: str) -> Iterator[Found]:
        for match in self._anonymised.finditer(text):
            start, end = match.span()
            if self._is_word_before(text, start):
                continue
            if "某" in match[0]:
                if self._anonymised_exception.match(text, end) and not match[0].endswith("某某"):
                    continue
            elif text[end : end + 1] in self._places or not self._stands_free(text, start):
                continue
            last, following = text[end : end + 1], text[end + 1 : end + 2]
            is_apart = following in self._followers or not _HAN_RUN.match(following)
            if last in self._given and last not in self._followers and (is_apart or text[end : end + 2] not in self._words):
                end += is_apart or self._can_begin(text, end + 1)
            yield start, end, Kind.NAME, "name.anonymised"

    def _dotted(self, text: str) -> Iterator[Found]:
        for match in _DOTTED.finditer(text):
            parts = re.split("[·.]", match[0])
            while parts and parts[0] and parts[0][0] not in self._transliteration:
                parts[0] = parts[0][1:]
            end = match.end()
            while parts[-1] and parts[-1][-1] not in self._transliteration:
                parts[-1] = parts[-1][:-1]
                end -= 1
            if all(part and self._transliteration.issuperset(part) for part in parts) and sum(map(len, parts)) >= 4:
                start = end - sum(map(len, parts)) - len(parts) + 1
                yield start, end, Kind.NAME, "name.transliterated"

    def _alone(self, text: str) -> Iterator[Found]:
        for match in self._surname.finditer(text):
            start = match.start()
            grade = self._grades.get(match[0], Grade.BARE)
            end = self.full_name_end(text, start, grade)
            if end is None or not self._stands_free(text, start):
                continue
            is_typical = self._is_typical(text[start + len(match[0]) : end])
            if grade is Grade.ROLE:
                is_apart = self._verb.match(text, end) or not _HAN_RUN.match(text, end)
                is_name = end - start == 3 and is_typical and is_apart
            else:
                is_name = end - start > 2 or (is_typical and self._is_pointed_at(text, start))
            if is_name:
                yield start, end, Kind.NAME, "name.alone"
        for match in _PERSON.finditer(text):
            if self._is_clear_name(match[0]):
                yield *match.span(), Kind.NAME, "name.person"

    def _is_clear_name(self, run: str) -> bool:
        """Say whether a few characters between marks are a name and nothing else."""
        surname = self._surname_length(run, 0, Grade.BARE)
        given = run[surname:]
        if not surname or not 1 <= len(given) <= 2 or self._is_word_at(run, 0):
            return False
        return self._given.issuperset(given) and not self._typical.isdisjoint(given)

    def _is_pointed_at(self, text: str, start: int) -> bool:
        """Say whether a mark or a preposition stands before `start`, as a name of two characters needs."""
        return not start or not _HAN_RUN.match(text, start - 1) or text[start - 1] in self._pointers

    def _signed(self, text: str) -> Iterator[Found]:
        match = _SIGNATURE.search(text, max(0, len(text) - 80))
        if not match or match.start() == 0:
            return
        name = match[1].replace(" ", "")
        surname = self._surname_length(name, 0, Grade.ROLE)
        if not surname or not 1 <= len(name) - surname <= 2 or self._is_word_at(name, 0) or name[1:] in self._words and surname == 1 and self._grades[name[0]] > Grade.BARE:
            return
        if any(c in self._given for c in name[surname:]):
            yield *match.span(1), Kind.NAME, "name.signature"

    def _listed(self, text: str, found: list[Found]) -> Iterator[Found]:
        """Yield the names that follow one already found, as in 王强、李明和陈刚."""
        for start, end, _, _ in list(found):
            if end - start < 2:
                continue
            while mark := _LIST_MARK.match(text, end):
                next_end = self.full_name_end(text, mark.end(), Grade.ROLE)
                if not next_end or ("," in mark[0] and not _LIST_END.match(text, next_end)):
                    break
                yield mark.end(), next_end, Kind.NAME, "name.listed"
                end = next_end
            if start and text[start - 1] in "、和与及":
                for size in (4, 3, 2):
                    before = text[start - 1 - size : start - 1] if start > size else ""
                    if self._is_clear_name(before) and self._stands_free(text, start - 1 - size):
                        yield start - 1 - size, start - 1, Kind.NAME, "name.listed"
                        break

    def _repeated(self, text: str, found: list[Found]) -> Iterator[Found]:
        """Yield the other places at which a full name that was found once stands."""
        known = {(start, end) for start, end, _, _ in found}
        for name in {text[start:end] for start, end in known}:
            if len(name) < 2 or not _HAN_RUN.fullmatch(name) or name in self._words:
                continue
            for match in re.finditer(name, text):
                if match.span() not in known:
                    yield *match.span(), Kind.NAME, "name.repeated"
