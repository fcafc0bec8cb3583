"""Pytest plugin: how often each promise is tried, and the table of attempts and failures at the end."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trust.tally import Tally, promises, table

_PROPERTY = "trust"
_IS_SKIPPED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `make trust`."""
    parser.addoption("--full", action="store_true", help="try each promise as often as docs/信任.md says")
    parser.addoption("--counts", type=Path, help="write the table of attempts and failures into this page")


@pytest.fixture(scope="session")
def times(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Return how often to try: the first number in the suite, the second with --full."""

    def choose(few: int, many: int) -> int:
        return many if request.config.getoption("full") else few

    return choose


@pytest.fixture
def tally(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    """Counts for the promise that the test's mark names: `@pytest.mark.promise("code")`.

    The test fails at its end where more of them failed than the promise lets, or none was tried.
    """
    mark = request.node.get_closest_marker("promise")
    assert mark is not None, "which promise? @pytest.mark.promise(code)"
    counts = Tally(promises()[mark.args[0]])
    yield counts
    if request.node.stash.get(_IS_SKIPPED, False):
        return
    record_property(_PROPERTY, [counts.promise.code, counts.attempts, len(counts.failures)])
    assert counts.kept(), f"{counts.attempts} attempts, {len(counts.failures)} failed: {counts.failures[:20]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember which tests were skipped: they tried nothing and say why."""
    report = yield
    if report.when == "call":
        item.stash[_IS_SKIPPED] = report.skipped
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table where any promise was tried, and write it into the page of --counts."""
    counts = [
        tuple(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for name, value in report.user_properties
        if name == _PROPERTY
    ]
    if counts:
        text = table(counts)
        terminalreporter.section("试了多少次，失败多少次")
        terminalreporter.write_line(text)
        if page := config.getoption("counts"):
            put_table(page, text)


def put_table(page: Path, text: str) -> None:
    """Replace the page's table, between its two marks, and nothing else."""
    begin, end = "<!-- 次数 -->", "<!-- /次数 -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
