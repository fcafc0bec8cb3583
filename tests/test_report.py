"""The report's files: what stands in them, what must not, and that each number can be followed back."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from analysis.ledger.life_cycle import load_life_cycle
from analysis.pipeline.night import open_ledger
from analysis.report.book import write_numbers
from analysis.report.content import Content, Edition, build_content
from analysis.report.cut import cut
from analysis.report.page import html_page
from analysis.report.period import Period, last_period
from analysis.site import SitePaths, site_paths
from analysis.summary.context import load_context
from tests.command import hotline_here
from tests.loopback import http_receiver
from tests.review_site import AS_OF
from tests.summary_frames import tables
from tests.supervised_site import LEAD, SAID, build_supervised_site, problem_of
from tests.test_report_numbers import assigned, created, due, events, is_restricted

CHROMIUM = shutil.which("chromium")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="没有 chromium，不在浏览器里看网页")
EVIL = "<script>alert(1)</script>{{ 7*7 }}=1+1&"


def edition(statement: str = EVIL, *, is_public: bool = False, **more: Any) -> Edition:
    told = []
    for number, day in enumerate((1, 2, 3), 1):
        name, on = f"FR-{number}", date(2026, 5, day)
        made = created(name, on)
        made[3]["statement"] = statement
        told += [made, assigned(name, on), due(name, on, date(2026, 5, 10 * number))]
    told.append(created("FR-4", date(2026, 5, 4)))
    problems = [{"problem_id": f"FR-{n}"} for n in (1, 2, 3)]
    problems.append({"problem_id": "FR-4", "unit_id": None})
    received = [datetime(2026, 5, 1 + n % 28) for n in range(60)]
    found = tables(
        events=events(*told),
        problems=problems,
        complaints=[
            {"complaint_id": f"C{n}", "received_at": at, "text": "原文甲乙丙"} for n, at in enumerate(received)
        ],
        gate_decisions=[{"complaint_id": f"C{n}", "decision": "in_scope"} for n in range(60)],
        problem_complaints=[{"problem_id": f"FR-{1 + (n > 2)}", "complaint_id": f"C{n}"} for n in range(50)],
    )
    may = Period.parse("2026-05")
    cuts = [cut(found, period, load_life_cycle(), is_restricted) for period in (may, may.before)]
    context = replace(load_context(smallest=20 if is_public else 5), **more)
    return Edition(cuts[0], cuts[1], context, is_public)


@pytest.fixture(scope="module")
def content() -> Content:
    return build_content(edition())


@pytest.fixture(scope="module")
def page(content: Content) -> str:
    return html_page(content).decode()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    built = build_supervised_site(tmp_path_factory.mktemp("report"))
    with open_ledger(built) as store:
        store.publish(built.snapshot)
    return built


def test_the_page_shows_numbers_with_codes_and_nothing_of_a_complaint(content: Content, page: str) -> None:
    assert content.by_id["complaints"].values["本期"] == "60"
    assert content.by_id["open"].values["本期"] == "4"
    assert content.by_id["overdue"].values["本期"] == "3"
    assert [e.code for e in content.numbers if e.code not in page] == []
    assert len({e.code for e in content.entries}) == len(content.entries)
    assert "原文" not in page.replace("不含诉求原文", "")
    assert "少于5" in [row[-1] for row in content.problems.rows if row[0] == "FR-1"]


def test_problems_registered_after_the_end_are_told_of_apart() -> None:
    june = date(2026, 6, 2)
    found = tables(
        events=events(created("FR-1", june)),
        problems=[{"problem_id": "FR-1", "registered_on": june}],
        complaints=[{"complaint_id": "C1", "received_at": datetime(2026, 5, 3)}],
        problem_complaints=[{"problem_id": "FR-1", "complaint_id": "C1"}],
    )
    may = cut(found, Period.parse("2026-05"), load_life_cycle(), is_restricted)
    told = build_content(Edition(may, may, load_context(smallest=5), is_public=False))
    assert not told.problems.rows
    assert [row[0] for row in told.later.rows] == ["FR-1"]
    assert "1 个在 2026-05-31 以后才登记" in told.news[-1]
    assert told.later.title in html_page(told).decode()


def test_no_name_breaks_the_page_and_the_page_asks_nothing_of_the_network(page: str) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}=1+1&amp;" in page
    assert "<script>alert" not in page
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert "http:" not in page.replace("http-equiv", "")


def test_outside_of_the_office_no_problem_is_listed_and_more_is_hidden() -> None:
    public = build_content(edition(is_public=True))
    text = html_page(public).decode()
    assert "FR-1" not in text
    assert EVIL not in str(public.problems)
    assert "少于20" in text
    assert all(e.code.startswith("R-202605P-") for e in public.entries)


def test_the_workbook_has_a_sheet_for_each_figure(content: Content, tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "数.xlsx", content, "办", date(2026, 5, 31), "少于5")
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) == 1 + len(content.pictures)
    cells = {c.value for sheet in book for row in sheet.iter_rows() for c in row}
    assert {e.code for e in content.numbers} <= cells
    assert {e.code for e in content.entries if "-F" in e.code} <= cells


def test_the_files_of_a_site_can_be_followed_back_and_hold_no_lead(site: SitePaths, tmp_path: Path) -> None:
    period = f"{AS_OF:%Y-%m}"
    where = ("--processed", site.processed)
    made = hotline_here("report", "--period", period, "--output", tmp_path / "出", *where)
    assert made.returncode == 0, made.stderr
    files = sorted((tmp_path / "出").iterdir())
    assert [f.suffix for f in files] == [".docx", ".html", ".xlsx"]
    page = next(f for f in files if f.suffix == ".html").read_text(encoding="utf-8")
    assert problem_of(site, LEAD) not in page
    assert "rent_seeking" not in page
    assert [text for _, text, _, _ in SAID if text in page] == []
    code = f"R-{period.replace('-', '')}-09"
    traced = hotline_here("trace", code, *where)
    assert traced.returncode == 0, traced.stderr
    assert "problem_created" in traced.stdout
    assert "与最近的报告相同" in traced.stdout
    record = next((site.processed / "报告" / "记录").glob("R-*.json"))
    entry = next(e for e in json.loads(record.read_text(encoding="utf-8")) if e["code"] == code)
    assert entry["values"]["本期"] == re.search(r"本期 (\d+)", traced.stdout)[1]  # type: ignore[index]


def test_what_cannot_be_reported_or_followed_back_is_told_in_one_line(site: SitePaths) -> None:
    where = ("--processed", site.processed)
    for arguments in (("report", "--period", "2099"), ("report", "--period", "五月"), ("trace", "R-2023Q1-99")):
        told = hotline_here(*arguments, *where)
        assert told.returncode == 2
        assert told.stderr.startswith("错误：")
        assert told.stderr.count("\n") == 1


def test_a_period_that_no_run_has_closed_is_refused_and_announced(
    site: SitePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last run was on Friday the 20th: on Monday the 23rd its week is over, but the nights since are missing."""
    monkeypatch.setattr("analysis.pipeline.reporting.today", lambda _: date(2026, 11, 23))
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    with http_receiver() as (port, heard):
        (tmp_path / "hotline.toml").write_text(f'[notify]\nurls = ["json://127.0.0.1:{port}"]\n', encoding="utf-8")
        told = hotline_here("report", "--period", "last-week", "--notify", "--processed", site.processed)
        assert told.returncode == 2
        assert told.stderr.startswith("错误：2026 年第 47 周的报告还做不成：最近一次完成的运行是 2026-11-20 的")
        assert told.stderr.count("\n") == 1
        missing = hotline_here("report", "--period", "last-month", "--notify", "--processed", tmp_path / "none")
        assert missing.returncode == 2
        hotline_here("report", "--period", "last-week", "--processed", site.processed)
    assert [json.loads(body)["title"].split("：")[1] for _, body in heard] == ["分析报告失败"] * 2


