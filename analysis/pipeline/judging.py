"""Judges complaints that have no decision yet, lets reviewers' decisions stand, and draws the elusion sample."""

import pandas as pd

from analysis.classify.classifier import Classifier, Judgement
from analysis.codebook.scheme import Scheme
from analysis.contracts import ASSESSMENTS, ELUSION_SAMPLES, GATE_DECISIONS, JUDGEMENT_PROFILES, REVIEWS, RUNS
from analysis.ledger.drift import profile
from analysis.ledger.elusion import draw, first_day_of_samples, month_of
from analysis.ledger.review_overlay import overlay
from analysis.ledger.reviews import VERSION, verdicts, with_text_digest
from analysis.pipeline.night import Counts, Night
from analysis.training import load_classifier

_BATCH = 5000


def judge_complaints(night: Night) -> Counts:
    """Judge every complaint without a decision: in scope or not, of which sub-problems, with which evidence.

    Where reviewers decided about the present text, their decision stands. What the model alone decided makes the
    run's profile, and from what it judged out of scope this month the elusion sample is drawn.
    """
    counts = _judge_waiting(night)
    _keep_profile(night)
    return counts | {"sampled": _draw_sample(night)}


def _judge_waiting(night: Night) -> Counts:
    waiting = night.store.query("unjudged_complaints")
    counts = {"judged": len(waiting), "in_scope": 0, "review": 0, "out_of_scope": 0, "decided_by_reviewers": 0}
    if waiting.empty:
        return counts
    bounds = night.settings.classify
    classifier = load_classifier(night.paths.models, night.paths.codebook, night.progress)
    classifier = classifier.with_review_band(bounds.review_from, bounds.include_from)
    decided = verdicts(night.store.table(REVIEWS))
    for start in range(0, len(waiting), _BATCH):
        night.progress("判断诉求", start, len(waiting))
        judgement = _judge(waiting.iloc[start : start + _BATCH], classifier, decided, night.scheme)
        with night.store.transaction():
            night.store.append(GATE_DECISIONS, judgement.gate.assign(run_id=night.moment.run_id))
            night.store.append(ASSESSMENTS, judgement.assessments.assign(run_id=night.moment.run_id))
        for decision, count in judgement.gate["decision"].value_counts().items():
            counts[str(decision)] += int(count)
        counts["decided_by_reviewers"] += int((judgement.gate["decided_by"] == "reviewer").sum())
    night.progress("判断诉求", len(waiting), len(waiting))
    return counts


def _judge(complaints: pd.DataFrame, classifier: Classifier, decided: pd.DataFrame, scheme: Scheme) -> Judgement:
    """Judge complaints by the model and lay the verdicts about their present texts over it."""
    concerned = with_text_digest(complaints[complaints["complaint_id"].isin(decided["complaint_id"])])
    standing = decided.merge(concerned[VERSION], on=VERSION)
    if standing.empty:
        return classifier.classify(complaints)
    # Of what a reviewer put in scope the model must say where the evidence lies, even if it would leave it out.
    is_included = complaints["complaint_id"].isin(standing.loc[standing["decision"] == "in_scope", "complaint_id"])
    seen_by_model = classifier.classify(complaints[~is_included])
    including = classifier.with_review_band(0.0, 0.0).classify(complaints[is_included])
    both = ((seen_by_model.gate, including.gate), (seen_by_model.assessments, including.assessments))
    gate, assessments = (pd.concat([part for part in parts if len(part)] or parts[:1]) for parts in both)
    return Judgement(*overlay(gate, assessments, standing, scheme))


def _keep_profile(night: Night) -> None:
    judged = night.store.query("unprofiled_judgements")
    night.store.append(JUDGEMENT_PROFILES, profile(judged, night.moment.run_id))


def _draw_sample(night: Night) -> int:
    site, month = night.settings.site, month_of(night.moment.as_of)
    tables = {t.name: night.store.table(t) for t in (RUNS, REVIEWS, ELUSION_SAMPLES)}
    first = first_day_of_samples(tables[ELUSION_SAMPLES.name], night.moment.as_of, 1)
    tables[GATE_DECISIONS.name] = night.store.query("judged_since", first=first)
    fresh = draw(tables, month, site.code, night.settings.elusion)
    if fresh.empty:
        return 0
    texts = with_text_digest(night.store.apply("stored_complaints", {"wanted": fresh[["complaint_id"]]}))
    sample = fresh.merge(texts[VERSION], on="complaint_id")
    night.store.append(ELUSION_SAMPLES, sample.assign(run_id=night.moment.run_id))
    return len(sample)
