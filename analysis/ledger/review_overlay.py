"""Lays the reviewers' verdicts over the model's judgement: what a person decided stands, whatever the model says."""

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import REVIEW_DECISIONS, REVIEW_REASONS


def overlay(
    gate: pd.DataFrame, assessments: pd.DataFrame, verdicts: pd.DataFrame, scheme: Scheme
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return decisions and assessments with those of reviewers in place of the model's.

    The score stays the model's, so that it can be seen where it was wrong. A sub-problem that the model found as well
    keeps its evidence; for another one the complaint's strongest evidence stands. A complaint in conflict goes to
    review.

    Args:
        gate: the model's decisions, columns of GATE_DECISIONS but run_id.
        assessments: the model's, columns of ASSESSMENTS but run_id; at least one for each complaint that a verdict
            puts in scope.
        verdicts: result of `reviews.verdicts` for the present texts of complaints in `gate`.
        scheme: the sub-problems that there are.

    Raises:
        SettingsError: a verdict names a sub-problem that the scheme no longer has.
    """
    found = verdicts.set_index("complaint_id")
    in_force = found[~found["is_conflict"].astype(bool)]
    included = in_force[in_force["decision"] == "in_scope"]
    scheme.require(included["codes"].str.split(";").explode().dropna(), "人工复核")
    is_decided = assessments["complaint_id"].isin(in_force.index)
    parts = [assessments[~is_decided], _assessed(included, assessments)]
    return _decided(gate, found), pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


def _decided(gate: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    rows = gate.to_dict("records")
    verdict_of = found.to_dict("index")
    for row in rows:
        verdict = verdict_of.get(row["complaint_id"])
        if verdict is None:
            continue
        if verdict["is_conflict"]:
            row |= {"decision": "review", "review_reason": REVIEW_REASONS["conflict"]}
            continue
        is_included = verdict["decision"] == "in_scope"
        who = "裁定人" if verdict["is_final"] else "复核人"
        row |= {
            "decision": verdict["decision"],
            "unit_kind": verdict["unit_kind"] if is_included else None,
            "reason": f"人工复核认定{REVIEW_DECISIONS[verdict['decision']]}（{who}：{verdict['reviewers']}）",
            "review_reason": None,
            "decided_by": "reviewer",
            "is_sub_problem_sure": True if is_included else None,
        }
    return pd.DataFrame(rows, columns=gate.columns)


def _assessed(included: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Return one assessment by a reviewer for each sub-problem of a verdict."""
    chosen = included["codes"].str.split(";").explode().rename("sub_problem_code").reset_index()
    ranked = assessments.sort_values(["score", "sub_problem_code"], ascending=[False, True], kind="stable")
    strongest = ranked.drop_duplicates("complaint_id").set_index("complaint_id")
    own = chosen.merge(assessments, on=["complaint_id", "sub_problem_code"], how="left")
    for column in ("evidence_start", "evidence_end"):
        own[column] = own[column].fillna(own["complaint_id"].map(strongest[column])).astype(int)
    return own.assign(score=1.0, assessor="reviewer")[assessments.columns]
