"""Reviewers' decisions: verdicts, recorded all or none, outliving every re-judging, never recorded twice."""

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.contracts import EVENTS, REVIEWS, TABLES, conform
from analysis.errors import BusyError, SettingsError, UsageError
from analysis.ledger.review_checks import InvalidReviewsError
from analysis.ledger.reviews import conflicts, effective_decisions, verdicts
from analysis.ledger.store import Store
from analysis.pipeline.night import open_ledger, open_night
from analysis.pipeline.reviewing import record_reviews, review_queue
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths, site_paths
from tests.review_site import (
    AS_OF,
    BENCH,
    BENCH_ID,
    IN_SCOPE,
    INCLUDED,
    LIGHT_ID,
    OUT_OF_SCOPE,
    POLICE_ID,
    TODAY,
    build_site,
    copy_site,
    decision,
    kinds,
    next_night,
    put,
    record,
    review,
    tables,
)

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(first_night: Path, tmp_path: Path) -> SitePaths:
    return copy_site(first_night, tmp_path)


def test_a_complaint_reviewed_in_scope_joins_a_problem_and_leaves_it_when_reviewed_out(site: SitePaths) -> None:
    assert decision(site, LIGHT_ID)["decision"] == "out_of_scope"
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED))
    assert next_night(site, AS_OF)["decided_by_reviewers"] == 1
    found = decision(site, LIGHT_ID)
    assert (found["decision"], found["decided_by"], found["unit_kind"]) == ("in_scope", "reviewer", "城管")
    assert found["scope_score"] < 0.2  # the model's own, so that its error stays visible
    assert "张三" in found["reason"]
    judged = tables(site)["assessments"].query("complaint_id == @LIGHT_ID")
    assert judged["sub_problem_code"].tolist() == ["irregular.inaction", "rough.attitude"]
    assert set(judged["assessor"]) == {"reviewer"}
    assert set(judged["score"]) == {1.0}
    length = len("\n".join(OUT_OF_SCOPE))
    assert ((judged["evidence_start"] < judged["evidence_end"]) & (judged["evidence_end"] <= length)).all()
    problems = tables(site)["problem_complaints"].query("complaint_id == @LIGHT_ID")["problem_id"]
    assert len(problems) == 2
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, reason="再看一遍"))
    assert next_night(site, AS_OF)["withdrawn_links"] == 2
    after = tables(site)
    assert LIGHT_ID not in set(after["problem_complaints"]["complaint_id"])
    assert set(problems) <= set(after["problems"]["problem_id"])
    assert kinds(site).count("complaint_withdrawn") == 2
    former = after["former_judgements"]
    assert former[["decision", "codes", "decided_by"]].to_numpy().tolist() == [
        ["out_of_scope", "", "model"],
        ["in_scope", "irregular.inaction;rough.attitude", "reviewer"],
    ]
    Store.open(site.ledger).close()  # the chain verifies


def test_a_code_that_the_model_found_too_keeps_its_evidence(site: SitePaths) -> None:
    own = tables(site)["assessments"].query("complaint_id == @POLICE_ID").iloc[0]
    codes = f"{own['sub_problem_code']};rough.staged"
    record(site, review(POLICE_ID, IN_SCOPE, decision="in_scope", codes=codes, unit_kind="交警"))
    next_night(site, AS_OF)
    judged = tables(site)["assessments"].set_index(["complaint_id", "sub_problem_code"]).loc[POLICE_ID]
    for code in codes.split(";"):  # the strongest evidence stands in where the model has none
        assert judged.loc[code, ["evidence_start", "evidence_end"]].tolist() == [
            own["evidence_start"],
            own["evidence_end"],
        ]
    assert judged.loc[own["sub_problem_code"], "cue_id"] == own["cue_id"]


