"""Composes explanations of judgements: for the night's workbooks, and for whoever asks about a complaint or a text."""

from pathlib import Path

import pandas as pd

from analysis.classify.classifier import Classifier
from analysis.classify.explain import explain
from analysis.codebook.scheme import Scheme, load_scheme
from analysis.config import Settings, load_settings
from analysis.contracts import ASSISTANT_OPINIONS, COMPLAINTS, EXPLANATIONS, REVIEWS, empty_frame
from analysis.errors import UsageError
from analysis.exchange.assistant_words import current_opinions, opinion_words
from analysis.exchange.explanation_text import explanation_text
from analysis.explanation import HumanDecision
from analysis.ledger.store import Reader
from analysis.pipeline.masking import mask_any_table
from analysis.pipeline.night import Counts, Night
from analysis.plain_text import one_complaint, read_text
from analysis.site import SitePaths
from analysis.tables import STANDARD, read_complaints
from analysis.text import text_digest
from analysis.training import load_classifier

_BATCH = 5000


def explain_judgements(night: Night) -> Counts:
    """Write down what each judgement in scope or under review rests on; drop explanations of judgements withdrawn.

    Only judgements of the model that judged last are explained: another one would tell other figures.
    """
    night.store.apply("delete_outdated_explanations")
    waiting = night.store.query("unexplained_complaints")
    counts = {"explained": 0}
    if waiting.empty:
        return counts
    classifier = _classifier(night.paths, night.settings)
    is_same = (waiting["model_id"] == classifier.model_id) & (
        waiting["codebook_version"] == classifier.codebook_version
    )
    waiting = waiting[is_same]
    for start in range(0, len(waiting), _BATCH):
        night.progress("说明判断", start, len(waiting))
        batch = waiting.iloc[start : start + _BATCH]
        texts = _texts(batch, classifier, night.settings, night.scheme, night.store.table(REVIEWS))
        rows = batch[["complaint_id", "run_id"]].assign(text=pd.Series(texts, index=batch.index, dtype=object))
        night.store.append(EXPLANATIONS, rows)
        counts["explained"] += len(rows)
    night.progress("说明判断", len(waiting), len(waiting))
    return counts


def explain_complaint(paths: SitePaths, complaint_id: str) -> str:
    """Return the explanation of how a complaint of the published snapshot was judged, and the assistant's opinion.

    Where none was written that night (a complaint out of scope), the model in use explains it.

    Raises:
        UsageError: nothing was published yet, or no complaint has this id, or it was not judged yet.
    """
    scheme = load_scheme(paths.codebook)
    with Reader.open(paths.snapshot) as reader:
        found = reader.query("traced_complaint", complaint_id=complaint_id)
        if found.empty:
            raise UsageError(f"没有编号为 {complaint_id} 的诉求。诉求编号见《问题清单》“诉求明细”。")
        stored = reader.query("stored_explanation", complaint_id=complaint_id)
        opinions = current_opinions(reader.table(ASSISTANT_OPINIONS), found)
        reviews = reader.table(REVIEWS)
    judged = found.iloc[0]
    if not judged["model_id"]:
        raise UsageError(f"诉求 {complaint_id} 还没有判断。请先执行 hotline run。")
    text = str(stored["text"].iloc[0]) if len(stored) else _by_model_in_use(paths, found, scheme, reviews)
    if len(opinions):
        text += f"\n【助手意见】\n{opinion_words(opinions.iloc[0], scheme)}（只供复核参考，不作决定）"
    return text


def _by_model_in_use(paths: SitePaths, found: pd.DataFrame, scheme: Scheme, reviews: pd.DataFrame) -> str:
    settings = load_settings(paths.settings)
    classifier = _classifier(paths, settings)
    judged = found.iloc[0]
    text = _texts(found, classifier, settings, scheme, reviews)[0]
    if (judged["model_id"], judged["codebook_version"]) == (classifier.model_id, classifier.codebook_version):
        return text
    return (
        f"注意：该诉求由模型 {judged['model_id']}（代码本 {judged['codebook_version']}）判断，"
        f"纳入分 {judged['scope_score']:.2f}；以下是现在的模型怎样看它。\n{text}"
    )


def explain_words(paths: SitePaths, words: str) -> str:
    """Return how a night would judge a text, and why; it is masked first, as in a night.

    Raises:
        UsageError: there is nothing in it.
    """
    return _explain_masked(paths, one_complaint(words))[0]


def explain_file(paths: SitePaths, path: Path) -> str:
    """Return how a night would judge a text file (.txt, or standard input) or each complaint of a table, and why.

    Raises:
        UsageError: the file cannot be read, or there is nothing in it.
    """
    limits = load_settings(paths.settings).ingest
    if path == STANDARD or path.suffix.lower() == ".txt":
        return explain_words(paths, read_text(path, limits))
    complaints = read_complaints(path, limits)
    if complaints.empty:
        raise UsageError(f"{path} 里没有一件诉求。请检查文件。")
    texts = _explain_masked(paths, complaints)
    return "\n\n".join(f"诉求 {i}\n{text}" for i, text in zip(complaints["complaint_id"], texts, strict=True))


def _explain_masked(paths: SitePaths, complaints: pd.DataFrame) -> list[str]:
    settings = load_settings(paths.settings)
    headings = {name: COMPLAINTS[name].heading for name in ("complaint_id", "title", "text")}
    masked = mask_any_table(complaints.rename(columns=headings), paths.codebook)
    masked = masked.rename(columns={heading: name for name, heading in headings.items()})
    masked = masked.assign(complaint_id=complaints["complaint_id"])
    return _texts(masked, _classifier(paths, settings), settings, load_scheme(paths.codebook), empty_frame(REVIEWS))


def _classifier(paths: SitePaths, settings: Settings) -> Classifier:
    """Return the model in use, with the bounds of the night."""
    classifier = load_classifier(paths.models, paths.codebook)
    return classifier.with_review_band(settings.classify.review_from, settings.classify.include_from)


def _texts(
    complaints: pd.DataFrame, classifier: Classifier, settings: Settings, scheme: Scheme, reviews: pd.DataFrame
) -> list[str]:
    rules = settings.explain
    human = _decisions_by_version(reviews[reviews["complaint_id"].isin(complaints["complaint_id"])])
    return [
        explanation_text(found, scheme, rules, human.get((found.complaint_id, text_digest(title, text)), ()))
        for found, title, text in zip(
            explain(classifier, complaints, rules.shown_alternatives),
            complaints["title"].where(complaints["title"].notna(), None),
            complaints["text"],
            strict=True,
        )
    ]


def _decisions_by_version(reviews: pd.DataFrame) -> dict[tuple[str, str], list[HumanDecision]]:
    """Return the latest decision of each reviewer about each version of a text, rulings last."""
    latest = reviews.sort_values(["is_final", "reviewed_on", "recorded_at"], kind="stable").drop_duplicates(
        ["complaint_id", "text_digest", "reviewer"], keep="last"
    )
    decisions: dict[tuple[str, str], list[HumanDecision]] = {}
    for review in latest.to_dict("records"):
        decision = HumanDecision(
            reviewer=review["reviewer"],
            decision=review["decision"],
            codes=tuple(filter(None, str(review["codes"] or "").split(";"))),
            unit_kind=review["unit_kind"] if isinstance(review["unit_kind"], str) else None,
            reason=str(review["reason"] or ""),
            is_final=bool(review["is_final"]),
            reviewed_on=review["reviewed_on"],
        )
        decisions.setdefault((review["complaint_id"], review["text_digest"]), []).append(decision)
    return decisions
