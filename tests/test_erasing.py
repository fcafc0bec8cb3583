"""`hotline erase` and `hotline retention`: words go to the last byte, judgements stay, no raw file brings them back."""

import io
import json
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pandas as pd
import pytest

from analysis.config import Retention, load_settings
from analysis.contracts import ERASED_TEXT
from analysis.pipeline.stages import run_night
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from tests.command import Told, hotline_here
from tests.review_site import AS_OF, copy_site, next_night, tables

PHONE, OTHER_PHONE = "13800138000", "13900139000"
MARK, OTHER_MARK = "ZQXWORT", "YKVWORT"
"""Words that stand in every text field of a complainant's complaints, and that nobody masks."""
HEAD = "受理编号,登记时间,来电号码,标题,工单内容,事发地点,答复内容\n"
OWN = ("L22030001", "L22030002")


def _row(number: int, phone: str, mark: str, more: str = "") -> str:
    text = f"交警贴了罚单从来不发短信告知，要求规范执法程序。{mark}{more}"
    return f"{number},2022年3月5日 8时1分,{phone},罚单{mark},{text},八一路{mark},已答复{mark}\n"


def _write(site: SitePaths, name: str, *rows: str) -> None:
    (site.raw / "tickets" / name).write_text(HEAD + "".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("erasing")
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True)
    site = site_paths(folder / "raw", folder / "processed")
    rows = [_row(22030001, PHONE, MARK), _row(22030002, PHONE, MARK), _row(22030003, OTHER_PHONE, OTHER_MARK)]
    rows.append(f"22030009,2022年3月5日 9时,{OTHER_PHONE},路灯不亮,小区门口的路灯不亮，请派人修理。,八一路,已修\n")
    _write(site, "12328工单1.csv", *rows)
    next_night(site)
    _write(site, "12328工单2.csv", _row(22030001, PHONE, MARK, "后来又贴了一张。"))
    run_night(site, AS_OF)
    return folder


@pytest.fixture
def site(built: Path, tmp_path: Path) -> SitePaths:
    return copy_site(built, tmp_path / "site")