def test_a_decision_outlives_judging_everything_again_by_another_model(
    site: SitePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.classify.classifier import Classifier

    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED), review(POLICE_ID, IN_SCOPE, source_row=6))
    next_night(site, AS_OF)
    with duckdb.connect(str(site.ledger)) as connection:
        connection.execute("DELETE FROM gate_decisions; DELETE FROM assessments")
    load = Classifier.of.__func__  # type: ignore[attr-defined]

    def another(cls: type[Classifier], *arguments: Any) -> Classifier:
        classifier: Classifier = load(cls, *arguments)
        return cls(
            classifier.model,
            classifier.finder,
            classifier.card | {"model_id": "m-other"},
            classifier.thresholds,
            classifier.codebook_version,
        )

    monkeypatch.setattr(Classifier, "of", classmethod(another))
    counts = next_night(site, AS_OF)
    assert (counts["judged"], counts["decided_by_reviewers"]) == (3, 2)
    assert (counts["new_problems"], counts["new_events"]) == (0, 0)
    gate = tables(site)["gate_decisions"].set_index("complaint_id")
    assert gate["decision"].to_dict() == {
        LIGHT_ID: "in_scope",
        POLICE_ID: "out_of_scope",
        BENCH_ID: "out_of_scope",
    }
    assert set(gate["model_id"]) == {"m-other"}
    assert not {LIGHT_ID, POLICE_ID} & set(review_queue(site)["complaint_id"])


def test_only_a_changed_text_is_asked_again_and_the_old_text_is_still_decided(site: SitePaths) -> None:
    record(site, review(POLICE_ID, IN_SCOPE), review(LIGHT_ID, OUT_OF_SCOPE, source_row=6))
    next_night(site, AS_OF)
    reworded = (IN_SCOPE[0], IN_SCOPE[1] + "请尽快。")
    put(site, "12328工单2.csv", reworded, first=22030002)
    next_night(site, AS_OF)
    assert decision(site, POLICE_ID)["decided_by"] == "model"
    assert decision(site, LIGHT_ID)["decided_by"] == "reviewer"
    with pytest.raises(InvalidReviewsError, match="第 5 行（诉求 L22030002）文本与复核时所见的不同"):
        record(site, review(POLICE_ID, IN_SCOPE, reviewer="李四"))
    assert record(site, review(POLICE_ID, IN_SCOPE))["unchanged"] == 1  # the same workbook once more
    put(site, "12328工单3.csv", IN_SCOPE, first=22030002)
    next_night(site, AS_OF)
    assert decision(site, POLICE_ID)["decided_by"] == "reviewer"


def test_reviewers_who_disagree_wait_for_a_ruling(site: SitePaths) -> None:
    record(
        site,
        review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED),
        review(LIGHT_ID, OUT_OF_SCOPE, reviewer="李四", reason="只是报修", source_row=6),
    )
    assert review_queue(site)["reasons"].tolist()[:1] == ["复核意见不一致"]  # before the next run already
    run_night(site, AS_OF)
    found = decision(site, LIGHT_ID)
    assert (found["decision"], found["review_reason"], found["decided_by"]) == ("review", "复核意见不一致", "model")
    first = review_queue(site).iloc[0]
    assert first["complaint_id"] == LIGHT_ID
    assert "复核意见不一致" in first["reasons"]
    assert "李四：不纳入，理由：只是报修" in first["opinions"]
    assert "张三：纳入（不作为慢作为推诿、态度冷横硬推；城管）" in first["opinions"]
    assert "件诉求复核意见不一致：请裁定" in site.digest.read_text(encoding="utf-8")
    ruling = review(LIGHT_ID, OUT_OF_SCOPE, reviewer="王五", reason="不涉及执法", is_final=True)
    record(site, ruling)
    next_night(site, AS_OF)
    found = decision(site, LIGHT_ID)
    assert (found["decision"], found["decided_by"]) == ("out_of_scope", "reviewer")
    assert "裁定人：王五" in found["reason"]
    # A later opinion of somebody else does not unsettle it.
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED, reviewer="赵六"))
    next_night(site, AS_OF)
    assert decision(site, LIGHT_ID)["decision"] == "out_of_scope"


def test_recording_twice_changes_nothing(site: SitePaths) -> None:
    rows = [review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED), review(POLICE_ID, IN_SCOPE, source_row=6)]
    assert record(site, *rows) == {"recorded": 2, "unchanged": 0, "complaints": 2}
    next_night(site, AS_OF)
    before = tables(site)
    yesterday = [row | {"reviewed_on": TODAY - timedelta(days=1), "source_file": "副本.xlsx"} for row in rows]
    for again in (rows, yesterday):
        assert record(site, *again) == {"recorded": 0, "unchanged": 2, "complaints": 0}
    after = tables(site)
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, after[name], obj=name)


