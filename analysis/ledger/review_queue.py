"""The review queue: which complaints a human should look at next, and why."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.config import Settings
from analysis.contracts import ASSESSMENTS, COMPLAINTS, GATE_DECISIONS, REVIEW_DECISIONS, REVIEW_REASONS, REVIEWS
from analysis.ledger.elusion import samples_state
from analysis.ledger.reviews import VERSION, conflicts, opinions, with_text_digest

QUEUE_COLUMNS = [
    *VERSION,
    "title",
    "text",
    "source_code",
    "received_at",
    "decision",
    "scope_score",
    "unit_kind",
    "codes",
    "evidence",
    "reasons",
    "value",
    "opinions",
    "has_lead",
]
_BETWEEN = "；"


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"complaint_id": [], "reasons": [], "place": []}, dtype=object)


@dataclass(frozen=True)
class Waiting:
    """The review queue in short: as much of it as the outputs of a run show.

    Attributes:
        counts: how many complaints wait, by their reasons (Chinese, joined by ；).
        shown: complaint_id, reasons and place (1 the most valuable) of complaints under review, in that order.
    """

    counts: Counter[str] = field(default_factory=Counter)
    shown: pd.DataFrame = field(default_factory=_nobody)


def build_queue(tables: Mapping[str, pd.DataFrame], scheme: Scheme, settings: Settings) -> pd.DataFrame:
    """Return what waits for a reviewer, the most valuable first.

    In the queue stand complaints under review, conflicts of reviewers, the elusion sample, and what the model decided
    alone though something speaks against it. The value of a complaint is the sum of the weights of its reasons; that
    of a score near the threshold counts the less, the nearer the score is to the end of the band.

    Args:
        tables: the contract's tables by name: complaints, gate_decisions, assessments, reviews, elusion_samples, runs.
        scheme: names of the sub-problems.
        settings: [review] with its weights, and the band of [classify].

    Returns:
        QUEUE_COLUMNS, one row per complaint: `text_digest` of the masked `title` and `text` shown, the model's
        `decision`, `scope_score` and `unit_kind` (missing where it is to be judged anew), its proposed `codes` (joined
        by ;) and `evidence` (JSON list of code, start, end, offsets into «title + newline + text»), `reasons` in
        Chinese (joined by ；), `value`, `opinions` of the reviewers so far (Chinese, "" before the first), and
        `has_lead`: a sub-problem proposed, or seen by a reviewer, is of a restricted category.
    """
    waiting, disputed = rank_queue(tables, settings), disputed_opinions(tables)
    assessments = tables[ASSESSMENTS.name].sort_values(["score", "sub_problem_code"], ascending=[False, True])
    waiting = waiting.merge(
        tables[COMPLAINTS.name][["complaint_id", "title", "text", "source_code", "received_at"]], on="complaint_id"
    )
    waiting = with_text_digest(waiting).merge(_proposals(assessments, scheme), on="complaint_id", how="left")
    told = tell_opinions(disputed, scheme)
    waiting = waiting.assign(
        codes=waiting["codes"].fillna(""),
        evidence=waiting["evidence"].fillna("[]"),
        has_lead=waiting["has_lead"].fillna(value=False).astype(bool)
        | waiting["complaint_id"].isin(_with_lead(disputed, scheme)),
        opinions=[told.get(complaint_id, "") for complaint_id in waiting["complaint_id"]],
    )
    return waiting[QUEUE_COLUMNS].astype(dict.fromkeys(["codes", "evidence", "reasons", "opinions"], object))


def rank_queue(tables: Mapping[str, pd.DataFrame], settings: Settings) -> pd.DataFrame:
    """Return which complaints wait for a reviewer and why, the most valuable first; see `build_queue`.

    Of complaints only those that reviewers disagree about need to be among the tables, of assessments none of
    complaints out of scope.

    Returns:
        complaint_id, decision, scope_score, unit_kind, reasons, value and lot.
    """
    gate, assessments = tables[GATE_DECISIONS.name], tables[ASSESSMENTS.name]
    disputed = disputed_opinions(tables)
    sampled = _sampled(tables)
    ids = pd.concat([gate["complaint_id"], disputed["complaint_id"]]).drop_duplicates()
    waiting: pd.DataFrame = ids.to_frame().merge(gate, on="complaint_id", how="left")
    waiting = waiting.merge(sampled, on="complaint_id", how="left")
    flags = _flags(waiting, assessments, gate, settings)
    flags["conflict"] = waiting["complaint_id"].isin(disputed["complaint_id"])
    flags["elusion"] = waiting["lot"].notna() & (waiting["decision"] == "out_of_scope")
    is_wanted = _is_wanted(waiting, flags)
    waiting, flags = waiting[is_wanted], flags[is_wanted]
    waiting = waiting.assign(value=_value(waiting["scope_score"], flags, settings), reasons=_reasons(flags))
    # Equals in value by lot: whoever stops halfway through the sample has still seen a random part of it.
    order = ["value", "lot", "scope_score", "complaint_id"]
    waiting = waiting.sort_values(order, ascending=[False, True, False, True], ignore_index=True)
    return waiting[["complaint_id", "decision", "scope_score", "unit_kind", "reasons", "value", "lot"]]


def queue_parameters(tables: Mapping[str, pd.DataFrame], settings: Settings, most: int) -> dict[str, object]:
    """Return the parameters of `sql/queue_by_reasons.sql`, which finds what `in_short` needs without the whole queue.

    Args:
        tables: as for `rank_queue`, of gate_decisions no more than `samples_state` needs.
        settings: [review] with its weights, and the band of [classify].
        most: how many complaints under review are shown.
    """
    sampled, rules = _sampled(tables), settings.review
    return rules.weights.model_dump() | {
        "disputed": disputed_opinions(tables)["complaint_id"].unique().tolist(),
        "sampled": sampled["complaint_id"].tolist(),
        "lots": sampled["lot"].tolist(),
        "rare_below": rules.rare_below,
        "disagreement_from": rules.disagreement_from,
        "novel_from": rules.novel_from,
        "middle": settings.classify.middle,
        "half": _half_band(settings),
        "in_conflict": REVIEW_REASONS["conflict"],
        "most": most,
    }


def in_short(by_reasons: pd.DataFrame) -> Waiting:
    """Return the queue in short; by_reasons: columns of `sql/queue_by_reasons.sql`."""
    counts: Counter[str] = Counter()
    shown = []
    told = zip(_reasons(by_reasons), by_reasons["complaint_count"], by_reasons["shown"], strict=True)
    for reasons, count, of_reasons in told:
        counts[reasons] += int(count)
        shown += [(c["complaint_id"], reasons, c["place"]) for c in ([] if of_reasons is None else of_reasons)]
    found = pd.DataFrame(shown, columns=["complaint_id", "reasons", "place"])
    return Waiting(counts, found.sort_values("place", ignore_index=True))


def disputed_opinions(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the reviewers' opinions about present texts on which they disagree, one row per reviewer."""
    reviews = tables[REVIEWS.name]
    open_conflicts = conflicts(reviews)
    complaints = tables[COMPLAINTS.name]
    texts = with_text_digest(complaints[complaints["complaint_id"].isin(open_conflicts["complaint_id"])])
    present = open_conflicts.merge(texts[VERSION], on=VERSION)
    return opinions(reviews).merge(present[VERSION], on=VERSION).sort_values(["complaint_id", "reviewer"])


