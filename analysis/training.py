"""Composes segmentation and classification: trains the model, keeps it current, labels a table with it."""

import hashlib
import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock
from scipy import sparse

from analysis.classify.arrays import Matrix
from analysis.classify.classifier import Classifier, documents_of, evidence_json, model_arrays
from analysis.classify.cues import CueFinder, load_cues
from analysis.classify.features import FeatureSpace, prepare
from analysis.classify.fitting import TrainingSet, fit, site_calibrates
from analysis.classify.labels import SiteLabels
from analysis.classify.mixtures import Mixtures, mix
from analysis.classify.model import ASSUMED_SHARE, SCALES, BlockScales, single_threaded
from analysis.classify.model_store import Arrays, write_model
from analysis.classify.registry import InUse, Registry
from analysis.classify.training_texts import Corpus, corpus_files, files_digest, read_corpus
from analysis.codebook.scheme import Scheme, load_scheme
from analysis.codebook.version import codebook_version, knowledge_digest
from analysis.errors import HotlineError
from analysis.progress import Progress, no_progress

MODEL_FORMAT = 5
"""Raise it when the same texts and labels give another model, or an older model no longer fits."""

MIN_DOCUMENTS = 4
"""An n-gram of fewer corpus texts says more about them than about complaints."""

MIXTURES_PER_TEXT = 0.8
"""How many posts of several matters are put together for each corpus text."""

_JUDGED_AT_ONCE = 1000
"""Complaints of a table judged at a time: a second or so, so that a progress bar moves."""

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "skops")
_FINGERPRINT = ("model_format", "data_hash", "knowledge_digest", "software")


def _fingerprint(data_hash: str, codebook_directory: Path | None) -> dict[str, Any]:
    """Return what a model depends on beside a site's labels; where this differs, a model does not fit the program.

    data_hash: the digest of the repository's corpus.
    """
    software = {name: version(name) for name in _LIBRARIES}
    return {
        "model_format": MODEL_FORMAT,
        "data_hash": data_hash,
        "knowledge_digest": knowledge_digest(codebook_directory),
        "software": {"python": ".".join(platform.python_version_tuple()[:2]), **software},
    }


@dataclass(frozen=True)
class Lesson:
    """Everything that fitting needs: complaints with their labels, and their features.

    corpus: the texts of the repository and, behind them, those of a site. features: theirs, shape (complaints,
    columns); the columns, and so the words that the model will know, come from the texts of the repository alone.
    mixtures: posts put together from texts of the repository; mixed: their features.
    """

    scheme: Scheme
    finder: CueFinder
    corpus: Corpus
    space: FeatureSpace
    features: Matrix
    mixtures: Mixtures
    mixed: Matrix
    scales: BlockScales

    def with_site(self, labels: pd.DataFrame, weight: float, *, is_guess: bool = False) -> "Lesson":
        """Return this lesson with a site's texts (columns of `labels.COLUMNS`) behind it.

        is_guess: a model labelled them, nobody else.
        """
        if labels.empty:
            return self
        batch = prepare(documents_of(labels), self.finder)
        features = sparse.vstack([self.features, self.space.transform(self.finder, batch)]).tocsr()
        return replace(self, corpus=self.corpus.with_site(labels, weight, is_guess=is_guess), features=features)


def prepare_lesson(corpus: Corpus, codebook_directory: Path | None, scales: BlockScales = SCALES) -> Lesson:
    """Return the lesson of the repository's texts.

    Raises:
        SettingsError: a codebook file is wrong; the message names file and key.
    """
    scheme = load_scheme(codebook_directory)
    finder = load_cues(scheme, codebook_directory)
    documents = corpus.documents
    mixtures = mix(corpus.in_scope, round(MIXTURES_PER_TEXT * len(documents)))
    batch = prepare([*documents, *mixtures.documents(documents)], finder)
    space = FeatureSpace.learn(finder, batch, len(documents), MIN_DOCUMENTS)
    features = space.transform(finder, batch)
    own, mixed = features[: len(documents)], features[len(documents) :]
    return Lesson(scheme, finder, corpus, space, own, mixtures, mixed, scales)


def fit_lesson(
    lesson: Lesson, rows: np.ndarray | None = None, progress: Progress = no_progress
) -> tuple[Classifier, dict[str, Any]]:
    """Fit a model to a lesson, or to the chosen rows of it; return it, and the figures of its held-out judgements.

    Args:
        lesson: the lesson.
        rows: which complaints of the corpus to learn from; all of the repository's must be among them.
        progress: see `fit`.
    """
    corpus, features = lesson.corpus, lesson.features
    if rows is not None:
        corpus, features = corpus.taken(rows), features[rows]
    together = sparse.vstack([features, lesson.mixed]).tocsr()
    data = TrainingSet.of(together, corpus, lesson.mixtures, lesson.scheme.sorted_codes)
    with single_threaded():
        model, thresholds, metrics = fit(data, lesson.space, corpus, lesson.scheme, lesson.scales, progress)
    return Classifier(model, lesson.finder, {"model_id": ""}, thresholds, codebook_version=""), metrics


