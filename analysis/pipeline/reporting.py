"""Makes the report of a period from the newest snapshot, and follows the codes of its numbers back."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.config import load_settings
from analysis.contracts import COMPLAINTS
from analysis.errors import UsageError
from analysis.exchange.files import SHARED_MODE, write_atomically
from analysis.exchange.ledger_view import as_date
from analysis.ledger.store import Reader
from analysis.pipeline.night import today
from analysis.pipeline.rules import load_rules
from analysis.progress import Progress, no_progress
from analysis.report.book import write_numbers
from analysis.report.content import Edition, build_content
from analysis.report.cut import NEEDED, Tables, cut
from analysis.report.page import html_page
from analysis.report.period import Period, last_full_month, last_period
from analysis.report.record import Entry, keep, kept
from analysis.report.word import word_report
from analysis.site import SitePaths
from analysis.summary.context import load_context
from analysis.summary.source import origin

REPORTS = "报告"
_RECORDS = "记录"
_CODE = re.compile(r"R-(?P<period>20\d\d(?:Q\d|W\d\d|\d\d)?)(?P<public>P?)-[BF]?\d+(?:-\d+)?")


@dataclass(frozen=True)
class Traced:
    """A code followed back: its report, what the records of it say, and what it comes to in the newest snapshot."""

    period: str
    is_public: bool
    records: tuple[Entry, ...]
    now: Entry | None


def make_report(
    paths: SitePaths,
    period: str | None,
    directory: Path | None,
    *,
    is_public: bool,
    progress: Progress = no_progress,
) -> list[Path]:
    """Write the report of a period from the newest snapshot, and return the paths of its files.

    Args:
        paths: the site.
        period: as it is written, or `last-week`, `last-month` before today; the last full month with enough complaints
            to be told of if not given.
        directory: where to; a folder of the results named by the period if not given.
        is_public: for outside of the office.
        progress: told how many figures are drawn.

    Raises:
        UsageError: nothing was published yet, or the period is none or has not begun; one that should be over is not,
            as no run was finished since.
        SettingsError: the site's own Word template cannot be used.
    """
    edition = _edition(paths, period, is_public=is_public)
    content = build_content(edition, progress)
    name = f"{edition.now.period.name}{'（公开）' if is_public else ''}"
    document = word_report(content, paths.codebook)
    folder = directory or paths.processed / REPORTS / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    keep(_records(paths), edition.prefix, origin(edition.now.until).run_id, content.entries)
    office = edition.context.settings.site.office
    page = write_atomically(folder / f"分析报告_{name}.html", html_page(content), SHARED_MODE)
    book = write_numbers(folder / f"报告数据_{name}.xlsx", content, office, edition.now.end, edition.hidden)
    return [write_atomically(folder / f"分析报告_{name}.docx", document, SHARED_MODE), page, book]


def trace_code(paths: SitePaths, code: str) -> Traced:
    """Follow the code of a number back.

    Raises:
        UsageError: no report has such a number.
    """
    found = _CODE.fullmatch(code)
    if found is None:
        raise UsageError(f"“{code}”不是报告里的编号。编号写作 R-2023Q2-07 的样子，见报告和数据工作簿。")
    period = Period.from_code(found["period"])
    edition = _edition(paths, period.name, is_public=bool(found["public"]))
    records = tuple(kept(_records(paths), edition.prefix, code))
    now = next((e for e in build_content(edition).entries if e.code == code), None)
    if now is None and not records:
        raise UsageError(f"{period.heading}的报告里没有编号 {code}。")
    return Traced(period.name, edition.is_public, records, now)


def is_code(identifier: str) -> bool:
    """Say whether an identifier is the code of a number of a report."""
    return _CODE.fullmatch(identifier) is not None


def _records(paths: SitePaths) -> Path:
    return paths.processed / REPORTS / _RECORDS


def _edition(paths: SitePaths, name: str | None, *, is_public: bool) -> Edition:
    settings = load_settings(paths.settings)
    with Reader.open(paths.snapshot) as reader:
        tables = {table.name: reader.table(table) for table in NEEDED}
    last = last_period(name, today(settings)) if name else None
    period = last or (Period.parse(name) if name else _newest(tables, settings.report.public_small_count))
    at = origin(tables)
    if last and last.last >= at.as_of:
        raise UsageError(
            f"{last.heading}的报告还做不成：最近一次完成的运行是 {at.as_of:%Y-%m-%d} 的，其后到 {last.last:%Y-%m-%d} "
            "的来件没有收齐。请先执行 hotline run。"
        )
    if period.first > at.as_of:
        raise UsageError(f"{period.heading}还没有开始：最近一次运行的业务日期是 {at.as_of:%Y-%m-%d}。")
    rules = load_rules(paths, settings)
    smallest = settings.report.public_small_count if is_public else settings.report.small_count
    return Edition(
        now=cut(tables, period, rules.life_cycle, rules.is_restricted),
        before=cut(tables, period.before, rules.life_cycle, rules.is_restricted),
        context=replace(load_context(paths.codebook, paths.settings), smallest=smallest),
        is_public=is_public,
    )


def _newest(tables: Tables, least: int) -> Period:
    days = filter(None, map(as_date, tables[COMPLAINTS.name]["received_at"]))
    found = last_full_month(days, origin(tables).as_of, least)
    if found is None:
        raise UsageError("没有一个已经结束的月份有诉求，定不出时期。请用 --period 写明。")
    return found
