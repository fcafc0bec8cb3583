"""Terms of the codebook: the index finds them wherever Python's own matcher would."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.classify.clauses import SEPARATOR
from analysis.classify.patterns import compile_terms
from analysis.classify.term_index import TermIndex

CHARACTERS = "没人管罚12、"


def piece(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
    classes = st.text("没人管1-", min_size=1, max_size=3).map(lambda text: f"[{text.replace('-', '') or '没'}]")
    part = st.one_of(
        groups,
        classes,
        st.sampled_from(["\\d", "\\d+", "~", "~2", "没?", "管+", "[一-三]", "人{2}", "管*", "(?:人|管)"]),
    )
    return st.lists(st.one_of(st.sampled_from("没人管罚"), part), min_size=1, max_size=4).map("".join)


TERMS = st.recursive(st.text("没人管罚", min_size=1, max_size=3), piece, max_leaves=6)


@given(st.lists(st.lists(TERMS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4), st.text(CHARACTERS))
def test_a_set_is_found_where_a_pattern_of_its_terms_would_match(sets: list[tuple[str, ...]], clause: str) -> None:
    try:
        index = TermIndex.build(sets)
    except (ValueError, re.error):
        return
    _, found = index.find(clause + SEPARATOR)
    assert set(found.tolist()) == {i for i, terms in enumerate(sets) if compile_terms(terms).search(clause)}


@pytest.mark.parametrize(
    "term", ["违停", "(没|没有)~2管", "\\d+分", "(罚|扣)\\d+(元|块)", "[一-三]+次?", "没(有)?人(管|来)~"]
)
def test_a_term_is_found_in_its_own_clause_only(term: str) -> None:
    clauses = ["违停没有人管", "没", "管", "扣12", "分", "罚20元", "三次", "没人来"]
    text = "".join(clause + SEPARATOR for clause in clauses)
    places, _ = TermIndex.build([(term,)]).find(text)
    holding = {text.count(SEPARATOR, 0, place) for place in places.tolist()}
    assert holding == {i for i, clause in enumerate(clauses) if compile_terms((term,)).search(clause)}
