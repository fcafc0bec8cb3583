"""Finds the span of text that supports each sub-problem."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.classify.arrays import Indices
from analysis.classify.clauses import ClauseTable
from analysis.classify.model import Model

LONGEST_SPAN = 60
"""Characters up to which a clause is shown with its neighbours of the same sentence: alone it seldom says enough."""

_WHITE_OR_OPENING = " \n\r\t(<[“【《（"
"""What a span does not end in: white space, and brackets that open what follows."""

_SENTENCE_ENDS = frozenset("。！？!?；;\n…")

_NO_RULES = (np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=object))


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
    model: Model, clauses: ClauseTable, grams: Indices, hits: pd.DataFrame, pairs: Sequence[tuple[int, int]]
) -> list[Evidence]:
    """Return the evidence of each (complaint, code number): rules that hold in a clause and its wording together.

    Args:
        model: whose weights say how much wording speaks for a code.
        clauses: of the batch.
        grams: result of `GramVocabulary.columns_at` for the text of the clauses.
        hits: result of `hit_table`.
        pairs: what evidence is wanted for.
    """
    known = grams >= 0
    clause, column = clauses.clause_of[np.nonzero(known)[0]], grams[known]
    idf = model.space.character.idf
    first_gram = model.space.first_column["character"]
    coded = hits[hits["code"].notna()].sort_values(["row", "code", "weight", "rule_id"], kind="stable")
    rules = {key: (g["clause"].to_numpy(), g["weight"].to_numpy(), g["rule_id"].to_numpy(dtype=object))
             for key, g in coded.groupby(["row", "code"], sort=False)}  # fmt: skip
    found = []
    for row, code in pairs:
        start = int(clauses.first[row])
        end = int(clauses.first[row + 1]) if row + 1 < clauses.document_count else len(clauses)
        low, high = np.searchsorted(clause, [start, end])
        own = column[low:high]
        parts = model.code.weights[first_gram + own, code] * idf[own] / max(1.0, float(np.linalg.norm(idf[own])))
        speaks = np.bincount(clause[low:high] - start, weights=parts, minlength=end - start)
        where, weight, rule_id = rules.get((row, model.codes[code]), _NO_RULES)
        np.add.at(speaks, where - start, weight)
        best = start + int(speaks.argmax())
        there = rule_id[where == best]
        found.append(Evidence(best, str(there[-1]) if len(there) else None))
    return found
