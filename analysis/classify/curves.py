"""Judgement over all thresholds and widths of the review band, and the mistakes one by one: tables for figures."""

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Floats
from analysis.classify.evaluate import Outcomes, f1_score
from analysis.classify.model import log_odds
from analysis.codebook.scheme import Scheme

NOT_IN_SCOPE = "不纳入"
MISTAKE_COLUMNS = ["complaint_id", "kind", "said", "true", "scope_score"]
_SHARES = np.linspace(0, 0.9, 19)


def precision_recall(gold: Flags, scores: Floats) -> pd.DataFrame:
    """Return precision and recall of scope for every threshold: threshold, recall, precision, from strict to lax."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(gold[order])
    last = np.append(ranked[1:] != ranked[:-1], np.ones(min(1, len(ranked)), dtype=bool))  # equal scores go together
    taken = np.arange(1, len(ranked) + 1)
    found = max(1, int(gold.sum()))
    return pd.DataFrame({"threshold": ranked[last], "recall": hits[last] / found, "precision": (hits / taken)[last]})


def abstention(found: Outcomes, threshold: float) -> pd.DataFrame:
    """Return what is gained by leaving the most doubtful complaints to a human.

    Doubtful is what lies near the threshold in log odds. One row a share left to a human: abstained (share),
    coverage (share decided), scope_f1 and accuracy of what was decided.
    """
    doubt = np.argsort(np.abs(log_odds(found.scores) - log_odds(threshold)), kind="stable")
    rows = []
    for share in _SHARES:
        kept = doubt[round(share * len(doubt)) :]
        gold, said = found.gold_scope[kept], found.said_scope[kept]
        rows.append((share, 1 - share, f1_score(gold, said), float((gold == said).mean()) if len(kept) else np.nan))
    return pd.DataFrame(rows, columns=["abstained", "coverage", "scope_f1", "accuracy"])


def confusion(found: Outcomes, scheme: Scheme) -> pd.DataFrame:
    """Return how often a complaint of each category (row) was said to be of each (column), «不纳入» included.

    A complaint of several categories counts once for each pair; a category that is both true and said counts in the
    diagonal only.
    """
    names = [*(c.name for c in scheme.category), NOT_IN_SCOPE]
    gold = np.hstack([found.gold_category, ~found.gold_category.any(axis=1, keepdims=True)])
    said = np.hstack([found.said_category, ~found.said_category.any(axis=1, keepdims=True)])
    both = gold & said
    missed, added = gold & ~both, said & ~both
    counts = missed.astype(int).T @ added.astype(int) + np.diag(both.sum(axis=0))
    # A category that was missed, or said too much, without another one in its place.
    counts[:-1, -1] += (missed[:, :-1] & ~added.any(axis=1, keepdims=True)).sum(axis=0)
    counts[-1, :-1] += (added[:, :-1] & ~missed.any(axis=1, keepdims=True)).sum(axis=0)
    return pd.DataFrame(counts, index=names, columns=names)


def mistakes(labels: pd.DataFrame, scored: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """Return what was judged wrongly, one row a complaint and kind of mistake, never a word of its text.

    Columns `MISTAKE_COLUMNS`: kind is 误纳入, 漏判, 小类 or 单位; said and true are Chinese names. The surest mistakes
    come first within each kind.
    """
    judged = scored.set_index("complaint_id").reindex(labels["complaint_id"])
    names = {code: s.name for code, s in scheme.sub_problems.items()}
    rows = []
    for gold, said in zip(labels.to_dict("records"), judged.to_dict("records"), strict=True):
        gold_codes, said_codes = _codes(gold["codes"]), _codes(said["codes"])
        score = said["scope_score"] if isinstance(said["scope_score"], float) else 0.0
        true, told = _named(gold_codes, names), _named(said_codes, names)
        if bool(gold_codes) != bool(said_codes):
            kind = "漏判" if gold_codes else "误纳入"
            rows.append((gold["complaint_id"], kind, told, true, score))
        elif gold_codes != said_codes:
            rows.append((gold["complaint_id"], "小类", told, true, score))
        if gold_codes and said_codes and gold["unit"] != said["unit"]:
            rows.append((gold["complaint_id"], "单位", said["unit"], gold["unit"], score))
    table = pd.DataFrame(rows, columns=MISTAKE_COLUMNS)
    order = {"误纳入": 0, "漏判": 1, "小类": 2, "单位": 3}
    sureness = table["scope_score"].where(table["kind"] != "漏判", 1 - table["scope_score"])
    by = table.assign(_kind=table["kind"].map(order), _sure=-sureness).sort_values(["_kind", "_sure"], kind="stable")
    return by[MISTAKE_COLUMNS].reset_index(drop=True)


def _codes(cell: object) -> frozenset[str]:
    return frozenset(c for c in cell.split(";") if c) if isinstance(cell, str) else frozenset()


def _named(codes: frozenset[str], names: dict[str, str]) -> str:
    return "、".join(names[c] for c in sorted(codes)) or NOT_IN_SCOPE
