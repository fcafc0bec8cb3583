"""Picks, of a site's texts without a label, those that a model judges with near certainty, as labels for the next."""

from typing import Protocol

import numpy as np
import pandas as pd

from analysis.classify.arrays import Indices
from analysis.classify.classifier import Classifier
from analysis.classify.labels import COLUMNS, SiteLabels, distinct


class Certainty(Protocol):
    """Whose guesses are near certain, how much they weigh and how many there may be; see [train] of the settings."""

    @property
    def guess_in_from(self) -> float:
        """Score from which on a complaint is guessed in scope."""

    @property
    def guess_out_below(self) -> float:
        """Score below which a complaint is guessed out of scope."""

    @property
    def guess_weight(self) -> float:
        """How many texts of the corpus one guess counts for."""

    @property
    def guess_limit(self) -> int:
        """How many guesses there may be on either side."""


def guess_labels(complaints: pd.DataFrame, classifier: Classifier, rules: Certainty) -> SiteLabels | None:
    """Return near certain judgements as labels, as many in scope as out of it; None if there are none on a side.

    In scope are those with at least one sub-problem that passes its threshold. Where there are more than the limit,
    the digests of the texts choose: the surest of all would be the most alike.

    Args:
        complaints: complaint_id, title, text, without those that anybody labelled.
        classifier: the model that guesses.
        rules: bounds of certainty, weight and number of the guesses.
    """
    texts = complaints[["complaint_id", "title", "text"]].fillna({"title": ""}).reset_index(drop=True)
    judgement = classifier.classify(texts.assign(complaint_id=texts.index))
    gate, assessments = judgement.gate, judgement.assessments
    score = gate["scope_score"].to_numpy()
    is_in = (score >= rules.guess_in_from) & (gate["is_sub_problem_sure"] == 1).to_numpy(dtype=bool)
    is_out = score < rules.guess_out_below
    codes = {row: tuple(sorted(own)) for row, own in assessments.groupby("complaint_id")["sub_problem_code"]}
    guesses = texts.assign(
        codes=pd.Series([codes[row] if chosen else () for row, chosen in enumerate(is_in)], dtype=object),
        unit=gate["unit_kind"].where(is_in, ""),
    )
    kept = distinct(guesses[is_in | is_out])
    accuses = kept["codes"].map(bool).to_numpy(dtype=bool)
    count = min(int(accuses.sum()), int((~accuses).sum()), rules.guess_limit)
    if not count:
        return None
    rows: Indices = np.sort(np.concatenate([np.flatnonzero(accuses)[:count], np.flatnonzero(~accuses)[:count]]))
    return SiteLabels(kept.iloc[rows][list(COLUMNS)].reset_index(drop=True), rules.guess_weight)