def test_a_reviewer_can_change_opinion_and_return_to_it(site: SitePaths) -> None:
    days = [TODAY - timedelta(days=n) for n in (3, 2, 1)]
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, reviewed_on=days[0]))
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED, reviewed_on=days[1]))
    # The first workbook read in once more does not bring the first opinion back; a new decision does.
    assert record(site, review(LIGHT_ID, OUT_OF_SCOPE, reviewed_on=days[0]))["recorded"] == 0
    assert effective_decisions(tables(site)["reviews"])["decision"].tolist() == ["in_scope"]
    assert record(site, review(LIGHT_ID, OUT_OF_SCOPE, reviewed_on=days[2]))["recorded"] == 1
    assert effective_decisions(tables(site)["reviews"])["decision"].tolist() == ["out_of_scope"]


def test_a_ruling_in_the_same_words_is_no_repeat(site: SitePaths) -> None:
    said = review(LIGHT_ID, OUT_OF_SCOPE, reason="只是报修")
    record(site, said)
    assert record(site, said | {"is_final": True})["recorded"] == 1


BAD = {
    "L0": ({"complaint_id": "L0"}, "台账里没有这件诉求"),
    "empty id": ({"complaint_id": ""}, "诉求编号为空"),
    "other text": ({"text_digest": "0" * 64}, "文本与复核时所见的不同"),
    "decision": ({"decision": "maybe"}, "“maybe”不是决定"),
    "code": (INCLUDED | {"codes": "rough.attitude;rough.nothing"}, "没有小类 rough.nothing"),
    "no code": (INCLUDED | {"codes": float("nan")}, "至少选一个"),
    "no unit": (INCLUDED | {"unit_kind": None}, "要选单位类型"),
    "odd unit": (INCLUDED | {"unit_kind": "城管局"}, "要选单位类型"),
    "out with code": ({"codes": "rough.attitude"}, "决定不纳入却选了小类"),
    "out with unit": ({"unit_kind": "城管"}, "决定不纳入却选了单位类型"),
    "nobody": ({"reviewer": " \n"}, "复核人没有填写"),
    "long name": ({"reviewer": "张" * 41}, "复核人没有填写，或超过 40 字"),
    "long reason": ({"reason": "理" * 501}, "理由超过 500 字"),
    "bare ruling": ({"is_final": True}, "裁定要写明理由"),
    "odd ruling": ({"is_final": "是"}, "是否裁定"),
    "no day": ({"reviewed_on": pd.NaT}, "复核日期没有填写"),
    "text day": ({"reviewed_on": "11月20日"}, "复核日期没有填写或认不出"),
    "tomorrow": ({"reviewed_on": TODAY + timedelta(days=1)}, "晚于今天"),
    "source": ({"source": "mail"}, "来源只能是"),
}


def test_one_bad_row_stops_all_and_every_bad_row_is_told(site: SitePaths) -> None:
    before = tables(site)
    good = review(BENCH_ID, BENCH, source_row=3)
    rows = [good] + [
        review(LIGHT_ID, OUT_OF_SCOPE, reviewer=f"人{n}", source_row=n + 10) | wrong
        for n, (wrong, _) in enumerate(BAD.values())
    ]
    with pytest.raises(InvalidReviewsError) as caught:
        record(site, *rows)
    told = {fault.source_row: fault for fault in caught.value.faults}
    assert sorted(told) == [n + 10 for n in range(len(BAD))]
    for n, (name, (_, words)) in enumerate(BAD.items()):
        assert words in str(told[n + 10]), name
        assert words in str(caught.value), name
    assert "\n" not in str(caught.value)
    after = tables(site)
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, after[name], obj=name)


