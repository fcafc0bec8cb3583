"""Trains on corpus and labels of a site; measures, compares and lists its models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.classify.classifier import Classifier
from analysis.classify.curves import abstention, confusion, mistakes, precision_recall
from analysis.classify.evaluate import FIGURE_NAMES, Evaluation, as_card, evaluate, outcomes
from analysis.classify.labels import SiteLabels
from analysis.classify.registry import Entry, Registry
from analysis.codebook.scheme import load_scheme
from analysis.codebook.version import knowledge_digest
from analysis.config import load_settings
from analysis.errors import HotlineError
from analysis.pipeline.self_training import guesses
from analysis.pipeline.site_labels import import_labels, read_labels, site_labels
from analysis.progress import Progress, no_progress
from analysis.site import SitePaths
from analysis.site_validation import DECISIVE, Validation, label_table_of, validate
from analysis.text import text_digest
from analysis.training import Lesson, load_classifier, score_table, shipped_lesson, train_into, training_lock

Figures = Mapping[str, Mapping[str, float]]
"""By the name of a figure its value and, where it has an interval, low and high."""


_WITHOUT_LABELS = "自训练　没有进行：没有本单位的标注，无从检验它有益还是有害。"
_WITHOUT_GUESSES = "自训练　没有进行：台账里没有在用的模型近乎有把握的诉求（纳入、不纳入两边都要有）。"


@dataclass(frozen=True)
class Training:
    """What came of a training: the new card, and on a site's labels the figures (None without labels).

    note: why there was no self-training although it is switched on; empty, if there was or it is off.
    """

    card: dict[str, Any]
    validation: Validation | None
    note: str = ""


def train_site(
    paths: SitePaths, files: Sequence[Path] = (), *, is_forced: bool = False, progress: Progress = no_progress
) -> Training:
    """Train on the repository's corpus and the site's labels, and put the model in use unless it is worse.

    Args:
        paths: the site.
        files: tables of labels to take in first.
        is_forced: put the model in use even where it is worse, or cannot be compared.
        progress: told how far cross-validation and training are.

    Raises:
        UsageError: a labels table is bad; see `read_labels`.
        HotlineError: not forced, and the model would be worse than the one in use, or there are too few labels, or
            none although the model in use learned from some.
    """
    if files:
        import_labels(paths, files)
    settings, scheme = load_settings(paths.settings).train, load_scheme(paths.codebook)
    registry, texts = Registry(paths.models), site_labels(paths, scheme)
    in_use = registry.in_use()
    if texts.empty:
        if in_use is not None and in_use.learned is not None and not is_forced:
            raise HotlineError(
                f"在用的模型 {in_use.model_id} 学过本单位的标注，现在 {paths.labels} 和台账里都没有标注，没有替换。"
                "请恢复标注；确要只用语料训练，请加 --force。"
            )
        note = _WITHOUT_LABELS if settings.self_training else ""
        return Training(_replace(paths, shipped_lesson(paths.codebook), None, progress), None, note)
    if len(texts) < settings.min_site_labels and not is_forced:
        raise HotlineError(
            f"标注只有 {len(texts)} 条，不到 {settings.min_site_labels} 条，比不出新旧模型的好坏，没有训练。"
            "标注已经留存，攒够后再训练；现在就要训练请加 --force。"
        )
    guessed = guesses(paths, settings, progress) if settings.self_training else None
    new, lesson = SiteLabels(texts, settings.site_label_weight, guessed), shipped_lesson(paths.codebook)
    found = _validated(paths, lesson, new, settings.validation_repeats, is_forced=is_forced, progress=progress)
    if found.loss > settings.tolerated_loss and not is_forced and in_use is not None:
        raise HotlineError(_refusal(found, in_use.model_id))
    validation = {"label_count": found.label_count, "figures": as_card(found.new)}
    note = _WITHOUT_GUESSES if settings.self_training and guessed is None else ""
    return Training(_replace(paths, lesson, new, progress, site_validation=validation), found, note)


def _validated(
    paths: SitePaths, lesson: Lesson, new: SiteLabels, repeats: int, *, is_forced: bool, progress: Progress
) -> Validation:
    """Compare with the model in use, where there is one whose labels are known."""
    registry, old = Registry(paths.models), None
    in_use = registry.in_use()
    if in_use is None:
        return validate(lesson, new, None, None, repeats, progress)
    if in_use.learned is None:
        return validate(lesson, new, None, load_classifier(paths.models, paths.codebook, progress), repeats, progress)
    try:
        old = registry.learned_labels(in_use.learned, lesson.scheme)
    except HotlineError:
        if not is_forced:
            raise
    return validate(lesson, new, old, None, repeats, progress)


def _replace(
    paths: SitePaths, lesson: Lesson, site: SiteLabels | None, progress: Progress, **further: Any
) -> dict[str, Any]:
    with training_lock(paths.models):
        return train_into(Registry(paths.models), lesson, paths.codebook, site, progress, **further)


def figure_text(figure: Mapping[str, float] | None) -> str:
    """Return a figure with its interval, as 0.762 [0.70, 0.82]."""
    if not figure or pd.isna(figure["value"]):
        return "—"
    low, high = figure.get("low"), figure.get("high")
    interval = "" if low is None or pd.isna(low) else f" [{low:.2f}, {high:.2f}]"
    return f"{figure['value']:.3f}{interval}"


def _refusal(found: Validation, in_use: str) -> str:
    old, new = (as_card(table) if table is not None else {} for table in (found.old, found.new))
    said = "；".join(
        f"{FIGURE_NAMES[name]} 新 {figure_text(new.get(name))}，在用 {figure_text(old.get(name))}" for name in DECISIVE
    )
    return (
        f"新模型不如在用的 {in_use}，没有替换。在本单位 {found.label_count} 条标注上交叉验证：{said}"
        "（方括号为 95 % 区间）。请核对标注；仍要替换请加 --force。"
    )


@dataclass(frozen=True)
class Report:
    """How a model judges a site's labels.

    label_count, in_scope_count: of the labels that count. learned_count: labels that the model learned from, which
    do not count. The tables are those of `evaluate` and `curves`.
    """

    model_id: str
    label_count: int
    in_scope_count: int
    learned_count: int
    evaluation: Evaluation
    precision_recall: pd.DataFrame
    abstention: pd.DataFrame
    confusion: pd.DataFrame
    mistakes: pd.DataFrame


def evaluate_labels(
    paths: SitePaths,
    file: Path,
    model_id: str = "",
    codebook: Path | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Measure a model by a table of labels; those that it learned from do not count.

    Args:
        paths: the site.
        file: the table.
        model_id: the model; the one in use if not given.
        codebook: the folder of scheme, actors and cues to judge and count by; those of today if not given.
        progress: told how many labels are judged.

    Raises:
        UsageError: the table is bad; see `read_labels`.
        HotlineError: the model learned from all of them, or was trained on other sub-problems or cues.
    """
    scheme = load_scheme(codebook or paths.codebook)
    labels = read_labels(paths, file, scheme=scheme)
    classifier = _classifier(paths, model_id, codebook, progress)
    learned = _learned_digests(Registry(paths.models).labels_of(classifier.card, scheme))
    fresh = labels[~_digests(labels).isin(learned)].reset_index(drop=True)
    if fresh.empty:
        raise HotlineError(
            f"{file} 里的 {len(labels)} 条标注模型都学过，不能用来检验。"
            "请换一批标注，或用 hotline evaluate（不加 --labels）查看交叉验证的分数。"
        )
    gold = label_table_of(fresh)
    scored = score_table(fresh, classifier, progress)
    found = outcomes(gold, scored, scheme)
    return Report(
        classifier.model_id,
        len(fresh),
        int(found.gold_scope.sum()),
        len(labels) - len(fresh),
        evaluate(gold, scored, scheme),
        precision_recall(found.gold_scope, found.scores),
        abstention(found, classifier.thresholds.gate),
        confusion(found, scheme),
        mistakes(gold, scored, scheme),
    )


