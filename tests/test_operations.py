"""What runs the nights beside the program: unit files, the catch-up after missed nights, a restored backup."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.errors import IntegrityError
from analysis.health import Level
from analysis.ledger.deadlines import deadline, load_deadlines
from analysis.ledger.working_days import load_calendar
from analysis.pipeline.examining import examine_site
from analysis.pipeline.night import open_night
from analysis.pipeline.stages import run_night
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from flows.cli import hotline
from tests.command import ROOT, hotline_here
from tests.loopback import http_receiver
from tests.review_site import IN_SCOPE, OUT_OF_SCOPE, build_site, copy_site, next_night, put, tables

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
CLEAR = (
    "投诉交警不亮证",
    "交警拦车检查从来不出示执法证件，问他为什么扣车，他骂人，态度非常恶劣，要求规范执法程序。",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("operated"))


@pytest.fixture
def site(built: Path, tmp_path: Path) -> SitePaths:
    return copy_site(built, tmp_path)


def unit(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "deploy" / "systemd" / name, encoding="utf-8")
    return parser


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """systemd looks whether the command is there: the units name one of this machine for the check."""
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/opt/hotline/.venv/bin/hotline", "/bin/true")
        (tmp_path / path.name).write_text(text.replace("WorkingDirectory=/opt/hotline", ""), encoding="utf-8")
    command = ["systemd-analyze", "verify", *(str(tmp_path / path.name) for path in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", [path.name for path in UNITS if path.suffix == ".service"])
def test_the_services_call_commands_that_there_are(name: str) -> None:
    service = unit(name)["Service"]
    program, command, *options = shlex.split(service["ExecStart"])
    assert program == f"{service['WorkingDirectory']}/.venv/bin/hotline"
    known = hotline.get_command(None, command)  # type: ignore[arg-type]
    assert known is not None
    assert {o for o in options if o.startswith("-")} <= {o for p in known.params for o in p.opts}
    assert int(service["UMask"], 8) & 0o007 == 0o007


def test_the_timer_rings_when_the_schedule_says_and_makes_up_for_what_it_missed() -> None:
    settings, timer = load_settings(), unit("hotline-run.timer")["Timer"]
    minute, hour, *days = settings.schedule.cron.split()
    assert days == ["*", "*", "*"]
    assert timer["OnCalendar"] == f"*-*-* {int(hour):02}:{int(minute):02}:00 {settings.site.timezone}"
    assert timer["Persistent"] == "true"


@pytest.mark.parametrize(
    ("timer", "setting"),
    [
        ("hotline-report-week.timer", "weekly_report"),
        ("hotline-report-month.timer", "monthly_report"),
        ("hotline-remind.timer", "reminder"),
    ],
)
def test_reports_and_reminder_ring_when_the_schedule_says(timer: str, setting: str) -> None:
    settings, rung = load_settings(), unit(timer)["Timer"]
    minute, hour, day, _, weekday = getattr(settings.schedule, setting).split()
    days = {"*": "", "1": "Mon ", "1-5": "Mon..Fri "}[weekday]
    wanted = f"{days}*-*-{'*' if day == '*' else f'{int(day):02}'} {int(hour):02}:{int(minute):02}:00"
    assert rung["OnCalendar"] == f"{wanted} {settings.site.timezone}"


def test_the_manual_and_the_log_rotation_name_what_there_is() -> None:
    manual = (ROOT / "docs" / "管理员.md").read_text(encoding="utf-8")
    named = re.findall(r"deploy/[\w./*-]+", manual)
    assert len(named) >= 3
    assert [name for name in named if not list(ROOT.glob(name))] == []
    rotation = (ROOT / "deploy" / "logrotate" / "hotline").read_text(encoding="utf-8")
    for readme in ("README.md", "README.zh-CN.md"):
        line = re.search(r">> (\S+) 2>&1", (ROOT / readme).read_text(encoding="utf-8"))
        assert line is not None
        assert f"/opt/hotline/{line[1]} {{" in rotation


def test_the_reminder_is_sent_once_and_its_failure_is_told_by_doctor_and_status(
    site: SitePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    monkeypatch.setattr("analysis.pipeline.reminding._fault", lambda *_: "")
    with duckdb.connect(str(site.ledger)) as ledger:
        ledger.execute("UPDATE problems SET due_on = DATE '2020-01-03'")
    where = ("--processed", site.processed)
    (problem,) = tables(site)["problems"]["problem_id"]
    with http_receiver() as (port, heard):
        (tmp_path / "hotline.toml").write_text(f'[notify]\nurls = ["json://127.0.0.1:{port}"]\n', encoding="utf-8")
        assert problem in hotline_here("remind", "--dry-run", *where).stdout
        assert heard == []
        sent = hotline_here("remind", *where)
        assert (sent.returncode, "送到 1 个地址" in sent.stdout) == (0, True)
        again = hotline_here("remind", *where)
        assert (again.returncode, again.stdout) == (0, "没有要提醒的。\n")
    ((_, body),) = heard
    message = json.loads(body)["message"]
    assert problem in message
    assert not [words for said in (IN_SCOPE, OUT_OF_SCOPE) for words in said if words in message]
    unreached = hotline_here("remind", "--test", *where)  # nobody listens any more
    assert unreached.returncode == 1
    assert "没有送到第 1 个地址（json）" in unreached.stderr
    assert "试验通知" in hotline_here("status", *where).stdout
    (finding,) = [f for f in examine_site(site_paths(site.raw, site.processed), None) if f.check == "通知"]
    assert (finding.level, "试验通知" in finding.result) == (Level.FAULT, True)


def test_a_reminder_says_that_the_night_did_not_end(site: SitePaths) -> None:
    with duckdb.connect(str(site.ledger)) as ledger:
        ledger.execute("UPDATE runs SET status = 'failed'")
    assert "没有按时完成" in hotline_here("remind", "--dry-run", "--processed", site.processed).stdout


def test_three_missed_nights_are_caught_up_by_one_run_with_right_deadlines(site: SitePaths) -> None:
    """The nights of 21 and 22 November did not run; on the 23rd one night was killed before it could merge."""
    before = set(tables(site)["problems"]["problem_id"])
    put(site, "12328工单2.csv", CLEAR, first=22030011)
    put(site, "12328工单3.csv", ("路灯又不亮", "路灯又坏了。"), first=22030021)
    with pytest.raises(KeyboardInterrupt), open_night(site, date(2026, 11, 23)):
        raise KeyboardInterrupt
    caught_up = date(2026, 11, 24)
    counts = run_night(site, caught_up)
    assert (counts["files"], counts["accepted"]) == (2, 2)
    problems = tables(site)["problems"]
    new = problems[~problems["problem_id"].isin(before)]
    assert len(new) >= 1
    scheme = load_scheme()
    book, calendar = load_deadlines(scheme), load_calendar()
    for problem in new.itertuples():
        category = scheme.category_of(problem.sub_problem_code).category_code
        assert pd.Timestamp(problem.registered_on).date() == caught_up
        assert (
            pd.Timestamp(problem.due_on).date() == deadline(book, category, problem.source, caught_up, calendar).due_on
        )
    assert [f for f in verify_ledger(site) if f.differences] == []
    again = run_night(site, caught_up)
    assert (again["accepted"], again["new_problems"]) == (0, 0)


def test_a_restored_backup_takes_up_what_came_later_and_a_half_restored_one_is_refused(
    site: SitePaths, tmp_path: Path
) -> None:
    head = site.ledger.with_suffix(".head")
    backup = tmp_path / "backup"
    backup.mkdir()
    for path in (site.ledger, head):
        shutil.copy2(path, backup)
    put(site, "12328工单2.csv", CLEAR, first=22030011)
    next_night(site, date(2026, 11, 21))
    after = tables(site)["problems"]
    shutil.copy2(backup / site.ledger.name, site.ledger)
    with pytest.raises(IntegrityError):  # the head knows of more
        next_night(site, date(2026, 11, 22))
    shutil.copy2(backup / head.name, head)
    run_night(site, date(2026, 11, 22))
    restored = tables(site)["problems"]
    assert restored["problem_id"].tolist() == after["problem_id"].tolist()
    assert [f for f in verify_ledger(site) if f.differences] == []
