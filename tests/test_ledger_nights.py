"""Nights that follow each other: rewording, copies, faults of one file, a lost key, a clock set back."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.contracts import QUARANTINE
from analysis.errors import IntegrityError, SettingsError
from analysis.ledger.store import Reader, Store
from analysis.ledger.trace import ProblemTrace, trace
from analysis.pipeline.judging import judge_complaints
from analysis.pipeline.night import open_night
from analysis.pipeline.publishing import export_snapshot, publish_results
from analysis.pipeline.reading import read_files
from analysis.pipeline.reviewing import review_queue
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths, site_paths
from tests.command import hotline

AS_OF = date(2026, 11, 20)
HEAD = "受理编号,登记时间,来电人,来电号码,标题,工单内容\n"
IN_SCOPE = "交警贴单不告知,交警贴了罚单从来不发短信告知，要求规范执法程序。"
OUT_OF_SCOPE = "路灯不亮,小区门口的路灯不亮，请派人修理。"


@pytest.fixture
def site(tmp_path: Path) -> SitePaths:
    for kind in ("tickets", "posts"):
        (tmp_path / "raw" / kind).mkdir(parents=True)
    return site_paths(tmp_path / "raw", tmp_path / "processed")


def put(site: SitePaths, name: str, *statements: str, first: int = 22030001) -> Path:
    rows = (f"{first + i},2026年3月5日 8时1分,欧阳小芳,13800138000,{s}\n" for i, s in enumerate(statements))
    path = site.raw / name
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def tables(site: SitePaths) -> dict[str, pd.DataFrame]:
    with Reader.open(site.snapshot) as reader:
        return reader.tables()


def test_a_reworded_ticket_leaves_its_problem_and_comes_back(site: SitePaths) -> None:
    put(site, "tickets/12328工单1.csv", IN_SCOPE)
    run_night(site, AS_OF)
    first = tables(site)["problem_complaints"]
    assert len(first) > 0
    put(site, "tickets/12328工单2.csv", OUT_OF_SCOPE)
    assert run_night(site, AS_OF)["withdrawn_links"] == len(first)
    after = tables(site)
    assert after["problem_complaints"].empty
    assert set(first["problem_id"]) <= set(after["problems"]["problem_id"])
    with Reader.open(site.snapshot) as reader:
        traced = trace(reader, first["problem_id"].iloc[0])
    assert isinstance(traced, ProblemTrace)
    assert traced.links.empty
    put(site, "tickets/12328工单3.csv", IN_SCOPE + "请尽快。")
    run_night(site, AS_OF)
    kinds = tables(site)["events"].query("problem_id == @first.problem_id.iloc[0]")["kind"].tolist()
    assert [k for k in kinds if k.startswith("complaint_")] == [
        "complaint_added",
        "complaint_withdrawn",
        "complaint_added",
    ]


def test_where_only_the_category_is_sure_no_problem_is_entered_before_a_reviewer_decides(site: SitePaths) -> None:
    put(site, "tickets/12328工单1.csv", IN_SCOPE)
    with open_night(site, AS_OF) as night:
        read_files(night)
        judge_complaints(night)
    with duckdb.connect(str(site.ledger)) as connection:
        connection.execute("UPDATE gate_decisions SET is_sub_problem_sure = FALSE")
    run_night(site, AS_OF)
    found = tables(site)
    assert found["gate_decisions"]["decision"].tolist() == ["in_scope"]
    assert found["problem_complaints"].empty
    assert "小类没有把握" in review_queue(site)["reasons"].iloc[0]


def test_the_codebook_folder_of_the_site_is_used(site: SitePaths, tmp_path: Path) -> None:
    shipped = Path(__file__).parent.parent / "analysis" / "codebook" / "units.toml"
    own = tmp_path / "home" / "codebook"
    own.mkdir(parents=True)
    text = shipped.read_text(encoding="utf-8").replace("furong.traffic_police", "other.traffic_police")
    (own / "units.toml").write_text(text, encoding="utf-8")
    with open_night(replace(site, settings=own.parent, codebook=own)) as night:
        assert "other.traffic_police" in {u.unit_id for u in night.units.unit}


def test_changed_rules_of_deadlines_move_no_deadline_that_was_set(site: SitePaths, tmp_path: Path) -> None:
    put(site, "tickets/12328工单1.csv", IN_SCOPE)
    run_night(site, AS_OF)
    first = tables(site)["problems"]
    shipped = Path(__file__).parent.parent / "analysis" / "codebook" / "deadlines.toml"
    rules = shipped.read_text(encoding="utf-8").replace("working_days = 30", "working_days = 7")
    own = replace(site, codebook=tmp_path / "codebook")
    own.codebook.mkdir()
    (own.codebook / "deadlines.toml").write_text(rules.replace("2026.1", "2026.2"), encoding="utf-8")
    put(site, "tickets/12328工单2.csv", "交警不出示证件,交警查车没有出示执法证件。", first=22030009)
    run_night(own, AS_OF)
    after = tables(site)["problems"]
    is_old = after["problem_id"].isin(first["problem_id"])
    pd.testing.assert_frame_equal(after[is_old].reset_index(drop=True), first)
    assert first["deadline_rule"].tolist() == ["2026.1：登记后 30 个工作日"]
    assert set(after[~is_old]["deadline_rule"]) == {"2026.2：登记后 7 个工作日"}
    assert after[~is_old]["due_on"].max() < first["due_on"].min()


def test_a_readable_copy_is_read_whatever_the_first_is_called_and_counts_survive_a_repeat(site: SitePaths) -> None:
    content = put(site, "tickets/12328工单.csv", IN_SCOPE).read_bytes()
    (site.raw / "posts" / "说明.csv").write_bytes(content)
    (site.raw / "tickets" / "12328工单副本.csv").write_bytes(content)
    with open_night(site, AS_OF) as night:
        counts = read_files(night)
        assert (counts["accepted"], counts["unreadable_files"]) == (1, 0)
        assert (counts["files"], counts["known_files"]) == (1, 2)
        assert read_files(night) == counts


def test_a_fault_of_one_file_stops_neither_the_others_nor_the_publication(site: SitePaths) -> None:
    put(site, "tickets/12328工单1.csv", IN_SCOPE)
    with open_night(site, AS_OF) as night:
        read_files(night)
    # The ledger lost the record of a file whose rows it still holds: the rows clash when they come again.
    with duckdb.connect(str(site.ledger)) as connection:
        connection.execute("DELETE FROM raw_files")
    put(site, "tickets/12328工单2.csv", OUT_OF_SCOPE, first=22030009)
    with pytest.raises(IntegrityError, match="相同编号"):
        run_night(site, AS_OF)
    found = tables(site)
    assert found["raw_files"].set_index("file_name")["status"].to_dict() == {
        "tickets/12328工单1.csv": "unreadable",
        "tickets/12328工单2.csv": "read",
    }
    assert found["quarantine"]["reason_code"].tolist() == ["unbalanced"]
    assert "L22030009" in set(found["complaints"]["complaint_id"])
    assert found["runs"].sort_values("sequence")["status"].iloc[-1] == "failed"
    assert "失败" in hotline("status", "--processed", site.processed).stdout.decode()


def test_entries_of_an_unreadable_file_are_closed_once_it_is_read_or_gone(site: SitePaths) -> None:
    for name in ("12328工单1.csv", "12328工单2.csv", "12328工单3.csv"):
        (site.raw / "tickets" / name).write_bytes(b"\x00\x01\x02" + name.encode())
    with open_night(site, AS_OF) as night:
        read_files(night)
        assert set(night.store.table(QUARANTINE)["status"]) == {"open"}
    put(site, "tickets/12328工单1.csv", OUT_OF_SCOPE)
    (site.raw / "tickets" / "12328工单2.csv").unlink()
    with open_night(site, AS_OF) as night:
        read_files(night)
        entries = night.store.table(QUARANTINE).set_index("file_name")
    assert entries["status"].to_dict() == {
        "tickets/12328工单1.csv": "resolved",
        "tickets/12328工单2.csv": "resolved",
        "tickets/12328工单3.csv": "open",
    }
    assert entries["resolved_file_id"].notna().to_dict()["tickets/12328工单1.csv"]


def test_a_clock_set_back_does_not_show_the_run_before(site: SitePaths) -> None:
    put(site, "tickets/12328工单1.csv", OUT_OF_SCOPE)
    with open_night(site, AS_OF) as night:
        read_files(night)
        publish_results(night)
    with duckdb.connect(str(site.ledger)) as connection:
        connection.execute("UPDATE runs SET started_at = started_at + INTERVAL 9 DAY")
    with open_night(site, AS_OF) as night:
        publish_results(night)
        assert night.moment.run_id in site.digest.read_text(encoding="utf-8")
    export_snapshot(site, site.processed / "again")
    assert night.moment.run_id in (site.processed / "again" / site.digest.name).read_text(encoding="utf-8")


def test_status_tells_of_a_run_that_failed_after_the_snapshot(site: SitePaths) -> None:
    put(site, "tickets/12328工单1.csv", OUT_OF_SCOPE)
    with pytest.raises(ZeroDivisionError), open_night(site, AS_OF) as night:  # noqa: PT012  # the order is the point
        read_files(night)
        publish_results(night)
        raise ZeroDivisionError
    assert "失败" in hotline("status", "--processed", site.processed).stdout.decode()


def test_a_lost_key_is_not_replaced_once_there_are_complaints(site: SitePaths) -> None:
    put(site, "tickets/12328工单1.csv", OUT_OF_SCOPE)
    with open_night(site, AS_OF) as night:
        read_files(night)
    site.key.unlink()
    with pytest.raises(SettingsError, match="HOTLINE_KEY_FILE"), open_night(site, AS_OF) as night:
        read_files(night)
    assert not site.key.exists()


def test_what_is_made_during_a_night_is_private_and_the_umask_comes_back(site: SitePaths) -> None:
    before = os.umask(0o022)
    try:
        with open_night(site, AS_OF) as night:
            night.store.keep_head()
            made = [p for p in site.processed.iterdir() if p.name.startswith("ledger")]
            assert {p.name for p in made} >= {"ledger.duckdb", "ledger.duckdb.wal", "ledger.head"}
            assert {p.stat().st_mode & 0o777 for p in made} == {0o600}
            night.store.publish(site.snapshot)
        assert site.snapshot.stat().st_mode & 0o777 == 0o640
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_a_removed_head_is_noticed_after_a_finished_run(site: SitePaths) -> None:
    put(site, "tickets/12328工单1.csv", IN_SCOPE)
    run_night(site, AS_OF)
    site.ledger.with_suffix(".head").unlink()
    with pytest.raises(IntegrityError, match="链首文件"):
        Store.open(site.ledger)
