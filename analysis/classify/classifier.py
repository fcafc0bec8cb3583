"""Judges complaints: the one entrance to the stage, from a table of complaints to tables of decisions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis.classify.arrays import Floats, Indices, Places
from analysis.classify.cues import CueFinder, hit_table, load_cues
from analysis.classify.decide import Thresholds, choose_codes, in_scope, needs_review
from analysis.classify.evidence import choose_evidence, clause_span
from analysis.classify.features import Batch, FeatureSpace, dense_names, prepare
from analysis.classify.grams import GramVocabulary
from analysis.classify.indicators import cue_balances, sub_problem_sure, unknown_wording_shares
from analysis.classify.model import Calibration, LinearModel, Model
from analysis.classify.model_store import Arrays, read_model
from analysis.classify.reasons import reasons
from analysis.classify.unit_kind import actor_scores, choose_unit_kinds
from analysis.codebook.scheme import load_scheme
from analysis.codebook.version import codebook_version
from analysis.contracts import ASSESSMENTS, GATE_DECISIONS, REVIEW_REASONS, UNIT_KINDS
from analysis.errors import HotlineError

CHUNK = 2000
"""Complaints per pass: bounds memory."""

GATE_COLUMNS = [c for c in GATE_DECISIONS.column_names if c != "run_id"]
ASSESSMENT_COLUMNS = [c for c in ASSESSMENTS.column_names if c != "run_id"]


@dataclass(frozen=True)
class Judgement:
    """What was decided about complaints.

    gate: one row a complaint, the columns of contracts.GATE_DECISIONS less run_id; the kind of unit is given for
    every complaint: whom it would concern if it were in scope.
    assessments: one row a complaint and sub-problem, the columns of contracts.ASSESSMENTS less run_id, for every
    complaint whose score passes the threshold, those under review included.
    """

    gate: pd.DataFrame
    assessments: pd.DataFrame


def model_arrays(model: Model) -> Arrays:
    """Return a model as plain arrays."""
    space = model.space
    return {
        "codes": np.array(model.codes),
        "unit_kinds": np.array(model.unit_kinds),
        "dense_counts": np.array(space.dense_counts),
        "character_keys": space.character.keys,
        "character_idf": space.character.idf,
        **{f"{n}_weights": getattr(model, n).weights for n in ("gate", "code", "unit")},
        **{f"{n}_intercepts": getattr(model, n).intercepts for n in ("gate", "code", "unit")},
        "gate_calibration": np.stack([model.gate_calibration.slope, model.gate_calibration.offset]),
        "code_calibration": np.stack([model.code_calibration.slope, model.code_calibration.offset]),
    }


def model_from_arrays(arrays: Arrays) -> Model:
    """Return the model of plain arrays.

    Raises:
        HotlineError: an array is missing or does not fit the others.
    """
    try:
        dense = tuple(int(n) for n in arrays["dense_counts"])
        space = FeatureSpace(GramVocabulary(arrays["character_keys"], arrays["character_idf"]), dense)
        linear = {n: LinearModel(arrays[f"{n}_weights"], arrays[f"{n}_intercepts"]) for n in ("gate", "code", "unit")}
        model = Model(
            space,
            tuple(arrays["codes"].tolist()),
            tuple(arrays["unit_kinds"].tolist()),
            **linear,
            gate_calibration=Calibration(*arrays["gate_calibration"]),
            code_calibration=Calibration(*arrays["code_calibration"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise HotlineError("模型文件缺少需要的数组，请运行 hotline train 重新训练。") from error
    width = sum(space.sizes.values())
    if any(getattr(model, n).weights.shape[0] != width for n in ("gate", "code", "unit")):
        raise HotlineError("模型文件里各数组的大小对不上，请运行 hotline train 重新训练。")
    return model


class Classifier:
    """A trained model with the codebook it judges by; that can have changed since in what the model does not know."""

    def __init__(
        self, model: Model, finder: CueFinder, card: dict[str, Any], thresholds: Thresholds, codebook_version: str
    ) -> None:
        self.model = model
        self.finder = finder
        self.card = card
        self.thresholds = thresholds
        self.model_id = str(card["model_id"])
        self.codebook_version = codebook_version

    @classmethod
    def load(cls, model_directory: Path, codebook_directory: Path | None = None) -> Self:
        """Load a model and the codebook: the site's own files from `codebook_directory`, else the shipped ones.

        Raises:
            HotlineError: the model is missing, damaged, or does not fit the codebook.
            SettingsError: a codebook file is malformed.
        """
        return cls.of(*read_model(model_directory), codebook_directory)

    @classmethod
    def of(cls, arrays: Arrays, card: dict[str, Any], codebook_directory: Path | None = None) -> Self:
        """Make the classifier of a model's arrays and card; see `load`."""
        model = model_from_arrays(arrays)
        scheme = load_scheme(codebook_directory)
        finder = load_cues(scheme, codebook_directory)
        expected = tuple(len(names) for names in dense_names(finder).values())
        missing = {"model_id", "thresholds"} - set(card)
        fits = (model.space.dense_counts, model.unit_kinds, model.codes) == (expected, UNIT_KINDS, scheme.sorted_codes)
        if not fits or missing:
            named = card.get("model_id", "")
            raise HotlineError(f"模型 {named} 与现在的代码本不符，请运行 hotline train 重新训练。")
        return cls(model, finder, card, Thresholds.from_card(card), codebook_version(codebook_directory))

    def with_review_band(self, review_from: float, include_from: float) -> Self:
        """Return this classifier with other bounds: below the first out of scope, from the second on in scope.

        What lies between goes to a human, with the sub-problems it would have.
        """
        thresholds = replace(self.thresholds, gate=review_from, review_low=review_from, review_high=include_from)
        return type(self)(self.model, self.finder, self.card, thresholds, self.codebook_version)

    def classify(self, complaints: pd.DataFrame) -> Judgement:
        """Judge complaints.

        complaints: columns complaint_id, title (None where there is none), text.
        """
        parts = [self._judge(complaints.iloc[i : i + CHUNK]) for i in range(0, len(complaints), CHUNK)]
        gate = pd.DataFrame([row for part in parts for row in part[0]], columns=GATE_COLUMNS)
        assessments = pd.DataFrame([row for part in parts for row in part[1]], columns=ASSESSMENT_COLUMNS)
        return Judgement(gate, assessments)

    def _judge(self, complaints: pd.DataFrame) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        batch = prepare(documents_of(complaints), self.finder)
        grams = self.model.space.character.columns_at(batch.clauses.text)
        scores = self.model.scores(self.model.space.transform(self.finder, batch, grams))
        hits = hit_table(self.finder, batch.clauses, batch.matches)
        kinds = choose_unit_kinds(scores.unit, actor_scores(self.finder, batch, hits))
        included = in_scope(scores.gate, self.thresholds)
        doubtful = needs_review(scores.gate, self.thresholds)
        concerned = included | doubtful
        balances = cue_balances(hits, len(complaints))
        unknown = unknown_wording_shares(batch.clauses, grams)
        code_scores = np.zeros((len(complaints), len(self.model.codes)))
        code_scores[concerned] = scores.code_of(np.flatnonzero(concerned))  # nobody is told those of the others
        sure = sub_problem_sure(code_scores, self.model.codes, self.thresholds)
        ids = complaints["complaint_id"].tolist()
        rests_on = reasons(self.finder, batch, included, kinds)
        gate = []
        for row, complaint_id in enumerate(ids):
            decision = "review" if doubtful[row] else "in_scope" if included[row] else "out_of_scope"
            gate.append(
                (
                    complaint_id,
                    decision,
                    float(scores.gate[row]),
                    kinds[row],
                    rests_on[row],
                    REVIEW_REASONS["uncertain"] if doubtful[row] else None,
                    self.model_id,
                    self.codebook_version,
                    "model",
                    float(balances[row]),
                    float(unknown[row]),
                    bool(sure[row]) if concerned[row] else None,
                )
            )
        return gate, list(self._assess(ids, batch, grams, code_scores, np.flatnonzero(included)))

    def _assess(
        self, ids: list[Any], batch: Batch, grams: Places, scores: Floats, rows: Indices
    ) -> Iterator[tuple[Any, ...]]:
        codes = self.model.codes
        chosen = choose_codes(scores[rows], codes, self.thresholds)
        pairs = [(int(rows[i]), int(k)) for i, k in zip(*np.nonzero(chosen), strict=True)]
        found = choose_evidence(self.model, self.finder, batch, grams, pairs)
        for (row, k), evidence in zip(pairs, found, strict=True):
            passes = scores[row, k] >= self.thresholds.code[codes[k]]
            assessor = "model" if evidence.rule_id is None else "both" if passes else "cue"
            start, end = clause_span(batch.clauses, evidence.clause)
            yield ids[row], codes[k], float(scores[row, k]), assessor, evidence.rule_id, start, end


def documents_of(complaints: pd.DataFrame) -> list[str]:
    """Return each complaint as «title + newline + text»: what offsets of evidence refer to."""
    titles = complaints["title"].where(complaints["title"].notna(), "")
    texts = complaints["text"].where(complaints["text"].notna(), "")
    return [f"{title}\n{text}" for title, text in zip(titles, texts, strict=True)]


def evidence_json(assessments: pd.DataFrame) -> pd.Series:
    """Return for each complaint the evidence as JSON list of code, start and end."""
    spans: dict[Any, list[dict[str, Any]]] = {}
    columns = ["complaint_id", "sub_problem_code", "evidence_start", "evidence_end"]
    for complaint_id, code, start, end in assessments[columns].itertuples(index=False):
        spans.setdefault(complaint_id, []).append({"code": code, "start": int(start), "end": int(end)})
    return pd.Series({key: json.dumps(value, ensure_ascii=False) for key, value in spans.items()}, dtype=object)