def _sampled(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return complaint_id and lot of the elusion samples that nobody has reviewed yet."""
    waiting = samples_state(tables).query("state == 'waiting'")
    return waiting.drop_duplicates("complaint_id", keep="last")[["complaint_id", "lot"]]


def _half_band(settings: Settings) -> float:
    band = settings.classify
    return float(max((band.include_from - band.review_from) / 2, np.finfo(float).eps))


def _flags(waiting: pd.DataFrame, assessments: pd.DataFrame, gate: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Say for each complaint which of the reasons hold that its judgement gives."""
    rules, band = settings.review, settings.classify
    score, balance = waiting["scope_score"], waiting["cue_balance"]
    leans_in = score >= band.middle
    is_disagreement = (balance >= rules.disagreement_from) & ~leans_in
    is_disagreement |= (balance <= -rules.disagreement_from) & leans_in
    is_concerned = waiting["decision"].isin(["in_scope", "review"])
    included = gate.loc[gate["decision"] == "in_scope", "complaint_id"]
    counts = assessments.loc[assessments["complaint_id"].isin(included), "sub_problem_code"].value_counts()
    is_rare = assessments["sub_problem_code"].map(counts).fillna(0) < rules.rare_below
    is_unreviewed = waiting["decided_by"] == "model"
    by_reason = {
        "disagreement": is_disagreement,
        "uncertain": (waiting["decision"] == "review") & (waiting["review_reason"] != REVIEW_REASONS["conflict"]),
        "rare": is_concerned & waiting["complaint_id"].isin(assessments.loc[is_rare, "complaint_id"]),
        "unsure": is_concerned & ~waiting["is_sub_problem_sure"].fillna(value=True).astype(bool),
        "novel": is_concerned & (waiting["unknown_wording_share"] >= rules.novel_from),
    }
    return pd.DataFrame({reason: flag.astype(bool) & is_unreviewed for reason, flag in by_reason.items()})


def _is_wanted(waiting: pd.DataFrame, flags: pd.DataFrame) -> "pd.Series[bool]":
    """Say which complaints stand in the queue: much is new or rare that is plainly out of scope."""
    doubts = flags[["disagreement", "rare", "unsure", "novel"]].any(axis=1)
    is_doubtful = (waiting["decision"] == "in_scope") & doubts
    return (waiting["decision"] == "review") | is_doubtful | flags[["conflict", "elusion", "disagreement"]].any(axis=1)


def _value(score: "pd.Series[float]", flags: pd.DataFrame, settings: Settings) -> "pd.Series[float]":
    nearness = (1 - (score - settings.classify.middle).abs() / _half_band(settings)).clip(0, 1)
    weights = settings.review.weights.model_dump()
    counted = flags.astype(float).assign(uncertain=flags["uncertain"] * nearness.fillna(0))
    return counted.mul(pd.Series(weights)).sum(axis=1)


def _reasons(flags: pd.DataFrame) -> list[str]:
    held = flags[list(REVIEW_REASONS)].to_numpy(dtype=bool)
    return [_BETWEEN.join(compress(REVIEW_REASONS.values(), row)) for row in held]


def _proposals(assessments: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """Return complaint_id, codes, evidence and has_lead, the best sub-problem first."""
    rows = []
    for complaint_id, found in assessments.groupby("complaint_id", sort=False):
        codes = found["sub_problem_code"].tolist()
        spans = zip(codes, found["evidence_start"], found["evidence_end"], strict=True)
        evidence = [{"code": code, "start": int(start), "end": int(end)} for code, start, end in spans]
        has_lead = any(scheme.category_of(code).is_restricted for code in codes)
        rows.append((complaint_id, ";".join(codes), json.dumps(evidence), has_lead))
    return pd.DataFrame(rows, columns=["complaint_id", "codes", "evidence", "has_lead"])


def _with_lead(disputed: pd.DataFrame, scheme: Scheme) -> set[str]:
    """Return the complaints in which a reviewer sees a sub-problem of a restricted category."""
    restricted = {code for code in scheme.sub_problems if scheme.category_of(code).is_restricted}
    sees_lead = [not restricted.isdisjoint(codes.split(";")) for codes in disputed["codes"]]
    return set(disputed.loc[sees_lead, "complaint_id"])


def tell_opinions(disputed: pd.DataFrame, scheme: Scheme) -> dict[str, str]:
    """Return for each complaint of `disputed_opinions` who said what, in Chinese."""
    told: dict[str, list[str]] = {}
    for row in disputed.to_dict("records"):
        words = REVIEW_DECISIONS[row["decision"]]
        if row["codes"]:
            known = scheme.sub_problems
            names = [known[code].name if code in known else code for code in row["codes"].split(";")]
            words += f"（{'、'.join(names)}；{row['unit_kind']}）"
        words += f"，理由：{row['reason']}" if row["reason"] else ""
        told.setdefault(row["complaint_id"], []).append(f"{row['reviewer']}：{words}")
    return {complaint_id: _BETWEEN.join(words) for complaint_id, words in told.items()}
