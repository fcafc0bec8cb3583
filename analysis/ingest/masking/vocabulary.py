"""The ordinary words of Chinese, which tell a name (张伟态度恶劣) from what only looks like one (张贴罚单)."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from analysis.ingest.masking.rules import NameRules

LONGEST_WORD = 4
"""Longer words of the dictionary are left out; their beginnings tell enough."""

_PERSON = "nr"
_NAMED = (_PERSON, "nz")
_FREQUENT = 100
"""Occurrences in the dictionary's corpus from which a word is taken for itself even where a name may stand."""


@dataclass(frozen=True)
class Vocabulary:
    """Words of two to four characters that are not names of persons.

    words: all of them; frequent: those that stand for themselves even after a role (民警高度重视);
    common: those that are no given names either.
    """

    words: frozenset[str]
    frequent: frozenset[str]
    common: frozenset[str]


def _dictionary() -> list[str]:
    """Return jieba's dictionary as data (word, frequency, part of speech, word, …); jieba is not imported."""
    spec = find_spec("jieba")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return (Path(spec.submodule_search_locations[0]) / "dict.txt").read_text(encoding="utf-8").split()


def load_vocabulary(rules: NameRules) -> Vocabulary:
    """Return the words that are not names.

    The dictionary calls many ordinary words persons (阳光, 高峰) and lists persons of fiction; a word that it
    calls a person counts as ordinary where it cannot be a name by its characters or length, names a place by
    its last character, or is reviewed as ordinary.
    """
    fields = _dictionary()
    words, frequencies, tags = fields[0::3], fields[1::3], fields[2::3]
    surnames = frozenset(rules.surnames.bare + rules.surnames.role)
    given = frozenset(rules.given.characters)
    places = frozenset(rules.context.place_suffixes)
    names = {
        word
        for word, tag in zip(words, tags, strict=True)
        if tag.startswith(_PERSON)
        and word[0] in surnames
        and given.issuperset(word[1:])
        and (len(word) == 2 or (len(word) == 3 and word[-1] not in places))
    }
    called = {prefix + surname for prefix in rules.cues.prefixes for surname in rules.surnames.bare}
    names |= {word for word, tag in zip(words, tags, strict=True) if tag.startswith(_PERSON) and word in called}
    names.update(word for word in words if word.startswith(rules.surnames.compound) and len(word) <= LONGEST_WORD)
    reviewed = frozenset(rules.keep.ordinary_words)
    ordinary = {word for word in words if 2 <= len(word) <= LONGEST_WORD} - names
    frequent = {w for w, n in zip(words, frequencies, strict=True) if len(n) >= len(str(_FREQUENT))} & ordinary
    named = {word for word, tag in zip(words, tags, strict=True) if tag.startswith(_NAMED)}
    return Vocabulary(reviewed | ordinary, reviewed | frequent, reviewed | (ordinary - named))