def test_rows_that_contradict_each_other_are_refused(site: SitePaths) -> None:
    with pytest.raises(InvalidReviewsError, match="第 6 行（诉求 L22030001）与第 5 行重复：同一复核人"):
        record(site, review(LIGHT_ID, OUT_OF_SCOPE), review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED, source_row=6))
    rulings = [
        review(LIGHT_ID, OUT_OF_SCOPE, reviewer=who, reason="定", is_final=True, source_row=None) for who in "甲乙"
    ]
    with pytest.raises(InvalidReviewsError, match="第 2 条（诉求 L22030001）与第 1 条重复：同一件诉求有两个裁定"):
        record(site, *rulings)
    record(site, review(LIGHT_ID, OUT_OF_SCOPE))
    with pytest.raises(InvalidReviewsError, match="同一复核人"):  # of one that is known already, too
        record(site, review(LIGHT_ID, OUT_OF_SCOPE), review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED, source_row=6))


def test_personal_data_in_a_reason_is_masked_everywhere(site: SitePaths) -> None:
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, reason="已打 13912345678 核实"))
    found = tables(site)
    assert "13912345678" not in found["reviews"]["reason"].iloc[0]
    assert not found["events"]["payload"].str.contains("13912345678").any()


def test_a_missing_column_and_a_missing_ledger_are_explained(site: SitePaths, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="缺少 reviewer 列"):
        record_reviews(site, pd.DataFrame([review(LIGHT_ID, OUT_OF_SCOPE)]).drop(columns="reviewer"))
    nowhere = site_paths(tmp_path / "raw", tmp_path / "nowhere")
    with pytest.raises(UsageError, match="hotline run"):
        record(nowhere, review(LIGHT_ID, OUT_OF_SCOPE))
    assert not nowhere.ledger.exists()


def test_no_reviews_at_all_change_nothing(site: SitePaths) -> None:
    empty = pd.DataFrame([review(LIGHT_ID, OUT_OF_SCOPE)]).iloc[:0]
    assert record_reviews(site, empty) == {"recorded": 0, "unchanged": 0, "complaints": 0}


def test_nothing_is_recorded_while_a_run_goes_on(site: SitePaths) -> None:
    with open_night(site, AS_OF), pytest.raises(BusyError):
        record(site, review(LIGHT_ID, OUT_OF_SCOPE))
    assert tables(site)["reviews"].empty


def test_a_fault_in_the_middle_of_recording_leaves_nothing(site: SitePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(site)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Store, "forget_judgements", fail)
        with pytest.raises(ZeroDivisionError):
            record(site, review(LIGHT_ID, OUT_OF_SCOPE))
    for name, table in tables(site).items():
        pd.testing.assert_frame_equal(table, before[name], obj=name)


def test_killed_after_recording_and_before_the_head_is_kept_nothing_is_lost(site: SitePaths) -> None:
    code = (
        "import os, signal, sys, pickle\n"
        "from analysis.ledger.store import Store\n"
        "from tests.review_site import *\n"
        "Store.keep_head = lambda self: os.kill(os.getpid(), signal.SIGKILL)\n"
        "paths = site_paths(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "record(paths, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED))\n"
    )
    command = [sys.executable, "-c", code, str(site.raw), str(site.processed)]
    killed = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED))["unchanged"] == 1
    next_night(site, AS_OF)
    assert decision(site, LIGHT_ID)["decision"] == "in_scope"


def test_a_code_that_was_used_cannot_leave_the_scheme(site: SitePaths, tmp_path: Path) -> None:
    from dataclasses import replace

    from analysis.codebook import read_codebook_bytes

    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED | {"codes": "rough.staged"}))
    own = tmp_path / "codebook"
    own.mkdir()
    scheme = read_codebook_bytes("scheme.toml").decode()
    parts = scheme.split("[[sub_problem]]")
    kept = [part for part in parts if 'sub_problem_code = "rough.staged"' not in part]
    assert len(kept) == len(parts) - 1
    (own / "scheme.toml").write_text("[[sub_problem]]".join(kept), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"rough\.staged"):
        next_night(replace(site, codebook=own), AS_OF)


