"""Composes segmentation and classification: trains the model, keeps it current, labels a table with it."""

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock

from analysis.classify.arrays import Flags, Floats, Matrix
from analysis.classify.classifier import Classifier, documents_of, evidence_json, model_arrays
from analysis.classify.cues import load_cues
from analysis.classify.decide import Thresholds, choose_codes
from analysis.classify.evaluate import evaluate
from analysis.classify.features import FeatureSpace, prepare
from analysis.classify.model import (
    ASSUMED_SHARE,
    CODE_C,
    GATE_C,
    SCALES,
    UNIT_C,
    BlockScales,
    LinearModel,
    Model,
    column_scale,
    f1_threshold,
    fit_calibration,
    fit_linear,
    folds,
    log_odds,
    near_duplicate_groups,
    single_threaded,
)
from analysis.classify.model_store import read_card, read_model, write_model
from analysis.classify.training_texts import Corpus, corpus_files, read_corpus
from analysis.codebook import read_codebook_bytes
from analysis.codebook.scheme import Scheme, load_scheme
from analysis.contracts import UNIT_KINDS, Segmenter
from analysis.errors import HotlineError
from analysis.segment.jieba_segmenter import LEXICON, load_segmenter

MODEL_FORMAT = 1
"""Raise it when features or arrays change in a way that an older model does not fit."""

FOLDS = 5
REVIEW_MARGIN = 1.5
"""How far from the threshold, in log odds, a score is left to a human."""

_CODEBOOK_FILES = ("scheme.toml", "actors.toml", "cues.toml", LEXICON)
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "skops", "jieba")


def codebook_version(directory: Path | None = None) -> str:
    """Return the version of scheme, actors, cues and lexicon: the scheme's own and a digest of all four."""
    digest = hashlib.sha256()
    for name in _CODEBOOK_FILES:
        digest.update(read_codebook_bytes(name, directory))
    return f"{load_scheme(directory).review.version}-{digest.hexdigest()[:8]}"


def _fingerprint(corpus: Corpus, codebook_directory: Path | None) -> dict[str, Any]:
    """Return what a model depends on: two models with the same fingerprint judge the same."""
    software = {name: version(name) for name in _LIBRARIES}
    return {
        "model_format": MODEL_FORMAT,
        "data_hash": corpus.data_hash,
        "codebook_version": codebook_version(codebook_directory),
        "software": {"python": ".".join(platform.python_version_tuple()[:2]), **software},
    }


def train(
    files: Iterable[Path],
    segmenter: Segmenter,
    codebook_directory: Path | None,
    output_directory: Path,
    scales: BlockScales = SCALES,
) -> dict[str, Any]:
    """Train on corpus files and write model and card; return the card.

    Nothing in it depends on time, place or chance: the same files give the same model.

    Raises:
        SettingsError: a corpus or codebook file is wrong; the message names file and line.
    """
    scheme = load_scheme(codebook_directory)
    corpus = read_corpus(files, scheme)
    finder = load_cues(scheme, codebook_directory)
    documents = corpus.documents
    batch = prepare(documents, segmenter.segment(documents), finder)
    space = FeatureSpace.learn(finder, batch)
    features = space.transform(finder, batch)
    with single_threaded():
        model, thresholds, metrics = _fit(features, space, corpus, scheme, scales)
    fingerprint = _fingerprint(corpus, codebook_directory)
    card = {
        "model_id": f"m-{hashlib.sha256(repr(sorted(fingerprint.items())).encode()).hexdigest()[:12]}",
        **fingerprint,
        "corpus_files": [{"name": name, "sha256": digest} for name, digest in corpus.file_digests],
        "complaint_count": len(corpus.texts),
        "in_scope_count": int(corpus.in_scope.sum()),
        "assumed_share_in_scope": ASSUMED_SHARE,
        "thresholds": thresholds.as_card(),
        "cross_validation": metrics,
    }
    return write_model(output_directory, model_arrays(model), card)


