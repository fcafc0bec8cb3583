"""What a judgement tells about itself: which way the rules lean, how new the wording is, how sure the sub-problem."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Floats, Places
from analysis.classify.clauses import ClauseTable
from analysis.classify.decide import Thresholds
from analysis.classify.grams import SIZES
from analysis.text import code_points

_FIRST_HANZI, _LAST_HANZI = 0x4E00, 0x9FFF


def cue_balances(hits: pd.DataFrame, count: int) -> Floats:
    """Return for each complaint the weights of the rules for scope less those against; shape (count,).

    hits: the columns row, rule_id, polarity and weight of `hit_table`; a rule counts once a complaint, however
    many clauses it holds in, and a signal does not count.
    """
    held = hits.drop_duplicates(["row", "rule_id"])
    sign = held["polarity"].map({"for": 1.0, "against": -1.0, "signal": 0.0})
    weights = (sign * held["weight"]).to_numpy(dtype=np.float64)
    rows = held["row"].to_numpy(dtype=np.int64)
    return np.bincount(rows, weights=weights, minlength=count).astype(np.float64)


def unknown_wording_shares(clauses: ClauseTable, grams: Places) -> Floats:
    """Return for each complaint the share of its pairs of Chinese characters that the model's vocabulary lacks.

    grams: result of `GramVocabulary.columns_at` for the text of the clauses. Figures, latin codes and punctuation do
    not count: every ticket number would be new. A complaint without such pairs has the share 0.
    """
    points = code_points(clauses.text)
    is_hanzi = (points >= _FIRST_HANZI) & (points <= _LAST_HANZI)
    is_pair = is_hanzi & np.append(is_hanzi[1:], False)
    is_new = is_pair & (grams[:, SIZES.index(2)] < 0)
    document = clauses.document[clauses.clause_of]
    pairs = np.bincount(document, weights=is_pair, minlength=clauses.document_count)
    new = np.bincount(document, weights=is_new, minlength=clauses.document_count)
    return np.asarray(new / np.maximum(pairs, 1))


def sub_problem_sure(code_scores: Floats, codes: Sequence[str], thresholds: Thresholds) -> Flags:
    """Say for each complaint whether any sub-problem passes its threshold; scores of shape (complaints, codes)."""
    limits = np.array([thresholds.code[code] for code in codes])
    return np.asarray((code_scores >= limits).any(axis=1))