def build(
    lesson: Lesson,
    codebook_directory: Path | None,
    site: SiteLabels | None = None,
    progress: Progress = no_progress,
    **further: Any,
) -> tuple[Arrays, dict[str, Any]]:
    """Fit a model to a lesson; return its arrays and its card, with the `further` entries in it.

    Nothing in them depends on time, place or chance: the same texts and labels give the same model.
    `lesson` holds the labels of `site`, which is only named in the card.
    """
    classifier, metrics = fit_lesson(lesson, progress=progress)
    fingerprint = _fingerprint(lesson.corpus.data_hash, codebook_directory)
    learned = site and _learned(site)
    identity = json.dumps([fingerprint, learned], sort_keys=True)
    ours, is_own = lesson.corpus.taken(~lesson.corpus.is_site), site_calibrates(lesson.corpus)
    card = {
        "model_id": f"m-{hashlib.sha256(identity.encode()).hexdigest()[:12]}",
        **fingerprint,
        "codebook_version": codebook_version(codebook_directory),  # by which the figures below were counted
        "corpus_files": [{"name": name, "sha256": digest} for name, digest in ours.file_digests],
        "complaint_count": len(ours.texts),
        "in_scope_count": int(ours.in_scope.sum()),
        "site_labels": learned,
        "assumed_share_in_scope": None if is_own else ASSUMED_SHARE,
        "calibrated_on": "site_labels" if is_own else "corpus",
        "thresholds": classifier.thresholds.as_card(),
        "sub_problems_without_examples": classifier.thresholds.never_chosen,
        "cross_validation": metrics,
        **further,
    }
    return model_arrays(classifier.model), card


def _learned(site: SiteLabels) -> dict[str, Any]:
    in_scope = int(site.texts["codes"].map(bool).sum())
    own = {"sha256": site.sha256, "weight": site.weight, "count": len(site.texts), "in_scope_count": in_scope}
    return own if site.guessed is None else own | {"guessed": _learned(site.guessed)}


def train(
    files: Iterable[Path],
    codebook_directory: Path | None,
    output_directory: Path,
    scales: BlockScales = SCALES,
) -> dict[str, Any]:
    """Train on corpus files and write model and card into a directory of any name; return the card.

    Raises:
        SettingsError: a corpus or codebook file is wrong; the message names file and line.
    """
    corpus = read_corpus(files, load_scheme(codebook_directory))
    lesson = prepare_lesson(corpus, codebook_directory, scales)
    return write_model(output_directory, *build(lesson, codebook_directory))


def shipped_lesson(codebook_directory: Path | None = None) -> Lesson:
    """Return the lesson of the repository's own corpus."""
    corpus = read_corpus(corpus_files(), load_scheme(codebook_directory))
    return prepare_lesson(corpus, codebook_directory)


def train_into(
    registry: Registry,
    lesson: Lesson,
    codebook_directory: Path | None,
    site: SiteLabels | None = None,
    progress: Progress = no_progress,
    **further: Any,
) -> dict[str, Any]:
    """Train on a lesson (which holds no site's labels yet) and those of `site`; keep the model and put it in use."""
    if site is not None:
        lesson = lesson.with_site(site.texts, site.weight)
        if site.guessed is not None:
            lesson = lesson.with_site(site.guessed.texts, site.guessed.weight, is_guess=True)
    card = registry.add(*build(lesson, codebook_directory, site, progress, **further), site)
    registry.use(str(card["model_id"]))
    return card


def training_lock(models: Path) -> FileLock:
    """Return the lock that a process holds while it changes the models of a site."""
    models.mkdir(parents=True, exist_ok=True)
    return FileLock(models / ".training.lock")