def _fit(
    features: Matrix, space: FeatureSpace, corpus: Corpus, scheme: Scheme, scales: BlockScales
) -> tuple[Model, Thresholds, dict[str, Any]]:
    codes = tuple(scheme.sub_problems)
    gold_scope = corpus.in_scope
    gold_code = corpus.has_code(codes)
    units = corpus.texts["unit"].to_numpy(dtype=object)
    gold_unit = np.array([[unit == kind for kind in UNIT_KINDS] for unit in units], dtype=bool)
    held_out = _held_out_scores(features, space, gold_scope, gold_code, gold_unit, scales)

    prior_shift = float(log_odds(ASSUMED_SHARE) - log_odds(gold_scope.mean()))
    gate_calibration = fit_calibration(held_out["gate"], gold_scope[:, None]).shifted(prior_shift)
    code_calibration = fit_calibration(held_out["code"][gold_scope], gold_code[gold_scope])
    gate_scores = gate_calibration.probability(held_out["gate"])[:, 0]
    code_scores = code_calibration.probability(held_out["code"])
    share = gold_scope.mean()
    weights = np.where(gold_scope, ASSUMED_SHARE / share, (1 - ASSUMED_SHARE) / (1 - share))
    thresholds = _thresholds(gate_scores, gold_scope, weights, code_scores, gold_code, codes)
    model = Model(
        space, codes, UNIT_KINDS,
        fit_linear(features, gold_scope[:, None], column_scale(space, scales.gate), GATE_C),
        fit_linear(features[gold_scope], gold_code[gold_scope], column_scale(space, scales.code), CODE_C),
        _fit_unit(features[gold_scope], gold_unit[gold_scope], space, scales),
        gate_calibration, code_calibration,
    )  # fmt: skip
    metrics = _cross_validated(corpus, scheme, gate_scores, code_scores, held_out["unit"], codes, thresholds)
    return model, thresholds, metrics


def _fit_unit(features: Matrix, gold_unit: Flags, space: FeatureSpace, scales: BlockScales) -> LinearModel:
    """Fit the kinds of unit as often as they occur: most complaints in doubt concern the traffic police."""
    return fit_linear(features, gold_unit, column_scale(space, scales.unit), UNIT_C, is_balanced=False)


def _held_out_scores(
    features: Matrix,
    space: FeatureSpace,
    gold_scope: Flags,
    gold_code: Flags,
    gold_unit: Flags,
    scales: BlockScales,
) -> dict[str, Floats]:
    """Score each complaint by models that saw neither it nor one of nearly the same wording."""
    begin = space.first_column["character"]
    groups = near_duplicate_groups(features[:, begin : begin + space.sizes["character"]])
    fold = folds(groups, FOLDS)
    scores = {
        "gate": np.zeros((len(fold), 1)),
        "code": np.zeros(gold_code.shape),
        "unit": np.zeros(gold_unit.shape),
    }
    for number in range(FOLDS):
        seen, unseen = fold != number, fold == number
        accusing = seen & gold_scope
        gate = fit_linear(features[seen], gold_scope[seen][:, None], column_scale(space, scales.gate), GATE_C)
        code = fit_linear(features[accusing], gold_code[accusing], column_scale(space, scales.code), CODE_C)
        unit = _fit_unit(features[accusing], gold_unit[accusing], space, scales)
        scores["gate"][unseen] = gate.score(features[unseen])
        scores["code"][unseen] = code.score(features[unseen])
        scores["unit"][unseen] = unit.score(features[unseen])
    return scores


def _thresholds(
    gate_scores: Floats,
    gold_scope: Flags,
    weights: Floats,
    code_scores: Floats,
    gold_code: Flags,
    codes: tuple[str, ...],
) -> Thresholds:
    gate = f1_threshold(gate_scores, gold_scope, weights)
    band = 1 / (1 + np.exp(-(log_odds(gate) + np.array([-REVIEW_MARGIN, REVIEW_MARGIN]))))
    judged = gate_scores >= gate
    common = f1_threshold(code_scores[judged].ravel(), gold_code[judged].ravel())
    return Thresholds(gate, float(band[0]), float(band[1]), dict.fromkeys(codes, common))


