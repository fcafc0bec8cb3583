"""Composes what the outputs tell of reviews, the elusion test and drift, from the tables of the ledger."""

from collections.abc import Mapping

import pandas as pd

from analysis.config import Drift, Settings
from analysis.contracts import COMPLAINTS, GATE_DECISIONS, JUDGEMENT_PROFILES, REVIEWS, RUNS
from analysis.exchange.oversight import Oversight
from analysis.ledger.drift import compare, earlier_profiles
from analysis.ledger.elusion import elusion_figures
from analysis.ledger.review_queue import Waiting
from analysis.ledger.reviews import VERSION, opinions, with_text_digest


def oversee(tables: Mapping[str, pd.DataFrame], waiting: Waiting, settings: Settings, run_id: str) -> Oversight:
    """Return the findings about reviews, the elusion test and drift as they are at the end of a run.

    Args:
        tables: by name, as `read_judgements` returns them, or whole.
        waiting: what waits for a reviewer.
        settings: of the elusion test and of drift.
        run_id: the run.
    """
    drift, note = _drift(tables, run_id, settings.drift)
    return Oversight(
        waiting=waiting.counts,
        queue=waiting.shown,
        applied=_applied(tables, run_id),
        elusion=elusion_figures(tables, settings.elusion),
        confidence=settings.elusion.confidence,
        drift=drift,
        drift_note=note,
    )


def _applied(tables: Mapping[str, pd.DataFrame], run_id: str) -> pd.DataFrame:
    """Return the reviewers' opinions about the present texts of what this run judged: recording one asks for that."""
    gate, complaints = tables[GATE_DECISIONS.name], tables[COMPLAINTS.name]
    latest = opinions(tables[REVIEWS.name])
    judged = set(gate.loc[gate["run_id"] == run_id, "complaint_id"]) & set(latest["complaint_id"])
    texts = with_text_digest(complaints[complaints["complaint_id"].isin(judged)])
    return latest.merge(texts[VERSION], on=VERSION)[["complaint_id", "reviewer", "decision", "is_final"]]


def _drift(tables: Mapping[str, pd.DataFrame], run_id: str, rules: Drift) -> tuple[pd.DataFrame, str]:
    """Return the comparison of a run's judgements with earlier ones, and what must be said about it."""
    profiles = tables[JUDGEMENT_PROFILES.name]
    now = profiles[profiles["run_id"] == run_id]
    nothing = pd.DataFrame()
    if now.empty:
        return nothing, "本次没有新判断的诉求。"
    judged = int(now["judged_count"].iloc[0])
    if judged < rules.least_judged:
        return nothing, f"本次只判断了 {judged} 件，不足 {rules.least_judged} 件，不作比较。"
    earlier = earlier_profiles(profiles, tables[RUNS.name], run_id, rules)
    if len(earlier) < rules.least_runs:
        return nothing, f"可比的以往运行有 {len(earlier)} 次，满 {rules.least_runs} 次后开始比较。"
    changes = [
        f"{words}由 {earlier[column].iloc[-1]} 换成 {now[column].iloc[0]}"
        for column, words in (("model_id", "模型"), ("codebook_version", "代码本"))
        if earlier[column].iloc[-1] != now[column].iloc[0]
    ]
    note = f"{'，'.join(changes)}，差别可能由此而来。" if changes else ""
    return compare(now, earlier, rules), f"与以往 {len(earlier)} 次运行比较。{note}"
