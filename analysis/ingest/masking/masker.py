"""The masker: all recognisers over one view of a text."""

from collections.abc import Iterator
from pathlib import Path

from analysis.codebook import kept_while_unchanged
from analysis.ingest.masking.accounts import AccountRecogniser
from analysis.ingest.masking.addresses import AddressRecogniser
from analysis.ingest.masking.codes import CodeRecogniser, PlateRecogniser
from analysis.ingest.masking.cues import number_cues
from analysis.ingest.masking.name_shape import NameShape
from analysis.ingest.masking.names import NameRecogniser
from analysis.ingest.masking.numbers import Found, NumberRecogniser
from analysis.ingest.masking.own import OwnDetails, OwnRecogniser
from analysis.ingest.masking.rules import (
    NAMES_FILE,
    NUMBERS_FILE,
    MaskingRules,
    NameRules,
    load_masking_rules,
    load_name_rules,
)
from analysis.ingest.masking.spans import Kind, PersonalSpan, cut, unite
from analysis.ingest.masking.view import FILLER, FoldTable, View, view_of
from analysis.ingest.masking.vocabulary import load_vocabulary

_NOBODY = OwnDetails()


class Masker:
    """Finds personal data in texts and replaces it by tokens such as 〔电话〕.

    Pure: the same text and details always give the same result, and masking a masked text changes nothing.
    """

    def __init__(self, rules: MaskingRules, name_rules: NameRules) -> None:
        self._table = FoldTable(rules.numbers.star_characters)
        self._spoken = {ord(c): d for c, d in rules.numbers.spoken_digits.items()}
        vocabulary = load_vocabulary(name_rules)
        self._cues = number_cues(rules)
        addresses = AddressRecogniser(rules.addresses)
        self._numbers = NumberRecogniser(rules, self._cues)
        self._plates = PlateRecogniser(rules)
        self._codes = CodeRecogniser(self._cues)
        self._accounts = AccountRecogniser(rules)
        self._addresses = addresses
        self._names = NameRecogniser(name_rules, NameShape(name_rules, vocabulary))
        self._own = OwnRecogniser(name_rules, vocabulary.words, addresses)

    def find(self, text: str, own: OwnDetails = _NOBODY, *, is_narrative: bool = True) -> list[PersonalSpan]:
        """Return the personal data of `text` as disjoint spans in order, with the rule that found each.

        Args:
            text: any text.
            own: what the ticket's fields say about the complainant.
            is_narrative: whether names count that have no title, role or introduction beside them; not so in
                fields such as unit, district or category, whose values look like names (黄兴路, 雷锋街道).
        """
        return self._found(text, self._folded(own), is_narrative)

    def mask(self, text: str, own: OwnDetails = _NOBODY, *, is_narrative: bool = True) -> str:
        """Return `text` with its personal data replaced; what comes to light by that is replaced as well."""
        folded = self._folded(own)
        while spans := self._found(text, folded, is_narrative):
            text = cut(text, spans)
        return text

    def mask_beside_names(self, text: str) -> str:
        """Return `text`, a field for names that may be told, with all other personal data in it replaced."""
        while spans := [s for s in self._found(text, _NOBODY, is_narrative=False) if s.kind is not Kind.NAME]:
            text = cut(text, spans)
        return text

    def _found(self, text: str, own: OwnDetails, is_narrative: bool) -> list[PersonalSpan]:
        view = self._view(text)
        found = self._recognised(view, own, is_narrative)
        return unite({view.span(*f) for f in found if FILLER not in view.text[f[0] : f[1]]})

    def _view(self, text: str) -> View:
        return view_of(text, self._table, self._spoken)

    def _recognised(self, view: View, own: OwnDetails, is_narrative: bool) -> Iterator[Found]:
        announced = self._cues.announced(view)
        yield from self._numbers.find(view)
        yield from self._plates.find(view, announced)
        yield from self._codes.find(view, announced)
        yield from self._accounts.find(view)
        yield from self._addresses.find(view)
        yield from self._names.find(view, is_narrative=is_narrative)
        if own != _NOBODY:
            yield from self._own.find(view, own)

    def _folded(self, own: OwnDetails) -> OwnDetails:
        """Return the details spelt as in a view."""
        if own == _NOBODY:
            return own

        def fold(value: str | None) -> str | None:
            return None if value is None else self._view(value).text.strip() or None

        phones = tuple(filter(None, map(fold, own.phones)))
        return OwnDetails(fold(own.name), phones, fold(own.account), fold(own.address))


@kept_while_unchanged(NUMBERS_FILE, NAMES_FILE)
def load_masker(directory: Path | None = None) -> Masker:
    """Return the masker with the site's own rules from `directory`, else the shipped ones.

    Raises:
        SettingsError: a rule file does not fit; the message names file and key.
    """
    return Masker(load_masking_rules(directory), load_name_rules(directory))