def _erase(site: SitePaths, phone: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> Told:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{phone}\n"))
    said = ("--person", "王主任", "--reason", "反映人要求")
    return hotline_here("erase", "--phone", *said, *more, "--processed", site.processed)


def _files_with(site: SitePaths, word: str) -> list[str]:
    """Return the names of the results that hold a word, in whatever part of them."""
    found = []
    for path in filter(Path.is_file, site.processed.rglob("*")):
        content = path.read_bytes()
        if is_zipfile(path):
            with ZipFile(path) as parts:
                content = b"".join(map(parts.read, parts.namelist()))
        if word.encode() in content:
            found.append(path.name)
    return sorted(found)


def _differences(site: SitePaths) -> list[str]:
    return [told for finding in verify_ledger(site) for told in finding.differences]


def test_no_byte_stays_and_everything_else_does(site: SitePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"ledger.duckdb", "snapshot.duckdb", "问题清单.xlsx"} <= set(_files_with(site, MARK))
    before = tables(site)
    done = _erase(site, PHONE, monkeypatch)
    assert (done.returncode, done.stdout) == (0, "已清除 2 件诉求的文字。\n"), done.stderr
    assert _files_with(site, MARK) == []
    assert {"ledger.duckdb", "snapshot.duckdb", "问题清单.xlsx"} <= set(_files_with(site, OTHER_MARK))
    assert _differences(site) == []
    after = tables(site)
    for name in ("gate_decisions", "problems", "problem_complaints", "complaint_matters", "intake_rows", "reviews"):
        pd.testing.assert_frame_equal(before[name], after[name])
    kept = ["complaint_id", "received_at", "complainant_key", "file_id", "row_number", "run_id"]
    pd.testing.assert_frame_equal(before["complaints"][kept], after["complaints"][kept])
    assert set(after["complaints"].set_index("complaint_id").loc[list(OWN), "text"]) == {ERASED_TEXT}
    assert list(before["assessments"]["score"]) == list(after["assessments"]["score"])
    assert set(after["erasures"]["complaint_id"]) == set(OWN)
    assert site.ledger.stat().st_mode & 0o777 == 0o600
    assert site.snapshot.stat().st_mode & 0o777 == 0o640


def test_the_event_tells_of_nobody(site: SitePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tables(site)["complaints"].set_index("complaint_id").loc[OWN[0], "complainant_key"]
    _erase(site, PHONE, monkeypatch)
    event = tables(site)["events"].iloc[-1]
    assert (event["kind"], event["actor"], event["problem_id"]) == ("text_erased", "王主任", "")
    assert json.loads(event["payload"]) == {"cause": "request", "complaint_count": 2, "reason": "反映人要求"}
    assert key not in str(event.to_dict())
    told = hotline_here("audit", "--processed", site.processed).stdout
    assert "王主任　清除诉求文字　2 件，反映人要求；理由：反映人要求" in told


def test_a_raw_file_does_not_bring_the_words_back(site: SitePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    _erase(site, PHONE, monkeypatch)
    judged = tables(site)["gate_decisions"]
    rows = [_row(22030002, PHONE, MARK, "再说一次。"), _row(22030003, OTHER_PHONE, OTHER_MARK, "再说一次。")]
    _write(site, "12328工单3.csv", _row(22030001, PHONE, MARK), *rows, _row(22030004, PHONE, "NEUWORT"))
    counts = run_night(site, AS_OF)
    assert {name: counts[name] for name in ("accepted", "updated", "unchanged")} == {
        "accepted": 1,
        "updated": 1,
        "unchanged": 2,
    }
    assert _files_with(site, MARK) == []
    assert _differences(site) == []
    again = tables(site)["gate_decisions"].set_index("complaint_id").loc[list(OWN)]
    pd.testing.assert_frame_equal(again, judged.set_index("complaint_id").loc[list(OWN)])
    assert "ledger.duckdb" in _files_with(site, "NEUWORT")


def test_a_dry_run_only_counts_and_a_second_time_erases_nothing(
    site: SitePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(site)["events"]
    assert _erase(site, PHONE, monkeypatch, "--dry-run").stdout == "将清除 2 件诉求的文字。\n"
    pd.testing.assert_frame_equal(before, tables(site)["events"])
    key = tables(site)["complaints"].set_index("complaint_id").loc[OWN[0], "complainant_key"]
    arguments = ("--complainant", key, "--person", "王主任", "--reason", "要求", "--processed", site.processed)
    assert hotline_here("erase", *arguments).stdout == "已清除 2 件诉求的文字。\n"
    events = len(tables(site)["events"])
    assert hotline_here("erase", *arguments).stdout == "已清除 0 件诉求的文字。\n"
    assert len(tables(site)["events"]) == events


@pytest.mark.parametrize("wrong", ["13700137000", "不是电话"])
def test_who_is_not_known_is_one_line(site: SitePaths, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    done = _erase(site, wrong, monkeypatch)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert wrong not in done.stderr
    both = ("--phone", "--complainant", "0" * 20, "--person", "王", "--reason", "要求")
    assert hotline_here("erase", *both).returncode == 2


def test_what_is_past_its_time_is_deleted_and_what_is_worked_on_is_not(
    site: SitePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = ("--raw", site.raw, "--processed", site.processed)
    assert hotline_here("retention", *at).stdout == "已删除原始文件 0 个，已清除 0 件诉求的文字。\n"
    found = tables(site)
    worked_on = set(found["problem_complaints"]["complaint_id"])
    under_review = set(found["gate_decisions"].query("decision == 'review'")["complaint_id"])
    expected = set(found["complaints"]["complaint_id"]) - worked_on - under_review
    assert expected
    settings = load_settings()
    short = settings.model_copy(update={"retention": Retention(raw_days=1, text_days=30)})
    monkeypatch.setattr("analysis.pipeline.erasing.load_settings", lambda _: short)
    monkeypatch.setattr("analysis.pipeline.erasing.now", lambda _: pd.Timestamp("2099-01-01").to_pydatetime())
    dry = hotline_here("retention", "--dry-run", *at)
    assert dry.stdout.endswith(f"将删除原始文件 2 个，将清除 {len(expected)} 件诉求的文字。\n"), dry.stderr
    assert len(list((site.raw / "tickets").iterdir())) == 2
    assert hotline_here("retention", *at).returncode == 0
    assert not list((site.raw / "tickets").iterdir())
    assert set(tables(site)["erasures"]["complaint_id"]) == expected
    assert _differences(site) == []
