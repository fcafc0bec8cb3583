"""Finds the span of text that supports each sub-problem."""

import numpy as np
import pandas as pd

from analysis.classify.arrays import Floats, Indices
from analysis.classify.clauses import ClauseTable
from analysis.classify.model import Model

SHORT_CLAUSE = 8
"""A clause with fewer characters says too little alone; the next one is added."""

Pairs = list[tuple[int, int]]


def best_hits(hits: pd.DataFrame) -> pd.DataFrame:
    """Return for each complaint and sub-problem the clause with the most weight, and its strongest rule.

    Columns: row, code, clause, rule_id, weight (sum over the rules of the sub-problem that hold in the clause).
    """
    coded = hits[hits["code"].notna()].sort_values(["row", "code", "clause", "weight", "rule_id"], kind="stable")
    grouped = coded.groupby(["row", "code", "clause"], sort=True)
    clauses = grouped.agg(rule_id=("rule_id", "last"), weight=("weight", "sum")).reset_index()
    order = clauses.sort_values(["row", "code", "weight", "clause"], ascending=[True, True, False, True], kind="stable")
    return order.drop_duplicates(["row", "code"]).reset_index(drop=True)


def clause_span(clauses: ClauseTable, clause: int) -> tuple[int, int]:
    """Return the clause as offsets into «title + newline + text»; never empty unless the complaint is."""
    row = clauses.document[clause]
    base, limit = int(clauses.document_start[row]), int(clauses.document_end[row])
    start, end = int(clauses.start[clause]), int(clauses.end[clause])
    follows = clause + 1 < len(clauses) and clauses.document[clause + 1] == row
    if end - start < SHORT_CLAUSE and follows:
        end = int(clauses.end[clause + 1])
    text = clauses.text[start:end]
    end -= len(text) - len(text.rstrip())
    start += len(text) - len(text.lstrip())
    if start >= end:
        start, end = base, limit
    return start - base, end - base


def contributing_clauses(model: Model, clauses: ClauseTable, grams: Indices, pairs: Pairs) -> list[int]:
    """Return for each (complaint, code number) the clause whose wording speaks most for the code in the model.

    grams: result of `GramVocabulary.columns_at` for the text of the clauses.
    """
    if not pairs:
        return []
    known = grams >= 0
    clause, column = clauses.clause_of[np.nonzero(known)[0]], grams[known]
    offset = model.space.first_column["character"]
    return [_best_clause(model, clauses, clause, column, offset, pair) for pair in pairs]


def _best_clause(
    model: Model, clauses: ClauseTable, clause: Indices, column: Indices, offset: int, pair: tuple[int, int]
) -> int:
    row, code = pair
    first, last = np.searchsorted(clauses.document, [row, row + 1])
    low, high = np.searchsorted(clause, [first, last])
    weights: Floats = model.code.weights[offset + column[low:high], code] * model.space.character.idf[column[low:high]]
    total = np.bincount(clause[low:high] - first, weights=weights, minlength=last - first)
    return int(first + total.argmax())
