"""Says whether a name begins at a position of a text, and where it ends."""

import re
from enum import IntEnum

from analysis.ingest.masking.patterns import any_of
from analysis.ingest.masking.rules import NameRules
from analysis.ingest.masking.vocabulary import Vocabulary

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Chinese characters, for use in a character class."""

_UNITS = "科队室"
"""With which the name of an office ends, so that a name may follow (法制科王振华)."""

_HAN_CHARACTER = re.compile(f"[{HAN}]")


def is_han(text: str, at: int) -> bool:
    """Say whether a Chinese character stands at `at`."""
    return _HAN_CHARACTER.match(text, at) is not None


class Grade(IntEnum):
    """How much around a position speaks for a name; each grade admits more surnames."""

    BARE = 0
    """Nothing does."""
    ROLE = 1
    """A role stands before (民警, 我丈夫)."""
    STRONG = 2
    """It is introduced as a name (我叫)."""


class NameShape:
    """Judges surnames and given names by their characters and by the ordinary words that could stand instead."""

    def __init__(self, rules: NameRules, vocabulary: Vocabulary) -> None:
        surnames, given, context = rules.surnames, rules.given, rules.context
        self._words, self._frequent, self._common = vocabulary.words, vocabulary.frequent, vocabulary.common
        self._grades = dict.fromkeys(surnames.strong, Grade.STRONG)
        self._grades |= dict.fromkeys(surnames.role, Grade.ROLE)
        self._grades |= dict.fromkeys(surnames.bare, Grade.BARE)
        self._compound = frozenset(surnames.compound)
        self._given = frozenset(given.characters)
        self._typical = frozenset(given.typical)
        self._given_words = frozenset(given.words)
        self._followers = frozenset(context.followers)
        self._pointers = frozenset(context.pointers)
        self._places = frozenset(context.place_suffixes)
        self._organisation = re.compile(any_of(context.organisations))
        self._title = re.compile(any_of(rules.cues.titles))
        self._verb = re.compile(any_of(rules.cues.verbs))

    def name_end(self, text: str, start: int, grade: Grade) -> int | None:
        """Return where the full name that begins at `start` ends, or None if none does."""
        surname = self.surname_length(text, start, grade)
        at = start + surname
        if not surname or not is_han(text, at) or self._title.match(text, at):
            return None
        given = self._given_length(text, at, grade)
        if not given or self._reads_as_words(text, start, at + given, grade):
            return None
        if grade is not Grade.STRONG and self._names_a_place(text, at + given, grade):
            return None
        return at + given

    def rare_name_end(self, text: str, start: int) -> int | None:
        """Return where a name of three characters ends whose surname is a word too (代理律师单雄信), or None.

        All but its surname must be of names, and nothing in it may read as a word.
        """
        end = start + 3
        given = text[start + 1 : end]
        if self.surname_length(text, start, Grade.STRONG) != 1 or len(given) != 2 or not self.fits(given):
            return None
        if text[start] in self._pointers:
            return None
        is_word = self.is_word_at(text, start) or (given in self._common and not self.is_typical(given))
        is_likely = not self._typical.isdisjoint(given) and self._followers.isdisjoint(given)
        goes_on = self.can_go_on(text, end) and not self._names_a_place(text, end, Grade.BARE)
        return end if is_likely and goes_on and not is_word else None

    def surname_length(self, text: str, start: int, grade: Grade) -> int:
        """Return how many characters from `start` are a surname that `grade` admits, or 0."""
        if text[start : start + 2] in self._compound:
            return 2
        own = self._grades.get(text[start : start + 1])
        return 1 if own is not None and own <= grade else 0

    def grade_of(self, surname: str) -> Grade:
        """Return the least grade that admits `surname`; a compound one needs nothing."""
        return self._grades.get(surname, Grade.BARE)

    def is_whole_name(self, run: str) -> bool:
        """Say whether `run`, all that stands between an introduction and the next mark, is one name."""
        surname = self.surname_length(run, 0, Grade.STRONG)
        if not surname:
            is_word = run in self._words or run[0] in self._followers or run[-1] in self._places
            return len(run) in (2, 3) and not is_word
        given = run[surname:]
        if given[-1:] in self._followers - self._given:
            return False
        is_particle = self.grade_of(run[:surname]) is Grade.STRONG and not self._followers.isdisjoint(given)
        is_doubtful = run in self._words or is_particle
        return 1 <= len(given) <= 2 and (not is_doubtful or self.fits(given))

    def is_clear_name(self, run: str, grade: Grade = Grade.BARE) -> bool:
        """Say whether `run` is a name and nothing else, whatever stands around it; `grade` says what surnames count."""
        surname = self.surname_length(run, 0, grade)
        given = run[surname:]
        if not surname or not 1 <= len(given) <= 2 or self.is_word_at(run, 0):
            return False
        return self.fits(given) and not self._typical.isdisjoint(given)

    def fits(self, given: str) -> bool:
        """Say whether all characters of `given` occur in given names."""
        return self._given.issuperset(given)

    def is_typical(self, given: str) -> bool:
        """Say whether `given` is a given name more likely than any word."""
        return given in self._given_words or self._typical.issuperset(given)

    def is_word(self, text: str) -> bool:
        """Say whether `text` is an ordinary word."""
        return text in self._words

    def is_word_at(self, text: str, start: int) -> bool:
        """Say whether an ordinary word begins at `start`."""
        return any(text[start : start + size] in self._words for size in (2, 3, 4))

    def is_word_before(self, text: str, start: int) -> bool:
        """Say whether the character at `start` ends an ordinary word that begins before it."""
        return any(text[start - size + 1 : start + 1] in self._words for size in (2, 3) if start >= size - 1)

    def stands_free(self, text: str, start: int) -> bool:
        """Say whether a name can begin at `start`: after a mark, a particle or an ordinary word."""
        if self.is_word_before(text, start):
            return False
        if not start or not is_han(text, start - 1) or text[start - 1] in self._followers or text[start - 1] in _UNITS:
            return True
        return any(text[start - size : start] in self._words for size in (2, 3, 4) if start >= size)

    def is_pointed_at(self, text: str, start: int) -> bool:
        """Say whether a mark or a preposition stands before `start`, as a name of two characters needs."""
        return (
            not start or not is_han(text, start - 1) or text[start - 1] in self._pointers or text[start - 1] in _UNITS
        )

    def is_followed_by_act(self, text: str, end: int) -> bool:
        """Say whether a mark, or what persons do, stands at `end`."""
        return not is_han(text, end) or self._verb.match(text, end) is not None

    def can_go_on(self, text: str, at: int) -> bool:
        """Say whether something that is no name can begin at `at`."""
        if not is_han(text, at) or text[at] in self._followers:
            return True
        return text[at : at + 2] in self._words or text[at : at + 3] in self._words

    def is_place(self, text: str, at: int) -> bool:
        """Say whether what stands at `at` makes a street, a place or a firm of what stands before."""
        return text[at : at + 1] in self._places or self._organisation.match(text, at) is not None

    def extra_given(self, text: str, at: int) -> int:
        """Return 1 if the character at `at` is the last of a name with 某 in it (何某军), else 0."""
        last, following = text[at : at + 1], text[at + 1 : at + 2]
        if last not in self._given or last in self._followers:
            return 0
        if following in self._followers or not is_han(following, 0):
            return 1
        return int(text[at : at + 2] not in self._words and self.can_go_on(text, at + 1))

    def _given_length(self, text: str, at: int, grade: Grade) -> int:
        """Return whether one or two characters from `at` are a given name, or 0."""
        length = self._likely_given_length(text, at)
        if grade is Grade.STRONG and not length and text[at] not in self._followers:
            return 2 if is_han(text, at + 1) else 1
        if grade is Grade.STRONG:
            return length
        given = text[at : at + length]
        if not length or self._reads_as_given_word(text, at, given, grade):
            return 0
        fits = self.fits(given)
        if grade is Grade.BARE or self._grades.get(text[at - 1]) is Grade.ROLE:
            is_likely = length == 1 or not self._typical.isdisjoint(given) or given in self._given_words
            is_particle = given[0] in self._followers and given[0] not in self._typical
            is_particle = is_particle and given not in self._given_words
            return length if fits and is_likely and not is_particle else 0
        is_closed = not is_han(text, at + length)
        return length if fits or is_closed or given[0] in self._given else 0

    def _reads_as_given_word(self, text: str, at: int, given: str, grade: Grade) -> bool:
        """Say whether what would be the given name is rather a word after a one-character word (金 + 安全)."""
        if len(given) == 1:
            if grade is Grade.ROLE and given in self._typical and text[at + 1 : at + 2] in self._followers:
                return False
            return text[at : at + 2] in self._words and self.can_go_on(text, at + 2)
        if given not in self._common or self.is_typical(given):
            return False
        if grade is Grade.ROLE and self.fits(given) and not self._typical.isdisjoint(given):
            return False
        if is_han(text, at + 2):
            return not self._verb.match(text, at + 2)
        return grade is Grade.BARE and not self.is_pointed_at(text, at - 1)

    def _likely_given_length(self, text: str, at: int) -> int:
        """Return 1 or 2 by where ordinary words begin after `at`, or 0 if neither is likely."""
        if text[at] in self._followers and text[at] not in self._given:
            return 0
        if not is_han(text, at + 1):
            return 1
        fits = text[at + 1] in self._given
        if text[at] in self._typical and not fits and self._verb.match(text, at + 1):
            return 1
        after_one, after_two = self.can_go_on(text, at + 1), self.can_go_on(text, at + 2)
        if text[at + 1] in self._followers and after_one:
            return 2 if fits and text[at] in self._given and self.is_followed_by_act(text, at + 2) else 1
        if after_two and (fits or not after_one):
            return 2
        if after_one:
            return 1
        return 2 if fits and text[at] in self._given and self.can_go_on(text, at + 3) else 0

    def _reads_as_words(self, text: str, start: int, end: int, grade: Grade) -> bool:
        """Say whether the text from `start` reads on as ordinary words, so that no name need be supposed.

        After a role, a rare word loses against a name (民警付强); after an introduction, any word does where
        the name is all that stands before the next mark (我叫高峰。).
        """
        if grade is Grade.STRONG and not is_han(text, end):
            return False
        if not self.is_word_at(text, start):
            return False
        given = text[start + 1 : end]
        if not (self.is_typical(given) if grade is Grade.BARE else self.fits(given)):
            return True
        is_weak = len(given) == 1 or self._grades.get(text[start]) is Grade.ROLE
        short_words = self._words if grade is Grade.BARE else self._common if is_weak else self._frequent
        readings = (text[start : start + size] for size in (2, 3, 4) if self.can_go_on(text, start + size))
        return any(reading in (short_words if len(reading) == 2 else self._words) for reading in readings)

    def _names_a_place(self, text: str, end: int, grade: Grade) -> bool:
        """Say whether a name that ends at `end` is one of a street, a place or a firm (黄兴路, 侯家塘, 金利超市)."""
        if text[end : end + 1] in self._places and text[end : end + 2] not in self._words:
            return True
        if text[end - 1] in self._places and (grade is Grade.BARE or text[end - 1] not in self._given):
            return True
        return any(self._organisation.match(text, at) for at in (end - 1, end))