@pytest.mark.parametrize(
    ("written", "today", "period"),
    [
        ("last-week", date(2026, 11, 23), "2026-W47"),
        ("last-week", date(2026, 11, 29), "2026-W47"),
        ("last-week", date(2027, 1, 4), "2026-W53"),
        ("last-month", date(2027, 1, 1), "2026-12"),
        ("2026-11", date(2026, 11, 23), None),
    ],
)
def test_last_week_and_last_month_are_those_before_today(written: str, today: date, period: str | None) -> None:
    found = last_period(written, today)
    assert (found and found.name) == period


@pytest.mark.parametrize("payload", ["{}", "{"])
def test_an_event_that_cannot_be_read_ends_in_one_line_that_names_it(
    site: SitePaths, tmp_path: Path, payload: str
) -> None:
    broken = site_paths(site.raw, tmp_path)
    shutil.copy(site.snapshot, broken.snapshot)
    with duckdb.connect(str(broken.snapshot)) as connection:
        connection.execute("UPDATE events SET payload = $1 WHERE kind = 'deadline_set'", [payload])
    told = hotline_here("report", "--period", "2026", "--processed", broken.processed)
    assert told.returncode == 5
    assert re.fullmatch(r"错误：问题 \S+ 的第 \d+ 项事件的内容读不出来。.+hotline verify.+\n", told.stderr)


HOOK = """<script>
const table = [...document.querySelectorAll("table[data-sortable]")].find(t => t.textContent.includes("问题编号"));
const seen = () => [...table.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[0].textContent).join(" ");
const press = n => table.tHead.rows[0].cells[n].querySelector("button").click();
press(0); press(0);
document.body.dataset.sorted = seen();
const box = table.parentElement.previousElementSibling.querySelector("input");
box.value = "FR-2"; box.dispatchEvent(new Event("input"));
document.body.dataset.filtered = seen();
</script></body>"""


def browse(folder: Path, page: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    assert CHROMIUM is not None
    plain = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    quiet = ["--enable-logging=stderr", "--proxy-server=127.0.0.1:9"]
    command = [CHROMIUM, *plain, *quiet, *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@needs_browser
def test_sorting_and_filtering_work_offline(page: str, tmp_path: Path) -> None:
    file = tmp_path / "报告.html"
    file.write_text(page.replace("</body>", HOOK), encoding="utf-8")
    found = browse(tmp_path, file, "--dump-dom")
    assert 'data-sorted="FR-4 FR-3 FR-2 FR-1"' in found.stdout
    assert 'data-filtered="FR-2"' in found.stdout
    assert "CONSOLE" not in found.stderr


@needs_browser
@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="没有 pdfinfo")
def test_it_prints_on_a4_with_nothing_cut(page: str, content: Content, tmp_path: Path) -> None:
    file, printed = tmp_path / "报告.html", tmp_path / "报告.pdf"
    file.write_text(page, encoding="utf-8")
    browse(tmp_path, file, f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    assert "A4" in subprocess.run(["pdfinfo", printed], capture_output=True, text=True, check=True).stdout
    first = subprocess.run(["pdftotext", "-l", "1", printed, "-"], capture_output=True, text=True, check=True).stdout
    assert [e.code for e in content.numbers if e.code not in first] == []
    told = subprocess.run(["pdftotext", printed, "-"], capture_output=True, text=True, check=True).stdout
    assert [row[-1] for row in content.units.rows if row[-1] not in told] == []
