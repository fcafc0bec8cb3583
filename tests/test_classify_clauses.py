"""Clauses: offsets hold for any text, nothing is lost between complaints."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.classify.clauses import DELIMITERS, MAX_CLAUSE_CHARACTERS, split_clauses
from analysis.text import fold


def pieces(document: str) -> list[str]:
    table = split_clauses([document])
    return [table.text[s:e] for s, e in zip(table.start, table.end, strict=True)]


def test_punctuation_and_line_breaks_end_a_clause() -> None:
    assert pieces("违停没人管\n打了三次电话，没人来。怎么办？") == [
        "违停没人管\n",
        "打了三次电话,",
        "没人来。",
        "怎么办?",
    ]


def test_text_without_punctuation_is_cut() -> None:
    assert [len(p) for p in pieces("车" * 100)] == [MAX_CLAUSE_CHARACTERS, MAX_CLAUSE_CHARACTERS, 4]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_clauses_tile_every_complaint_and_offsets_are_those_of_the_given_text(documents: list[str]) -> None:
    table = split_clauses(documents)
    assert sorted(set(table.document.tolist())) == list(range(len(documents)))
    for row, document in enumerate(documents):
        base = table.document_start[row]
        assert table.document_end[row] - base == len(document)
        own = np.flatnonzero(table.document == row)
        assert table.start[own[0]] == base
        covered = "".join(table.text[table.start[j] : table.end[j]] for j in own)
        skipped = fold(document).replace("\x00", " ")
        assert covered == skipped or set(skipped[: len(skipped) - len(covered)]) <= set(DELIMITERS)
        for j in own:
            assert base <= table.start[j] <= table.end[j] <= table.document_end[row]


def test_a_clause_never_reaches_into_the_next_complaint() -> None:
    table = split_clauses(["没有标志", "就罚款"])
    assert [table.text[s:e] for s, e in zip(table.start, table.end, strict=True)] == ["没有标志", "就罚款"]