def test_a_change_of_codebook_is_an_event_once(site: SitePaths, tmp_path: Path) -> None:
    from dataclasses import replace

    from analysis.codebook import read_codebook_bytes

    assert "codebook_changed" not in kinds(site)
    own = tmp_path / "codebook"
    own.mkdir()
    lexicon = read_codebook_bytes("scheme.toml").decode() + "\n# 本单位的说明\n"
    (own / "scheme.toml").write_text(lexicon, encoding="utf-8")
    with open_night(replace(site, codebook=own), AS_OF):
        pass
    with open_night(replace(site, codebook=own), AS_OF):
        pass
    events = tables(site)["events"].query("kind == 'codebook_changed'")
    assert len(events) == 1
    assert events["problem_id"].tolist() == [""]
    versions = tables(site)["runs"].sort_values("sequence")["codebook_version"].tolist()
    assert f'"from": "{versions[0]}", "to": "{versions[-1]}"' in events["payload"].iloc[0]


def test_a_ledger_of_the_first_version_keeps_its_judgements(site: SitePaths) -> None:
    script = files("analysis.ledger").joinpath("migrations", "0001_initial.sql").read_text(encoding="utf-8")
    first = dict(re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", script, re.DOTALL))
    with duckdb.connect(str(site.ledger)) as connection:
        for table in TABLES:
            if table.name not in first:
                connection.execute(f"DROP TABLE {table.name}")
                continue
            columns = ", ".join(re.findall(r"^    ([a-z]\w*) ", first[table.name], re.MULTILINE))
            connection.execute(f"CREATE TABLE old AS SELECT {columns} FROM {table.name}")
            connection.execute(f"DROP TABLE {table.name}; CREATE TABLE {table.name} ({first[table.name]})")
            connection.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM old; DROP TABLE old")
        connection.execute("DELETE FROM migrations WHERE number >= 2")
        before = connection.execute("SELECT complaint_id, decision FROM gate_decisions ORDER BY ALL").fetchall()
    with pytest.raises(UsageError, match="旧版程序"):
        review_queue(site)
    counts = next_night(site, AS_OF)
    assert (counts["judged"], counts["new_events"]) == (0, 0)
    gate = tables(site)["gate_decisions"]
    assert gate[["complaint_id", "decision"]].to_numpy().tolist() == [list(row) for row in before]
    assert set(gate["decided_by"]) == {"model"}
    assert tables(site)["judgement_profiles"].empty


def _stored(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    stamps = pd.Timestamp("2026-11-01") + pd.to_timedelta(range(len(frame)), unit="s")
    extra = {"review_id": [f"r{n}" for n in range(len(frame))], "recorded_at": stamps, "run_id": None}
    return conform(frame.assign(**extra), REVIEWS)


_OPINIONS = st.sampled_from(
    [("out_of_scope", "", None), ("in_scope", "rough.attitude", "交警"), ("in_scope", "rough.attitude", "城管")]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), _OPINIONS, st.booleans()), min_size=1, max_size=8))
def test_a_verdict_is_the_last_ruling_or_what_all_last_said(said: list[tuple[str, Any, bool]]) -> None:
    rows = [
        review("c", BENCH, reviewer=who, decision=d, codes=c, unit_kind=u, is_final=f, reason="定")
        for who, (d, c, u), f in said
    ]
    found = verdicts(_stored(*rows))
    assert len(found) == 1
    rulings = [opinion for _, opinion, is_final in said if is_final]
    latest = {who: opinion for who, opinion, _ in said}
    expected = {rulings[-1]} if rulings else set(latest.values())
    assert bool(found["is_conflict"].iloc[0]) == (len(expected) > 1)
    if len(expected) == 1:
        row = effective_decisions(_stored(*rows)).iloc[0]
        assert (row["decision"], row["codes"], row["unit_kind"]) == next(iter(expected))
        assert conflicts(_stored(*rows)).empty
    else:
        assert conflicts(_stored(*rows))["reviewers"].tolist() == ["、".join(sorted(latest))]


def test_events_of_reviews_concern_no_problem_and_tell_who_and_why(site: SitePaths) -> None:
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, reason="只是报修"))
    with open_ledger(site) as store:
        event = store.table(EVENTS).query("kind == 'complaint_reviewed'").iloc[0]
    assert (event["problem_id"], event["actor"], event["run_id"]) == ("", "张三", "")
    for words in (LIGHT_ID, "只是报修", "out_of_scope"):
        assert words in event["payload"]
    assert OUT_OF_SCOPE[1] not in event["payload"]
