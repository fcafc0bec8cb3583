"""Finds the span of text that supports each sub-problem."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.classify.arrays import Places
from analysis.classify.clauses import ClauseTable
from analysis.classify.cues import CueFinder
from analysis.classify.features import Batch
from analysis.classify.grams import SIZES
from analysis.classify.model import Model

LONGEST_SPAN = 60
"""Characters up to which a clause is shown with its neighbours of the same sentence: alone it seldom says enough."""

_WHITE_OR_OPENING = " \n\r\t(<[“【《（"
"""What a span does not end in: white space, and brackets that open what follows."""

_SENTENCE_ENDS = frozenset("。！？!?；;\n…")


def clause_span(clauses: ClauseTable, clause: int) -> tuple[int, int]:
    """Return a clause with what stands around it in its sentence, as offsets into «title + newline + text».

    The span takes in neighbouring clauses, the next one first, while it stays within `LONGEST_SPAN` characters; it is
    never empty unless the complaint is.
    """
    row = clauses.document[clause]
    base, limit = int(clauses.document_start[row]), int(clauses.document_end[row])
    first = last = clause
    can_grow = True
    while can_grow:
        can_grow = False
        if _goes_on(clauses, last, row) and _length(clauses, first, last + 1) <= LONGEST_SPAN:
            last, can_grow = last + 1, True
        if first > 0 and _goes_on(clauses, first - 1, row) and _length(clauses, first - 1, last) <= LONGEST_SPAN:
            first, can_grow = first - 1, True
    start, end = int(clauses.start[first]), int(clauses.end[last])
    text = clauses.text[start:end]
    end -= len(text) - len(text.rstrip(_WHITE_OR_OPENING))
    start += len(text) - len(text.lstrip())
    if start >= end:
        start, end = base, limit
    return start - base, end - base


def _goes_on(clauses: ClauseTable, clause: int, row: int) -> bool:
    """Say whether the sentence of a complaint goes on after a clause of it."""
    if clause + 1 >= len(clauses) or clauses.document[clause] != row or clauses.document[clause + 1] != row:
        return False
    return _SENTENCE_ENDS.isdisjoint(clauses.text[clauses.start[clause] : clauses.end[clause]])


def _length(clauses: ClauseTable, first: int, last: int) -> int:
    return len(clauses.text[clauses.start[first] : clauses.end[last]].strip())


@dataclass(frozen=True)
class Evidence:
    """The clause that speaks most for a sub-problem, and the strongest rule that holds in it; None, if none does."""

    clause: int
    rule_id: str | None


def choose_evidence(
    model: Model, finder: CueFinder, batch: Batch, grams: Places, pairs: Sequence[tuple[int, int]]
) -> list[Evidence]:
    """Return the evidence of each (complaint, code number): rules that hold in a clause and its wording together.

    Args:
        model: whose weights say how much wording speaks for a code.
        finder: whose rules were looked for.
        batch: the complaints.
        grams: result of `GramVocabulary.columns_at` for the text of the clauses.
        pairs: what evidence is wanted for.
    """
    clauses, matches = batch.clauses, batch.matches
    first_clause = np.append(clauses.first, len(clauses))
    first_match = np.searchsorted(matches.rule_clause, first_clause)
    idf = model.space.character.idf
    supports = [finder.supports(code) for code in model.codes]
    found = []
    for row, code in pairs:
        begin, end = first_clause[row], first_clause[row + 1]
        written = slice(clauses.document_start[row], clauses.document_end[row])
        columns = grams[written].ravel()
        known = np.flatnonzero(columns >= 0)
        own, clause = columns[known], clauses.clause_of[written][known // len(SIZES)]
        parts = model.code_wording[code][own] / max(1.0, float(np.linalg.norm(idf[own])))
        speaks = np.bincount(clause - begin, weights=parts, minlength=end - begin)
        held = slice(first_match[row], first_match[row + 1])
        rules, where = matches.rule_index[held], matches.rule_clause[held]
        chosen = np.flatnonzero(supports[code][rules])
        chosen = chosen[np.argsort(finder.rule_ranks[rules[chosen]], kind="stable")]
        np.add.at(speaks, where[chosen] - begin, finder.rule_weights[rules[chosen]])
        best = begin + int(speaks.argmax())
        there = rules[chosen][where[chosen] == best]
        found.append(Evidence(int(best), finder.rules[there[-1]].rule_id if len(there) else None))
    return found
