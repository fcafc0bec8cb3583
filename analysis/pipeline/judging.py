"""Judges complaints that have no decision yet."""

from analysis.contracts import ASSESSMENTS, GATE_DECISIONS
from analysis.pipeline.night import Counts, Night
from analysis.training import load_classifier

_BATCH = 5000


def judge_complaints(night: Night) -> Counts:
    """Judge every complaint without a decision: in scope or not, of which sub-problems, with which evidence."""
    waiting = night.store.query("unjudged_complaints")
    counts = {"judged": len(waiting), "in_scope": 0, "review": 0, "out_of_scope": 0}
    if waiting.empty:
        return counts
    bounds = night.settings.classify
    classifier = load_classifier(night.paths.models, night.paths.codebook)
    classifier = classifier.with_review_band(bounds.review_from, bounds.include_from)
    for start in range(0, len(waiting), _BATCH):
        night.progress("判断诉求", start, len(waiting))
        judgement = classifier.classify(waiting.iloc[start : start + _BATCH])
        with night.store.transaction():
            night.store.append(GATE_DECISIONS, judgement.gate.assign(run_id=night.moment.run_id))
            night.store.append(ASSESSMENTS, judgement.assessments.assign(run_id=night.moment.run_id))
        for decision, count in judgement.gate["decision"].value_counts().items():
            counts[str(decision)] += int(count)
    night.progress("判断诉求", len(waiting), len(waiting))
    return counts
