"""What a judgement tells about itself: which way the rules lean, how new the wording is, how sure the sub-problem."""

from collections.abc import Sequence, Set

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Floats
from analysis.classify.decide import Thresholds
from analysis.classify.features import masked_words

_FIRST_HANZI, _LAST_HANZI = "\u4e00", "\u9fff"


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


def unknown_word_shares(tokens: Sequence[str], vocabulary: Set[str]) -> Floats:
    """Return for each segmented complaint the share of its words with a Chinese character that are not known.

    Figures, latin codes and punctuation are left out of the unknown: every ticket number would be one. An empty
    complaint has the share 0.
    """
    shares = np.zeros(len(tokens))
    for row, text in enumerate(tokens):
        words = masked_words(text)
        unknown = sum(_has_hanzi(word) for word in words if word not in vocabulary)
        shares[row] = unknown / max(1, len(words))
    return shares


def _has_hanzi(word: str) -> bool:
    return any(_FIRST_HANZI <= character <= _LAST_HANZI for character in word)


def sub_problem_sure(code_scores: Floats, codes: Sequence[str], thresholds: Thresholds) -> Flags:
    """Say for each complaint whether any sub-problem passes its threshold; scores of shape (complaints, codes)."""
    limits = np.array([thresholds.code[code] for code in codes])
    return np.asarray((code_scores >= limits).any(axis=1))
