"""Promise 1: whatever a sheet holds, every row is a candidate, a reject or a skipped one."""

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analysis.ingest.canonical import CANDIDATE_COLUMNS, canonicalise
from analysis.ingest.dates import DateRules
from analysis.ingest.grid import Row, Sheet, SheetInfo, is_blank
from analysis.ingest.layout import Rules, lay_out
from tests.ingest_files import SOURCES

_DATES = DateRules(dt.datetime(2000, 1, 1), dt.datetime(2026, 11, 25), ZoneInfo("Asia/Shanghai"))
_RULES = Rules("tickets", "tickets/12345.xlsx", SOURCES, _DATES, 50)
_HEADER = ["序号", "工单编号", "受理时间", "标题", "诉求内容", "答复时间", "是否保密", "平台"]

_TYPICAL = st.sampled_from(
    [
        "A1",
        "430120230305000000",
        "4.3E+17",
        "2023-03-05",
        "3/5/2023",
        "合计",
        "备注：无",
        "是",
        "12328",
        "长" * 60,
        "\x00",
        "\ud800",
    ]
)
_CELLS = st.one_of(
    st.none(),
    _TYPICAL,
    st.text(max_size=8),
    st.integers(-10, 10**20),
    st.floats(allow_nan=True),
    st.booleans(),
    st.sampled_from([["error", "#REF!"], ["uncached", ""], ["nested", ""], ["number", "1e400"], ["number", "12.5"]]),
    st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)).map(lambda d: ["date", d.isoformat()]),
)
_FAULTS = st.sampled_from([None, None, None, "mixed_encoding", "unbalanced_quotes"])
_ROWS = st.lists(st.tuples(st.lists(_CELLS, max_size=10), _FAULTS), max_size=12)
_MERGES = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 7), st.integers(0, 4), st.integers(0, 7)).map(
        lambda m: [m[0], m[1], m[0] + m[2], m[1] + m[3]]
    ),
    max_size=3,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_ROWS, _MERGES, st.sampled_from(["", ","]), st.booleans(), st.booleans())
@example([([None, "A1"], None)], [[0, 0, 1, 1]], "", False, False)  # noqa: FBT003 - no heading is left
def test_rows_balance(
    body: list[tuple[list[object], str | None]], merges: list[list[int]], delimiter: str, is_1904: bool, has_time: bool
) -> None:
    rows = [Row(1, [heading for heading in _HEADER if has_time or heading != "受理时间"])]
    rows += [Row(n, cells if not fault else ["x"], fault) for n, (cells, fault) in enumerate(body, start=2)]  # type: ignore[arg-type]
    info = SheetInfo("数据", delimiter=delimiter, merges=merges, is_1904=is_1904)
    result = canonicalise(Sheet(info, rows), _RULES)
    if not result.is_recognised:
        assert not result.candidates
        assert [(r.row_number, r.column_name) for r in result.rejects] == [(None, None)]
        assert f"没有读取（{len(rows)} 行）" in result.notes[0]
        return
    number = CANDIDATE_COLUMNS.index("row_number")
    accepted = [c[number] for c in result.candidates]
    rejected = {r.row_number for r in result.rejects}
    assert len(set(accepted)) == len(accepted)
    assert not rejected & set(accepted)
    assert result.row_count == len(accepted) + len(rejected)
    header_end = lay_out(info, rows, _RULES).header.last_row
    data = {r.number for r in rows if r.number > header_end and (r.fault or not all(map(is_blank, r.cells)))}
    assert data == {*accepted, *rejected, *result.skipped_rows}
    keys = [(r.row_number, r.column_name) for r in result.rejects]
    assert len(set(keys)) == len(keys)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50))
def test_accepted_text_is_what_was_written(text: str) -> None:
    row = Row(2, [None, "A1", "2023-03-05", "标题", text, None, None, None])
    result = canonicalise(Sheet(SheetInfo("数据"), [Row(1, list(_HEADER)), row]), _RULES)
    found = dict(zip(CANDIDATE_COLUMNS, result.candidates[0], strict=True))
    assert text.strip() == found["text"] or found["text"] == "标题"
    assert (found["text"] == "标题") <= (not any(c.isalnum() for c in text) or text.strip() == "标题")
