"""Composes segmentation and classification: trains the model, keeps it current, labels a table with it."""

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from analysis.classify.classifier import Classifier, evidence_json, model_arrays
from analysis.classify.cues import load_cues
from analysis.classify.features import FeatureSpace, prepare
from analysis.classify.fitting import TrainingSet, fit
from analysis.classify.mixtures import mix
from analysis.classify.model import ASSUMED_SHARE, SCALES, BlockScales, single_threaded
from analysis.classify.model_store import read_card, read_model, write_model
from analysis.classify.training_texts import Corpus, corpus_files, read_corpus
from analysis.codebook import read_codebook_bytes
from analysis.codebook.scheme import load_scheme
from analysis.errors import HotlineError

MODEL_FORMAT = 2
"""Raise it when features or arrays change in a way that an older model does not fit."""

MIN_DOCUMENTS = 4
"""An n-gram of fewer corpus texts says more about them than about complaints."""

MIXTURES_PER_TEXT = 0.8
"""How many posts of several matters are put together for each corpus text."""

_CODEBOOK_FILES = ("scheme.toml", "actors.toml", "cues.toml")
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "skops")


def codebook_version(directory: Path | None = None) -> str:
    """Return the version of scheme, actors and cues: the scheme's own and a digest of all three."""
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
    mixtures = mix(corpus.in_scope, round(MIXTURES_PER_TEXT * len(documents)))
    batch = prepare([*documents, *mixtures.documents(documents)], finder)
    space = FeatureSpace.learn(finder, batch, len(documents), MIN_DOCUMENTS)
    data = TrainingSet.of(space.transform(finder, batch), corpus, mixtures, tuple(scheme.sub_problems))
    with single_threaded():
        model, thresholds, metrics = fit(data, space, corpus, scheme, scales)
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


def train_shipped_model(model_directory: Path, codebook_directory: Path | None = None) -> dict[str, Any]:
    """Train on the repository's own corpus, whatever lies in the directory; return the card."""
    return train(corpus_files(), codebook_directory, model_directory)


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
    codes (joined by ;), unit (whom it most likely concerns, in scope or not), evidence (JSON list of code, start, end;
    offsets into «title + newline + text» as given).
    """
    classifier = Classifier.load(model_directory, codebook_directory)
    rows = range(len(complaints))  # stand in for ids, which a table from elsewhere may repeat
    judgement = classifier.classify(complaints.assign(complaint_id=rows))
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
