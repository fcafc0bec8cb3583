"""`hotline verify` finds each planted tampering, tells it by its place, and changes nothing."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from analysis.contracts import EVENTS, PROBLEM_COMPLAINTS
from analysis.errors import BusyError, IntegrityError
from analysis.ledger.chain import Head, extend
from analysis.ledger.store import Reader, Store
from analysis.pipeline.night import open_night
from analysis.pipeline.placing import Said, different_matters, split_problem
from analysis.pipeline.publishing import publish_results
from analysis.pipeline.stages import run_night
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from tests.command import hotline
from tests.review_site import (
    AS_OF,
    BENCH,
    BENCH_ID,
    LIGHT_ID,
    OUT_OF_SCOPE,
    POLICE_ID,
    build_site,
    copy_site,
    put,
    record,
    review,
)

_CLEAR = (
    "投诉交警不亮证",
    "交警拦车检查从来不出示执法证件，问他为什么扣车，他骂人，态度非常恶劣，要求规范执法程序。",
)
"""What any model must put in scope, so that the second night has events of its own."""
CLEAR_ID = "L22030011"

Tamper = Callable[[SitePaths], None]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with two nights and a review behind it; the ledger before the second night lies beside it."""
    folder = build_site(tmp_path_factory.mktemp("verified"))
    site = site_paths(folder / "raw", folder / "processed")
    shutil.copytree(site.processed, folder / "older")
    record(site, review(LIGHT_ID, OUT_OF_SCOPE))
    put(site, "12328工单2.csv", _CLEAR, first=22030011)
    run_night(site, AS_OF + timedelta(days=1))
    _decide_by_hand(site)
    return folder


def _decide_by_hand(site: SitePaths) -> None:
    """Let somebody put a complaint into a problem of its own, and rule about matters; then publish."""
    said = Said("王主任", "另一路段")
    with Reader.open(site.ledger) as reader:
        links = reader.table(PROBLEM_COMPLAINTS).set_index("complaint_id")
    split_problem(site, str(links.loc[[POLICE_ID], "problem_id"].iloc[0]), [POLICE_ID], said)
    different_matters(site, POLICE_ID, CLEAR_ID, said)
    with open_night(site, AS_OF + timedelta(days=1)) as night:
        publish_results(night)


@pytest.fixture
def site(built: Path, tmp_path: Path) -> SitePaths:
    return copy_site(built, tmp_path)


def differences(site: SitePaths) -> dict[str, tuple[str, ...]]:
    return {finding.name: finding.differences for finding in verify_ledger(site) if finding.differences}


def sql(statement: str) -> Tamper:
    def tamper(site: SitePaths) -> None:
        with duckdb.connect(str(site.ledger)) as connection:
            assert connection.execute(statement).fetchall()[0][0], "the tampering touched nothing"

    return tamper


def fingerprint(folder: Path) -> dict[str, tuple[str, int]]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in files}


def test_a_sound_ledger_is_found_sound_and_left_alone(site: SitePaths) -> None:
    before = fingerprint(site.processed)
    done = hotline("verify", "--processed", site.processed)
    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode()
    assert [line.split("　")[0] for line in said.splitlines()[:-1]] == [
        "事件链",
        "事件与问题",
        "问题与诉求",
        "人工复核",
        "人工归属",
        "事项裁定",
        "收件",
        "快照",
    ]
    assert said.count("：一致") == 8
    assert "与台账同步" in said
    assert fingerprint(site.processed) == before