def _cross_validated(
    corpus: Corpus,
    scheme: Scheme,
    gate_scores: Floats,
    code_scores: Floats,
    unit_scores: Floats,
    codes: tuple[str, ...],
    thresholds: Thresholds,
) -> dict[str, Any]:
    """Return the figures of held-out judgements on the corpus."""
    included = gate_scores >= thresholds.gate
    chosen = choose_codes(code_scores, codes, thresholds) & included[:, None]
    texts = corpus.texts
    labels = pd.DataFrame(
        {
            "complaint_id": texts["complaint_id"],
            "in_scope": corpus.in_scope.astype(int),
            "codes": [";".join(own) for own in texts["codes"]],
            "unit": texts["unit"],
        }
    )
    scored = pd.DataFrame(
        {
            "complaint_id": texts["complaint_id"],
            "in_scope": included.astype(int),
            "scope_score": gate_scores,
            "codes": [";".join(np.array(codes)[row]) for row in chosen],
            "unit": [UNIT_KINDS[i] for i in unit_scores.argmax(axis=1)],
        }
    )
    result = evaluate(labels, scored, scheme, resamples=200)
    figures: dict[str, Any] = {}
    for name, value, low, high in result.summary.itertuples(index=False, name=None):
        interval = {} if np.isnan(low) else {"low": round(low, 4), "high": round(high, 4)}
        figures[name] = {"value": round(value, 4), **interval}
    return figures


def train_shipped_model(model_directory: Path, codebook_directory: Path | None = None) -> dict[str, Any]:
    """Train on the repository's own corpus, whatever lies in the directory; return the card."""
    return train(corpus_files(), load_segmenter(codebook_directory), codebook_directory, model_directory)


def ensure_model(model_directory: Path, codebook_directory: Path | None = None) -> dict[str, Any]:
    """Return the card of the model in the directory, training first if it is missing, damaged or out of date.

    Two processes that do so at once wait for one another and train once.
    """
    model_directory.mkdir(parents=True, exist_ok=True)
    corpus = read_corpus(corpus_files(), load_scheme(codebook_directory))
    wanted = _fingerprint(corpus, codebook_directory)
    card = _current_card(model_directory, wanted)
    if card is not None:
        return card
    with FileLock(model_directory / ".training.lock"):
        card = _current_card(model_directory, wanted)  # another process may have trained meanwhile
        if card is not None:
            return card
        return train_shipped_model(model_directory, codebook_directory)


def _current_card(model_directory: Path, wanted: dict[str, Any]) -> dict[str, Any] | None:
    try:
        card = read_card(model_directory)
        if any(card.get(key) != value for key, value in wanted.items()):
            return None
        read_model(model_directory)
    except HotlineError:  # missing or damaged: both are mended by training
        return None
    return card


def label_table(
    complaints: pd.DataFrame, model_directory: Path, codebook_directory: Path | None = None
) -> pd.DataFrame:
    """Judge complaints and return the table that `hotline classify` writes.

    complaints: complaint_id, title, text. Result, in the same order: complaint_id, in_scope (0/1), scope_score,
    codes (joined by ;), unit (empty when out of scope for certain), evidence (JSON list of code, start, end;
    offsets into «title + newline + text» as given).
    """
    classifier = Classifier.load(model_directory, codebook_directory)
    tokens = load_segmenter(codebook_directory).segment(documents_of(complaints))
    rows = range(len(complaints))  # stand in for ids, which a table from elsewhere may repeat
    judgement = classifier.classify(complaints.assign(complaint_id=rows, tokens=tokens))
    gate, assessments = judgement.gate, judgement.assessments
    codes = assessments.groupby("complaint_id", sort=False)["sub_problem_code"].agg(";".join)
    evidence = evidence_json(assessments)
    return pd.DataFrame(
        {
            "complaint_id": complaints["complaint_id"].to_numpy(dtype=object),
            "in_scope": (gate["scope_score"] >= classifier.thresholds.gate).astype(int),
            "scope_score": gate["scope_score"].round(6),
            "codes": codes.reindex(rows).fillna("").to_numpy(dtype=object),
            "unit": gate["unit_kind"].fillna(""),
            "evidence": evidence.reindex(rows).fillna("[]").to_numpy(dtype=object),
        }
    )
