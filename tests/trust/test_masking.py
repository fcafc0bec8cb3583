"""Masking, tried with spellings, names, homes and harmless words that its author did not write (rows 11 to 14)."""

from collections.abc import Callable
from random import Random

import pytest

from analysis.ingest.masking.own import OwnDetails
from tests.masking_samples import masker
from tests.trust.frequent_names import frequent_name
from tests.trust.marked import is_gone, marked_texts, still_there, with_other_digits, with_other_spans
from tests.trust.numbers import planted, survives
from tests.trust.own_fields import is_own_gone, own_fields
from tests.trust.tally import Tally

Times = Callable[[int, int], int]


@pytest.mark.promise("mask_number")
@pytest.mark.parametrize(("kind", "least"), [("phone", 5), ("identity", 5), ("card", 5), ("plate", 4)])
def test_no_number_survives_in_any_spelling(kind: str, least: int, tally: Tally, times: Times) -> None:
    """`least`: so many neighbouring digits of it are too many."""
    for number in planted(kind, times(400, 6000)):
        tally.count(not survives(number.secret, masker().mask(number.text), least), f"{kind}: {number.style}")


@pytest.mark.promise("mask_own")
def test_the_complainants_own_fields_go_however_the_text_puts_them(tally: Tally, times: Times) -> None:
    for own in own_fields(times(1500, 12000)):
        details = OwnDetails(name=own.name, phones=(own.phone,), address=own.address)
        tally.count(is_own_gone(own, masker().mask(own.text, details)), own.style)


@pytest.mark.promise("mask_name")
def test_names_as_people_bear_them_go(tally: Tally, times: Times) -> None:
    """Sentences written by hand, with names drawn as often as they are borne."""
    rng = Random(20261129)
    for _ in range(times(8, 40)):
        for marked in marked_texts("names.txt"):
            text = with_other_spans(marked, lambda: frequent_name(rng))
            masked = masker().mask(text.text)
            for name in text.spans:
                tally.count(is_gone(name, text.text, masked), text.place)


@pytest.mark.promise("mask_rare_name")
def test_of_names_that_are_words_too_most_go(tally: Tally) -> None:
    """The same sentences with the names they were written with, many of them rare or ordinary words."""
    for marked in marked_texts("names.txt"):
        masked = masker().mask(marked.text)
        for name in marked.spans:
            tally.count(is_gone(name, marked.text, masked), marked.place)


@pytest.mark.promise("mask_address")
def test_homes_go(tally: Tally) -> None:
    for marked in marked_texts("addresses.txt"):
        masked = masker().mask(marked.text)
        for home in marked.spans:
            tally.count(is_gone(home, marked.text, masked), marked.place)


@pytest.mark.promise("mask_kept")
def test_what_names_nobody_stays(tally: Tally, times: Times) -> None:
    rng = Random(20261129)
    for again in range(times(2, 20)):
        for marked in marked_texts("kept.txt"):
            text = with_other_digits(marked, rng) if again else marked
            masked = masker().mask(text.text)
            for kept in text.spans:
                tally.count(still_there(kept, text.text, masked), text.place)