FORGERIES: dict[str, tuple[str, str, str]] = {
    "a due date": (
        "事件与问题",
        "整改时限”与事件不符：表里是 2030-01-01",
        "UPDATE problems SET due_on = '2030-01-01' WHERE problem_id LIKE '%-0001'",
    ),
    "a status": (
        "事件与问题",
        "状态”与事件不符：表里是 已销号，事件推出 待交办",
        "UPDATE problems SET status = 'closed'",
    ),
    "words of a problem": ("事件与问题", "具体问题”与事件不符", "UPDATE problems SET statement = '没有问题'"),
    "a problem gone": (
        "事件与问题",
        "有登记的事件，却不在问题表里",
        "DELETE FROM problems WHERE problem_id LIKE '%-0001'",
    ),
    "a problem invented": (
        "事件与问题",
        "没有登记它的事件",
        "INSERT INTO problems SELECT * REPLACE ('FR-2026-0009' AS problem_id) FROM problems LIMIT 1",
    ),
    "an event edited": (
        "事件链",
        "第 2 项事件的内容与它的指纹不符",
        "UPDATE events SET actor = '别人' WHERE sequence = 2",
    ),
    "an event gone": ("事件链", "第 3 项到第 3 项事件不见了", "DELETE FROM events WHERE sequence = 3"),
    "events moved": (
        "事件链",
        "接不上前一项",
        "UPDATE events SET sequence = CASE sequence WHEN 3 THEN 4 ELSE 3 END WHERE sequence IN (3, 4)",
    ),
    "an event inserted at the end": (
        "事件链",
        "接不上前一项",
        "INSERT INTO events SELECT * REPLACE ((SELECT max(sequence) + 1 FROM events) AS sequence) FROM events LIMIT 1",
    ),
    "the last event gone": (
        "事件链",
        "缺少最后 1 项事件",
        "DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)",
    ),
    "links gone": ("问题与诉求", "问题与诉求表里却没有", "DELETE FROM problem_complaints"),
    "a link invented": (
        "问题与诉求",
        "问题与诉求表里却有",
        f"INSERT INTO problem_complaints SELECT problem_id, '{LIGHT_ID}', 'x', run_id FROM problem_complaints LIMIT 1",
    ),
    "a judgement in two problems": (
        "问题与诉求",
        "同时并入了问题",
        (
            "INSERT INTO problem_complaints SELECT p.problem_id, l.complaint_id, l.sub_problem_code, l.run_id"
            " FROM problems p, (SELECT * FROM problem_complaints LIMIT 1) l WHERE p.problem_id <> l.problem_id LIMIT 1"
        ),
    ),
    "a review edited": ("人工复核", "与记入它的事件不符", "UPDATE reviews SET decision = 'in_scope'"),
    "a review gone": ("人工复核", "却不在复核表里", "DELETE FROM reviews"),
    "a placement's problem edited": (
        "人工归属",
        f"诉求 {POLICE_ID}（",
        "UPDATE placements SET problem_id = 'FR-2026-0001'",
    ),
    "a placement's person edited": ("人工归属", "与记入它的事件不符", "UPDATE placements SET person = '别人'"),
    "a placement's reason edited": ("人工归属", "与记入它的事件不符", "UPDATE placements SET reason = '别的'"),
    "a placement's complaint edited": (
        "人工归属",
        f"诉求 {BENCH_ID}（",
        f"UPDATE placements SET complaint_id = '{BENCH_ID}'",
    ),
    "a placement's time edited": (
        "人工归属",
        "没有记入它的事件",
        "UPDATE placements SET decided_at = decided_at + INTERVAL 1 HOUR",
    ),
    "a placement gone": ("人工归属", "有记入的事件，却不在人工归属表里", "DELETE FROM placements"),
    "a placement invented": (
        "人工归属",
        f"诉求 {LIGHT_ID}（",
        f"INSERT INTO placements SELECT * REPLACE ('{LIGHT_ID}' AS complaint_id) FROM placements LIMIT 1",
    ),
    "a ruling turned round": (
        "事项裁定",
        f"诉求 {CLEAR_ID} 对 {POLICE_ID}（",
        "UPDATE matter_rulings SET ruling = 'same'",
    ),
    "a ruling's matter edited": ("事项裁定", "与记入它的事件不符", "UPDATE matter_rulings SET matter_id = 'M-X'"),
    "a ruling's person edited": ("事项裁定", "与记入它的事件不符", "UPDATE matter_rulings SET person = '别人'"),
    "a ruling's reason edited": ("事项裁定", "与记入它的事件不符", "UPDATE matter_rulings SET reason = '别的'"),
    "a ruling's other complaint edited": (
        "事项裁定",
        f"对 {BENCH_ID}（",
        f"UPDATE matter_rulings SET other_complaint_id = '{BENCH_ID}'",
    ),
    "a ruling gone": ("事项裁定", "有记入的事件，却不在事项裁定表里", "DELETE FROM matter_rulings"),
    "a ruling invented": (
        "事项裁定",
        f"诉求 {LIGHT_ID} 对",
        f"INSERT INTO matter_rulings SELECT * REPLACE ('{LIGHT_ID}' AS complaint_id) FROM matter_rulings LIMIT 1",
    ),
    "a count of rows": (
        "收件",
        "行数不平：4 行",
        "UPDATE raw_files SET row_count = row_count + 1 WHERE row_count = 3",
    ),
    "rows of a file gone": (
        "收件",
        "记为新收 1 行，收件明细里是 0 行",
        "DELETE FROM intake_rows WHERE file_id = (SELECT file_id FROM raw_files WHERE row_count = 1)",
    ),
    "a file gone": ("收件", "却没有登记", "DELETE FROM raw_files WHERE row_count = 1"),
    "a complaint gone": (
        "收件",
        f"诉求 {LIGHT_ID} 在收件明细里，却不在诉求表里",
        f"DELETE FROM complaints WHERE complaint_id = '{LIGHT_ID}'",
    ),
    "words of a complaint": (
        "快照",
        f"诉求 {LIGHT_ID}：快照与台账不同",
        f"UPDATE complaints SET text = '路灯很亮' WHERE complaint_id = '{LIGHT_ID}'",
    ),
    "a profile invented": (
        "快照",
        "台账里有，快照里没有",
        "INSERT INTO judgement_profiles SELECT * REPLACE ('R' AS run_id) FROM judgement_profiles LIMIT 1",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_tampering_with_the_tables_is_told_where_it_is(site: SitePaths, forgery: str) -> None:
    name, words, statement = FORGERIES[forgery]
    sql(statement)(site)
    found = differences(site)
    assert any(words in line for line in found[name]), found


def test_a_decision_that_was_tampered_with_is_a_finding_like_any_other(site: SitePaths) -> None:
    sql("UPDATE matter_rulings SET ruling = 'same'")(site)
    done = hotline("verify", "--processed", site.processed)
    assert done.returncode == 5
    assert "事项裁定　2 次裁定：2 处不符" in done.stdout.decode()
    assert "人工归属　1 次决定：一致" in done.stdout.decode()


def test_an_event_that_was_forged_with_a_right_hash_contradicts_what_follows_and_the_problems(site: SitePaths) -> None:
    with duckdb.connect(str(site.ledger)) as connection:
        (old,) = connection.execute(
            "SELECT payload FROM events WHERE kind = 'deadline_set' ORDER BY sequence"
        ).fetchall()[0]
        content = json.loads(old)
        content["facts"]["due_on"] = "2030-01-01"
        connection.execute(
            "UPDATE events SET payload = $new WHERE payload = $old", {"new": json.dumps(content), "old": old}
        )
    found = differences(site)
    assert "被改动过" in found["事件链"][0]
    assert any("整改时限”与事件不符" in line and "事件推出 2030-01-01" in line for line in found["事件与问题"])


@pytest.mark.parametrize(
    "payload", ["{", "[]", "{}", '{"facts": {"due_on": "明天"}, "day": "2026-01-01", "role": "system"}']
)
def test_an_unreadable_event_is_told_and_does_not_stop_the_rest(site: SitePaths, payload: str) -> None:
    kinds = "('deadline_set', 'complaint_added', 'complaint_reviewed', 'complaint_placed', 'matter_ruled')"
    sql(f"UPDATE events SET payload = '{payload}' WHERE kind IN {kinds}")(site)
    found = differences(site)
    assert "读不出来" in found["事件与问题"][0]
    assert {"事件链", "问题与诉求", "人工复核", "人工归属", "事项裁定"} <= set(found)
    by_hand = [*found["人工归属"], *found["事项裁定"]]
    assert all("没有记入它的事件" in line and "None" not in line for line in by_hand), by_hand


def test_an_older_copy_of_the_database_is_noticed(site: SitePaths, built: Path) -> None:
    shutil.copy(built / "older" / site.ledger.name, site.ledger)
    found = differences(site)
    assert "缺少最后" in found["事件链"][0]
    assert any("快照里有，台账里没有" in line for line in found["快照"])
    with pytest.raises(IntegrityError, match="缺少最后"):
        Store.open(site.ledger)


def test_an_older_head_is_noticed_by_the_runs_that_ended_after_it(site: SitePaths, built: Path) -> None:
    older = built / "older" / "ledger.head"
    shutil.copy(older, site.ledger.with_suffix(".head"))
    assert "链首文件可能被换成了旧的" in differences(site)["事件链"][0]


@pytest.mark.parametrize(("change", "words"), [({"hash": "0" * 64}, "链首记录不符"), ({"sequence": 999}, "缺少最后")])
def test_an_edited_head_is_noticed(site: SitePaths, change: dict[str, object], words: str) -> None:
    path = site.ledger.with_suffix(".head")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    done = hotline("verify", "--processed", site.processed)
    assert done.returncode == 5
    assert words in done.stdout.decode()
    assert "1 处不符" in done.stderr.decode()


def test_a_head_or_a_database_that_is_gone_is_an_error(site: SitePaths) -> None:
    head = site.ledger.with_suffix(".head")
    kept = head.read_bytes()
    head.unlink()
    with pytest.raises(IntegrityError, match="不见了"):
        differences(site)
    head.write_bytes(kept)
    site.ledger.unlink()
    with pytest.raises(IntegrityError, match="不见了"):
        differences(site)


def _killed_after_a_review(site: SitePaths) -> Path:
    """Record a review in a process that dies at once, so that its commit is in the log only; return the log."""
    code = (
        "import os, sys, pathlib\n"
        "from analysis.ledger.store import Store\n"
        "from tests.test_chain import events\n"
        "store = Store.open(pathlib.Path(sys.argv[1]))\n"
        "with store.transaction():\n"
        "    store.append_events(events(3).assign(kind='codebook_changed', problem_id='', run_id=''))\n"
        "store.keep_head()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(site.ledger)], check=True)
    return site.ledger.with_name(site.ledger.name + ".wal")


@pytest.mark.parametrize("share", [None, 0.0, 0.6])
def test_a_log_that_was_deleted_or_cut_short_is_noticed(site: SitePaths, share: float | None) -> None:
    log = _killed_after_a_review(site)
    assert "事件链" not in differences(site)
    assert log.exists(), "reading must not write the log into the database"
    if share is None:
        log.unlink()
    else:
        log.write_bytes(log.read_bytes()[: int(log.stat().st_size * share)])
    assert "缺少最后 3 项事件" in differences(site)["事件链"][0]


def test_events_of_a_killed_run_may_be_ahead_of_the_head(site: SitePaths) -> None:
    head = site.ledger.with_suffix(".head")
    kept = head.read_bytes()
    _killed_after_a_review(site)
    head.write_bytes(kept)
    assert differences(site) == {}


def test_where_the_ledger_went_on_the_snapshot_is_compared_in_what_only_grows(site: SitePaths) -> None:
    record(site, review(BENCH_ID, BENCH))
    assert differences(site) == {}
    with duckdb.connect(str(site.snapshot)) as connection:
        connection.execute("UPDATE events SET actor = '别人' WHERE sequence = 1")
    assert differences(site)["快照"] == ("事件 1：快照与台账不同",)


def test_a_run_that_fails_after_it_published_is_no_difference(site: SitePaths) -> None:
    with pytest.raises(ZeroDivisionError), open_night(site, AS_OF) as night:  # noqa: PT012  # the order is the point
        publish_results(night)
        raise ZeroDivisionError
    assert differences(site) == {}


def test_during_a_run_the_ledger_cannot_be_verified(site: SitePaths) -> None:
    code = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(site.ledger)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError):
            differences(site)
    finally:
        holder.communicate()


def test_many_differences_are_counted_and_some_are_shown(site: SitePaths) -> None:
    sql(
        "INSERT INTO problem_complaints SELECT problem_id, 'X' || i, sub_problem_code, run_id"
        " FROM problem_complaints, range(30) t(i)"
    )(site)
    done = hotline("verify", "--processed", site.processed)
    assert done.returncode == 5
    lines = [line for line in done.stdout.decode().splitlines() if "问题与诉求表里却有" in line]
    assert len(lines) == 20
    assert "……另有" in done.stdout.decode()


def test_a_ledger_of_an_earlier_program_is_not_called_tampered_with(site: SitePaths) -> None:
    """Before the declared life cycle, events told less than what a problem consists of."""
    with Store.open(site.ledger) as store:
        events = store.query("events_between", first=1, last=10**9)
        is_step = events["kind"].isin(["problem_created", "unit_assigned", "unit_undetermined", "deadline_set"])
        told_less = json.dumps({"sub_problem_code": "a", "theme_code": "b"})
        chained, head = extend(Head(), events.assign(payload=events["payload"].where(~is_step, told_less)))
        store._connection.execute("DELETE FROM events")
        store.append(EVENTS, chained)
        store.publish(site.snapshot)
    head.write(site.ledger.with_suffix(".head"))
    findings = {finding.name: finding for finding in verify_ledger(site)}
    assert "由旧版程序登记" in findings["事件与问题"].scope
    assert [f.differences for f in findings.values() if f.differences] == []