def ensure_model(
    models: Path, codebook_directory: Path | None = None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Return the card of the model in use, training first if it is missing, damaged or out of date.

    A model that learned from a site's labels is built again from the same labels. Two processes that do so at once
    wait for one another and train once.

    Raises:
        HotlineError: the note of the model in use is damaged, or the labels that it learned from are gone.
    """
    return _current_model(models, codebook_directory, progress)[1]


def _current_model(models: Path, codebook_directory: Path | None, progress: Progress) -> tuple[Arrays, dict[str, Any]]:
    """Return arrays and card of the model in use; see `ensure_model`."""
    wanted = _fingerprint(files_digest(corpus_files()), codebook_directory)
    registry = Registry(models)
    fitting = _fitting_model(registry, registry.in_use(), wanted)
    if fitting is not None:
        return fitting
    with training_lock(models):
        in_use = registry.in_use()
        fitting = _fitting_model(registry, in_use, wanted)  # another process may have trained meanwhile
        if fitting is not None:
            return fitting
        site = registry.learned_labels(in_use.learned if in_use else None, load_scheme(codebook_directory))
        card = train_into(registry, shipped_lesson(codebook_directory), codebook_directory, site, progress)
        return registry.read(str(card["model_id"]))


def _fitting_model(
    registry: Registry, in_use: InUse | None, wanted: dict[str, Any]
) -> tuple[Arrays, dict[str, Any]] | None:
    if in_use is None:
        return None
    try:
        arrays, card = registry.read(in_use.model_id)
    except HotlineError:  # missing or damaged: both are mended by training
        return None
    return (arrays, card) if all(card.get(key) == value for key, value in wanted.items()) else None


def use_model(models: Path, model_id: str, codebook_directory: Path | None = None) -> dict[str, Any]:
    """Put an earlier model in use again; return its card.

    Raises:
        HotlineError: there is no such model, it is damaged, or it does not fit program and codebook of today.
    """
    registry = Registry(models)
    with training_lock(models):
        _, card = registry.read(model_id)
        wanted = _fingerprint(files_digest(corpus_files()), codebook_directory)
        changed = [key for key in _FINGERPRINT if card.get(key) != wanted[key]]
        if changed:
            raise HotlineError(f"模型 {model_id} 与现在的{_CHANGED[changed[0]]}不符，不能使用。请执行 hotline train。")
        return registry.use(model_id)


def model_misfit(models: Path, codebook_directory: Path | None = None) -> tuple[str, str]:
    """Return the id of the model in use (empty: none yet), and in Chinese what it no longer fits (empty: all fits).

    A model that is missing or damaged and can be built again fits not; nothing is trained or changed here.

    Raises:
        HotlineError: the note of the model in use is damaged, or the labels that it learned from are gone.
    """
    registry = Registry(models)
    in_use = registry.in_use()
    if in_use is None:
        return "", ""
    registry.learned_labels(in_use.learned, load_scheme(codebook_directory))
    try:
        _, card = registry.read(in_use.model_id)
    except HotlineError:  # a training mends it
        return in_use.model_id, "记录（文件缺失或损坏）"
    wanted = _fingerprint(files_digest(corpus_files()), codebook_directory)
    changed = [key for key in _FINGERPRINT if card.get(key) != wanted[key]]
    return in_use.model_id, _CHANGED[changed[0]] if changed else ""


_CHANGED = {
    "model_format": "程序",
    "data_hash": "语料",
    "knowledge_digest": "代码本",
    "software": "程序库版本",
}


def load_classifier(
    models: Path, codebook_directory: Path | None = None, progress: Progress = no_progress
) -> Classifier:
    """Return the model in use, trained first if need be; see `ensure_model` for what can be wrong."""
    return Classifier.of(*_current_model(models, codebook_directory, progress), codebook_directory)


def score_table(complaints: pd.DataFrame, classifier: Classifier, progress: Progress = no_progress) -> pd.DataFrame:
    """Judge complaints (complaint_id, title, text); ids may repeat.

    Result, in the same order: complaint_id, in_scope (0/1), scope_score, codes (joined by ;), unit (whom it most
    likely concerns, in scope or not), evidence (JSON list of code, start, end; offsets into «title + newline + text»
    as given), is_review (whether the model leaves the decision to a human).

    progress: told how many are judged.
    """
    rows = range(len(complaints))  # stand in for ids, which a table from elsewhere may repeat
    numbered, judged = complaints.assign(complaint_id=rows), []
    for start in range(0, max(len(rows), 1), _JUDGED_AT_ONCE):
        progress("判断诉求", start, len(rows))
        judged.append(classifier.classify(numbered.iloc[start : start + _JUDGED_AT_ONCE].reset_index(drop=True)))
    progress("判断诉求", len(rows), len(rows))
    gate = pd.concat([part.gate for part in judged], ignore_index=True)
    assessments = pd.concat([part.assessments for part in judged], ignore_index=True)
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
            "is_review": gate["decision"].to_numpy() == "review",
        }
    )


def label_table(
    complaints: pd.DataFrame, model_directory: Path, codebook_directory: Path | None = None
) -> pd.DataFrame:
    """Judge complaints by the model in a directory; return the table that `hotline classify` writes."""
    return _labels(score_table(complaints, Classifier.load(model_directory, codebook_directory)))


def label_by_current_model(
    complaints: pd.DataFrame,
    models: Path,
    codebook_directory: Path | None = None,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Judge complaints by the model in use, trained first if need be; return the table that `hotline classify` writes.

    Raises:
        HotlineError: see `ensure_model`.
    """
    return _labels(score_table(complaints, load_classifier(models, codebook_directory, progress), progress))


def _labels(scored: pd.DataFrame) -> pd.DataFrame:
    return scored.drop(columns="is_review")