def _classifier(paths: SitePaths, model_id: str, codebook: Path | None, progress: Progress) -> Classifier:
    """Return a model with a codebook, without training one: figures of the past are made again, not made anew."""
    registry = Registry(paths.models)
    in_use = registry.in_use()
    if in_use is None or (not model_id and codebook is None):
        return load_classifier(paths.models, paths.codebook, progress)
    chosen, directory = model_id or in_use.model_id, codebook or paths.codebook
    if registry.read(chosen)[1].get("knowledge_digest") != knowledge_digest(directory):
        raise HotlineError(
            f"模型 {chosen} 不是按这份代码本的小类和规则训练的，不能一起用。"
            "请用 hotline trace 查出当时的模型和代码本，以 --model、--codebook 同时指定。"
        )
    return Classifier.load(registry.directory_of(chosen), directory)


def _digests(labels: pd.DataFrame) -> pd.Series:
    pairs = zip(labels["title"], labels["text"], strict=True)
    return pd.Series([text_digest(t, x) for t, x in pairs], index=labels.index, dtype=object)


def _learned_digests(labels: SiteLabels | None) -> set[str]:
    return set() if labels is None else set(_digests(labels.texts))


def model_list(paths: SitePaths) -> list[Entry]:
    """Return all models of a site, the newest first."""
    return list(Registry(paths.models).entries())


@dataclass(frozen=True)
class ModelComparison:
    """Figures of two models side by side; each a mapping from the name of a figure to value, low and high.

    corpus: cross-validated on the repository's texts. site: cross-validated on the labels that each learned from,
    with their number (0 where none). unseen: on the site's labels that neither learned from, `unseen_count` of them.
    """

    corpus: tuple[Figures, Figures]
    site: tuple[Figures, Figures]
    site_counts: tuple[int, int]
    unseen: tuple[Figures, Figures]
    unseen_count: int


def compare_models(paths: SitePaths, one: str, other: str) -> ModelComparison:
    """Compare two models of a site.

    Raises:
        HotlineError: there is no such model, it is damaged, or it cannot judge with the codebook of today.
    """
    registry, scheme = Registry(paths.models), load_scheme(paths.codebook)
    cards = [registry.read(model_id)[1] for model_id in (one, other)]
    seen = set().union(*(_learned_digests(registry.labels_of(card, scheme)) for card in cards))
    labels = site_labels(paths, scheme)
    fresh = labels[~_digests(labels).isin(seen)].reset_index(drop=True)
    unseen: list[Figures] = [{}, {}]
    if len(fresh):
        gold = label_table_of(fresh)
        for index, model_id in enumerate((one, other)):
            classifier = Classifier.load(registry.directory_of(model_id), paths.codebook)
            unseen[index] = as_card(evaluate(gold, score_table(fresh, classifier), scheme).summary)
    site = [card.get("site_validation") or {"label_count": 0, "figures": {}} for card in cards]
    return ModelComparison(
        (cards[0]["cross_validation"], cards[1]["cross_validation"]),
        (site[0]["figures"], site[1]["figures"]),
        (site[0]["label_count"], site[1]["label_count"]),
        (unseen[0], unseen[1]),
        len(fresh),
    )
