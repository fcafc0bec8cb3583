"""The ordinary words of Chinese, which tell a name (张伟态度恶劣) from what only looks like one (张贴罚单)."""

from importlib.util import find_spec
from pathlib import Path

from analysis.ingest.masking.rules import NameRules

LONGEST_WORD = 4
"""Longer words of the dictionary are left out; their beginnings tell enough."""

_PERSON = "nr"


def _dictionary() -> list[str]:
    """Return jieba's dictionary as data (word, frequency, part of speech, word, …); jieba is not imported."""
    spec = find_spec("jieba")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return (Path(spec.submodule_search_locations[0]) / "dict.txt").read_text(encoding="utf-8").split()


def ordinary_words(rules: NameRules) -> frozenset[str]:
    """Return words of two to four characters that are not names of persons.

    The dictionary calls many ordinary words persons (阳光, 高峰) and lists persons of fiction; a word that it
    calls a person counts as ordinary where it cannot be a name by its characters or length, names a place by
    its last character, or is reviewed as ordinary.
    """
    fields = _dictionary()
    words, tags = fields[0::3], fields[2::3]
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
    ordinary = {word for word in words if 2 <= len(word) <= LONGEST_WORD} - names
    return frozenset(ordinary.union(rules.keep.ordinary_words))
