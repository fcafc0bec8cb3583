"""How a sheet is to be read: its header, its source, its columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.contracts import COMPLAINTS
from analysis.ingest.dates import DateRules
from analysis.ingest.grid import Row, SheetInfo
from analysis.ingest.headings import SEARCH_ROWS, Header, Mapping, find_header, find_source, map_headings
from analysis.ingest.reasons import SheetFault, listing
from analysis.ingest.sources import Source, Sources, normalise, spellings


@dataclass(frozen=True)
class Rules:
    """What a file's rows are read by.

    file_kind: which of the two folders it lies in; file_name: its path below the raw directory, for hints.
    """

    file_kind: str
    file_name: str
    sources: Sources
    dates: DateRules
    max_text_characters: int


@dataclass(frozen=True)
class Layout:
    """How to read a sheet: its header, its columns, its source (None: each row names it), and how it was found."""

    header: Header
    mapping: Mapping
    source: Source | None
    is_default: bool
    platform_column: str

    @property
    def has_time(self) -> bool:
        """Say whether the sheet has a column for the time of receipt."""
        return "received_at" in self.mapping.columns

    @property
    def anchor(self) -> str:
        """The column by which a row of data is told from a footer: the time of receipt, else the id."""
        return "received_at" if self.has_time else "native_id"


def lay_out(info: SheetInfo, top: Sequence[Row], rules: Rules) -> Layout:
    """Find header, source and columns of a sheet from its first rows.

    Some platforms export no time of receipt at all. Such a sheet is read if its rows have ids and no unknown heading
    may stand for the time: a sheet read without its times would not be read again once that heading is known.

    Raises:
        SheetFault: no header, no source, or a required column is missing.
    """
    header = header_of(info, top, rules.sources)
    if header is None:
        raise SheetFault("no_header", str(SEARCH_ROWS))
    source, is_default = find_source(rules.file_kind, rules.file_name, info.name, header, rules.sources)
    mapping = map_headings(header, source, rules.sources)
    if not {"received_at", "text", "title"} & set(mapping.columns) and "quarantine_id" in mapping.columns:
        raise SheetFault("no_complaints")
    platform_column = "source_code" if source or "source_code" in mapping.columns else "channel"
    if source is None and platform_column not in mapping.columns:
        raise SheetFault("unknown_source")
    columns = set(mapping.columns)
    names_source = "source_code" in columns
    has_id = "native_id" in columns or names_source or not (source and source.is_id_required)
    doubtful = [] if "received_at" in columns else _headings_like_time(mapping, source, rules.sources)
    has_time = "received_at" in columns or ("native_id" in columns and not doubtful)
    is_there = {"native_id": has_id, "received_at": has_time, "text": bool({"text", "title"} & columns)}
    missing = [COMPLAINTS[name].heading for name, there in is_there.items() if not there]
    if missing:
        remark = f"（不认识的“{listing(doubtful)}”可能是受理时间）" if doubtful else ""
        raise SheetFault("missing_columns", "、".join(missing) + remark)
    return Layout(header, mapping, source, is_default and not names_source, platform_column)


def _headings_like_time(mapping: Mapping, source: Source | None, sources: Sources) -> list[str]:
    """Return the unknown headings that end in one of the time of receipt («建档时间»)."""
    known = (sources.headings_of(source) if source else sources.headings).get("received_at", ())
    endings = tuple(map(normalise, known))
    return [heading for heading in mapping.unknown if any(s.endswith(endings) for s in spellings(heading))]


def header_of(info: SheetInfo, top: Sequence[Row], sources: Sources) -> Header | None:
    """Return the header of a sheet from its first rows; None if there is none."""
    if info.header is None:
        return find_header(top, info.merges, sources)
    return Header(tuple((h,) if h.strip() else () for h in info.header))


def layout_notes(info: SheetInfo, layout: Layout) -> Iterator[str]:
    """Tell what an operator should know of how a sheet is read."""
    header, mapping = layout.header, layout.mapping
    if header.last_row > header.first_row:
        yield f"表头占第 {header.first_row}–{header.last_row} 行"
    elif header.first_row > 1:
        yield f"表头在第 {header.first_row} 行，以上作为标题没有读取"
    if layout.source and layout.is_default:
        yield f"没有写明平台，按默认来源 {layout.source.name} 读取"
    if not layout.has_time:
        yield "没有时间列，受理时间留空"
    if mapping.unknown:
        yield f"不认识的列没有读取：{listing(mapping.unknown)}"
    if mapping.unused:
        yield f"同类列已有更合适的，没有采用：{listing(mapping.unused)}"
    if info.formula_count:
        yield f"{info.formula_count} 个公式单元格取其存储的结果"
    if info.is_1904:
        yield "使用 1904 日期系统，已按此换算"
