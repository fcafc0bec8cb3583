"""The review queue: what stands in it, why, in which order, and what digest and list of problems make of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from analysis.classify.clauses import split_clauses
from analysis.classify.decide import Thresholds
from analysis.classify.grams import GramVocabulary
from analysis.classify.indicators import cue_balances, sub_problem_sure, unknown_wording_shares
from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.contracts import ASSESSMENTS, ELUSION_SAMPLES, PROBLEM_COMPLAINTS, REVIEWS, conform
from analysis.exchange.outputs import write_outputs
from analysis.exchange.oversight import Oversight
from analysis.ledger.review_queue import QUEUE_COLUMNS, build_queue, rank_queue
from analysis.pipeline.showing import read_judgements, read_waiting
from analysis.text import text_digest
from tests.ledger_frames import CANARY, ISSUE, RUN, build_tables, overseen, shown, stored, time_left

SETTINGS, SCHEME = load_settings(), load_scheme()
PLAIN: dict[str, Any] = {
    "decision": "out_of_scope",
    "scope_score": 0.01,
    "unit_kind": None,
    "review_reason": None,
    "decided_by": "model",
    "cue_balance": -1.0,
    "unknown_wording_share": 0.0,
    "is_sub_problem_sure": None,
}
IN: dict[str, Any] = {
    "decision": "in_scope",
    "scope_score": 0.9,
    "unit_kind": "交警",
    "cue_balance": 3.0,
    "is_sub_problem_sure": True,
}
DOUBT = IN | {"decision": "review", "scope_score": 0.5}


def ledger(*judged: dict[str, Any], code: str = "irregular.procedure") -> dict[str, pd.DataFrame]:
    """Return tables with one complaint per judgement, c0, c1 …, and enough others of the same sub-problem."""
    tables = build_tables()
    few = [PLAIN | j for j in judged] + [PLAIN | IN] * 6
    gate = pd.DataFrame(few).assign(reason="", model_id="m", codebook_version="1", run_id=RUN.run_id)
    gate["complaint_id"] = [f"c{n}" for n in range(len(gate))]
    complaints = pd.concat([tables["complaints"].iloc[:1]] * len(gate), ignore_index=True)
    complaints = complaints.assign(complaint_id=gate["complaint_id"], title="标题", text="路口抄牌，从不告知。")
    concerned = gate.loc[gate["decision"] != "out_of_scope", "complaint_id"]
    assessments = pd.DataFrame({"complaint_id": concerned}).assign(
        sub_problem_code=code, score=0.7, assessor="model", cue_id=None, evidence_start=3, evidence_end=7, run_id="R"
    )
    none = {"problems", "problem_complaints", "complaint_matters"}
    tables |= {name: tables[name].iloc[:0] for name in none}
    return tables | {
        "gate_decisions": gate,
        "complaints": complaints,
        "assessments": conform(assessments, ASSESSMENTS),
    }


def queue_of(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return build_queue(tables, SCHEME, SETTINGS)


def reasons_of(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    queue = queue_of(tables)
    return dict(zip(queue["complaint_id"], queue["reasons"], strict=True))


@pytest.mark.parametrize(
    ("judged", "reasons"),
    [
        (PLAIN, None),
        (IN, None),
        (PLAIN | {"unknown_wording_share": 0.5}, None),
        (DOUBT, "得分接近门槛"),
        (DOUBT | {"unknown_wording_share": 0.35}, "得分接近门槛；新说法"),
        (DOUBT | {"is_sub_problem_sure": False}, "得分接近门槛；小类没有把握"),
        (DOUBT | {"scope_score": 0.35}, "规则与模型不一致；得分接近门槛"),
        (DOUBT | {"decided_by": "reviewer", "decision": "in_scope"}, None),
        (PLAIN | {"cue_balance": 1.0}, "规则与模型不一致"),
        (IN | {"cue_balance": -1.0}, "规则与模型不一致"),
        (IN | {"cue_balance": -1.0, "decided_by": "reviewer"}, None),
        (IN | {"unknown_wording_share": 0.4}, "新说法"),
        (IN | {"is_sub_problem_sure": False}, "小类没有把握"),
        (IN | {"cue_balance": np.nan, "unknown_wording_share": np.nan}, None),
    ],
)
def test_who_stands_in_the_queue_and_why(judged: dict[str, Any], reasons: str | None) -> None:
    assert reasons_of(ledger(judged)).get("c0") == reasons


def test_a_sub_problem_with_few_complaints_is_rare() -> None:
    tables = ledger(IN)
    assessments = tables["assessments"].copy()
    assessments.loc[assessments["complaint_id"] == "c0", "sub_problem_code"] = "rough.staged"
    assert reasons_of(tables | {"assessments": assessments}) == {"c0": "少见小类"}


def test_the_middle_of_the_band_comes_first_and_reasons_add_up() -> None:
    band = SETTINGS.classify
    middle = (band.review_from + band.include_from) / 2
    tables = ledger(
        DOUBT | {"scope_score": middle},
        DOUBT | {"scope_score": band.include_from - 0.01},
        DOUBT | {"scope_score": middle, "unknown_wording_share": 0.5},
    )
    queue = queue_of(tables)
    assert queue["complaint_id"].tolist() == ["c2", "c0", "c1"]
    weights = SETTINGS.review.weights
    assert queue["value"].tolist()[:2] == [weights.uncertain + weights.novel, weights.uncertain]


def test_a_row_holds_what_a_reviewer_needs() -> None:
    tables = ledger(DOUBT, code="rent_seeking.bribery")
    row = queue_of(tables).set_index("complaint_id").loc["c0"]
    assert list(queue_of(tables).columns) == QUEUE_COLUMNS
    assert row["text_digest"] == text_digest("标题", "路口抄牌，从不告知。")
    assert row["codes"] == "rent_seeking.bribery"
    assert json.loads(row["evidence"]) == [{"code": "rent_seeking.bribery", "start": 3, "end": 7}]
    assert (row["unit_kind"], row["opinions"]) == ("交警", "")
    assert row["has_lead"]


def test_an_empty_ledger_has_an_empty_queue() -> None:
    tables = {name: table.iloc[:0] for name, table in ledger(DOUBT).items()}
    assert queue_of(tables).empty
    assert list(queue_of(tables).columns) == QUEUE_COLUMNS


def review(reviewer: str, decision: str, number: int) -> dict[str, Any]:
    return {
        "review_id": f"r{number}",
        "complaint_id": "c0",
        "text_digest": text_digest("标题", "路口抄牌，从不告知。"),
        "decision": decision,
        "codes": "rough.attitude" if decision == "in_scope" else "",
        "unit_kind": "交警" if decision == "in_scope" else None,
        "reviewer": reviewer,
        "reason": "",
        "is_final": False,
        "reviewed_on": pd.Timestamp("2026-11-20"),
        "source": "notebook",
        "source_file": None,
        "source_row": None,
        "recorded_at": pd.Timestamp("2026-11-20"),
        "run_id": None,
    }


def conflict() -> dict[str, pd.DataFrame]:
    reviews = pd.DataFrame([review("|甲|", "in_scope", 1), review("乙", "out_of_scope", 2)])
    tables = ledger(DOUBT | {"review_reason": "复核意见不一致"}, DOUBT)
    return tables | {"reviews": conform(reviews, REVIEWS)}


def test_a_conflict_comes_first_and_only_for_the_text_that_was_judged() -> None:
    row = queue_of(conflict()).iloc[0]
    assert (row["complaint_id"], row["reasons"]) == ("c0", "复核意见不一致")
    assert row["opinions"] == "|甲|：纳入（态度冷横硬推；交警）；乙：不纳入"
    tables = conflict()
    reworded = tables["complaints"].assign(text="另一件事。")
    gate = tables["gate_decisions"].assign(review_reason=None)
    assert reasons_of(tables | {"complaints": reworded, "gate_decisions": gate})["c0"] == "得分接近门槛"


def mixed_up(seed: int) -> dict[str, pd.DataFrame]:
    """Return tables with judgements of all kinds, some of them drawn, in dispute, or in a problem."""
    draw = np.random.default_rng(seed)

    def some(values: list[Any], count: int = 120) -> list[Any]:
        return [values[i] for i in draw.integers(len(values), size=count)]

    kinds = [PLAIN, IN, DOUBT, DOUBT, DOUBT | {"review_reason": "复核意见不一致"}, IN | {"decided_by": "reviewer"}]
    judged = [
        kind
        | {"scope_score": score, "cue_balance": balance, "unknown_wording_share": novel, "is_sub_problem_sure": sure}
        for kind, score, balance, novel, sure in zip(
            some(kinds),
            some([0.01, 0.3, 1 / 3, 0.45, 0.5, 0.51, 0.7, 0.99]),
            some([-1.0, 0.0, 1.0, np.nan]),
            some([0.0, 0.35, np.nan]),
            some([True, False, None]),
            strict=True,
        )
    ]
    tables = ledger(*judged)
    assessments = tables["assessments"].copy()
    rare = draw.random(len(assessments)) < 0.1
    assessments.loc[rare, "sub_problem_code"] = some(["rough.staged", "rough.attitude", "rigid.mechanical"], rare.sum())
    ids = tables["complaints"]["complaint_id"]
    disputes = [review(who, says, n) | {"complaint_id": ids[n // 2]} for n, (who, says) in enumerate(_DISPUTES * 3)]
    lots = draw.random(30)
    drawn = pd.DataFrame({"complaint_id": draw.choice(ids, 30, replace=False), "lot": lots}).assign(
        month=f"{RUN.as_of:%Y-%m}", text_digest="d", population_count=100, run_id=RUN.run_id
    )
    links = pd.DataFrame({"complaint_id": ids[::9]}).assign(
        problem_id="P1", sub_problem_code="rough.staged", run_id=RUN.run_id
    )
    gate = tables["gate_decisions"]
    return tables | {
        "assessments": assessments,
        "reviews": conform(pd.DataFrame(disputes), REVIEWS),
        "elusion_samples": conform(drawn, ELUSION_SAMPLES),
        "problem_complaints": conform(links, PROBLEM_COMPLAINTS),
        "gate_decisions": gate[gate["complaint_id"] != ids[0]],  # to be judged anew, with a dispute open
    }


_DISPUTES = [("甲", "in_scope"), ("乙", "out_of_scope")]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_queue_in_short_is_the_queue(seed: int) -> None:
    most = SETTINGS.exchange.model_copy(update={"most_waiting": 9})
    settings = SETTINGS.model_copy(update={"exchange": most})
    tables = mixed_up(seed)
    with stored(tables) as store:
        found = read_waiting(store, read_judgements(store, settings, RUN.as_of), settings)
    queue = rank_queue(tables, settings)
    assert {*queue["reasons"]} >= {"复核意见不一致", "抽查", "少见小类"}
    assert found.counts == Counter(queue["reasons"])
    reviewed = queue[queue["decision"] == "review"].reset_index(drop=True)
    is_linked = reviewed["complaint_id"].isin(tables["problem_complaints"]["complaint_id"])
    expected = reviewed[(reviewed.index < 9) | is_linked]
    assert is_linked[9:].any()
    assert found.shown["complaint_id"].tolist() == expected["complaint_id"].tolist()
    assert found.shown["reasons"].tolist() == expected["reasons"].tolist()
    assert found.shown["place"].tolist() == (expected.index + 1).tolist()


def outputs(directory: Path, tables: dict[str, pd.DataFrame], oversight: Oversight | None) -> tuple[str, list[Any]]:
    """Return the digest, and the rows under the heading of the sheet 待定与复核."""
    write_outputs(
        directory, shown(tables), SETTINGS, SCHEME, load_units(), RUN, ISSUE, time_left=time_left, oversight=oversight
    )
    book = openpyxl.load_workbook(directory / "问题清单.xlsx")
    rows = [row for row in book["待定与复核"].iter_rows(values_only=True) if row[1] == "是否纳入"]
    return (directory / "夜报.md").read_text(encoding="utf-8"), rows


def test_digest_and_list_of_problems_tell_why_and_in_which_order(tmp_path: Path) -> None:
    tables = conflict()
    runs = pd.DataFrame([{"run_id": RUN.run_id, "sequence": 1, "as_of_date": RUN.as_of, "started_at": RUN.started_at}])
    runs = runs.assign(finished_at=pd.NaT, status="running", software_version="1", codebook_version="1", counts=None)
    oversight = overseen(tables | {"runs": runs})
    digest, rows = outputs(tmp_path, tables | {"runs": runs}, oversight)
    assert [(row[2], row[4]) for row in rows] == [("c0", "复核意见不一致"), ("c1", "得分接近门槛")]
    assert "- **1** 件诉求复核意见不一致：请裁定" in digest
    assert "| 复核意见不一致 | 1 |" in digest
    assert "| 得分接近门槛 | 1 |" in digest
    assert r"| \|甲\| | 1 | 1 | 0 | 0 |" in digest
    assert "| 乙 | 1 | 0 | 1 | 0 |" in digest
    assert "路口抄牌" not in digest


def test_digest_tells_the_bound_on_what_was_missed(tmp_path: Path) -> None:
    columns = [
        "month",
        "population_count",
        "sample_count",
        "reviewed_count",
        "missed_count",
        "missed_at_most_share",
    ]
    months = [("2026-11", 900, 30, 0, 0, 1.0), ("2026-10", 2000, 60, 60, 1, 0.0767)]
    digest, _ = outputs(tmp_path, build_tables(), Oversight(elusion=pd.DataFrame(months, columns=columns)))
    assert "| 2026-11 | 900 | 30 | 0 | 0 | — |" in digest
    assert "| 2026-10 | 2000 | 60 | 60 | 1 | 7.7% |" in digest
    assert "有 95% 的把握不超过此数" in digest
    assert CANARY not in digest


def test_decisions_of_people_are_counted_and_named_as_such(tmp_path: Path) -> None:
    tables = build_tables()
    gate, assessments = tables["gate_decisions"].copy(), tables["assessments"].copy()
    gate.loc[:4, "decided_by"] = "reviewer"
    is_reviewed = assessments["complaint_id"].isin(gate.loc[:4, "complaint_id"])
    assessments.loc[is_reviewed, ["assessor", "score"]] = ["reviewer", 1.0]
    digest, _ = outputs(tmp_path, tables | {"gate_decisions": gate, "assessments": assessments}, None)
    total = next(line for line in digest.splitlines() if line.startswith("| 累计 |"))
    assert total.endswith("| 5 |")
    book = openpyxl.load_workbook(tmp_path / "问题清单.xlsx")
    details = [cell for row in book["诉求明细"].iter_rows(values_only=True) for cell in row]
    assert details.count("人工") == is_reviewed.sum()
    problems = [str(cell) for row in book["问题清单"].iter_rows(values_only=True) for cell in row]
    assert any("人工5" in cell for cell in problems)


def test_a_rule_counts_once_a_complaint_and_signals_do_not_count() -> None:
    hits = pd.DataFrame(
        [
            (0, "a", "for", 2.0),
            (0, "a", "for", 2.0),
            (0, "b", "against", 0.5),
            (0, "c", "signal", 9.0),
            (2, "b", "against", 0.5),
        ],
        columns=["row", "rule_id", "polarity", "weight"],
    )
    assert cue_balances(hits, 4).tolist() == [1.5, 0.0, -0.5, 0.0]


def test_new_wording_is_pairs_of_chinese_characters_that_no_corpus_text_has() -> None:
    learnt = split_clauses(["路灯不亮"])
    vocabulary = GramVocabulary.learn(learnt, 1, 1)
    clauses = split_clauses(["路灯不亮AB12,2023", "", "抄牌", "路灯抄牌"])
    shares = unknown_wording_shares(clauses, vocabulary.columns_at(clauses.text))
    assert shares.tolist() == [0.0, 0.0, 1.0, 2 / 3]


def test_one_sub_problem_over_its_threshold_is_enough() -> None:
    thresholds = Thresholds(0.5, 0.2, 0.8, {"a": 0.3, "b": 0.9})
    scores = np.array([[0.3, 0.0], [0.2, 0.89], [0.0, 0.9]])
    assert sub_problem_sure(scores, ("a", "b"), thresholds).tolist() == [True, False, True]
