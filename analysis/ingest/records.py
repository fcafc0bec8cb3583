"""JSON (a list of objects, possibly wrapped) and JSON Lines to rows under named headings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analysis.ingest.decode import Decoded
from analysis.ingest.grid import Cell, Row, Sheet, SheetInfo, Tag, distinct_names
from analysis.ingest.reasons import ReadFault

_EXACT_DIGITS = 15
_MAX_COLUMNS = 1000


class _Number(str):
    """The digits of a number as written."""

    __slots__ = ()


@dataclass(frozen=True)
class _Broken:
    """A line that cannot be parsed."""

    text: str


class _Repeated(dict[str, Any]):
    """An object that names a key twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    return content if len(content) == len(pairs) else _Repeated(content)


def _parse(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_Number)


def read_records(decoded: Decoded, max_rows: int) -> list[Sheet] | None:
    """Return the lists of objects in a JSON text, or its JSON Lines; None if it is neither.

    A list inside a wrapper gives a sheet; it is named by its keys («data.rows») where there are several.
    Row numbers are places in the list, or physical lines for JSON Lines. A line that cannot be parsed is a
    faulty row.

    Raises:
        ReadFault: nested too deep, or more rows than allowed.
    """
    try:
        content = None if decoded.foreign_lines else _parse(decoded.text)
    except ValueError:
        content = None
    except RecursionError as error:
        raise ReadFault("broken_json", "嵌套过深") from error
    if isinstance(content, dict) and not any(True for _ in _lists(content, "")):
        content = [content]
    if content is None:
        lines = _json_lines(decoded)
        return [_sheet("", lines, max_rows)] if lines is not None else None
    if isinstance(content, list):
        return [_sheet("", list(enumerate(content, start=1)), max_rows)]
    found = list(_lists(content, ""))
    names = distinct_names(name for name, _ in found) if len(found) > 1 else [""] * len(found)
    return [
        _sheet(name, list(enumerate(items, start=1)), max_rows) for name, (_, items) in zip(names, found, strict=True)
    ] or None


def _lists(content: Any, name: str) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(content, list):
        if any(isinstance(item, dict) for item in content):
            yield name, content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from _lists(value, f"{name}.{key}" if name else key)


def _json_lines(decoded: Decoded) -> list[tuple[int, Any]] | None:
    """Return the parsed lines with their numbers; a broken one as it is. None if not even one is an object."""
    items: list[tuple[int, Any]] = []
    for number, line in enumerate(decoded.text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            items.append((number, _Broken(line) if number in decoded.foreign_lines else _parse(line)))
        except (ValueError, RecursionError):
            items.append((number, _Broken(line)))
    return items if any(isinstance(item, dict) for _, item in items) else None


def _sheet(name: str, items: list[tuple[int, Any]], max_rows: int) -> Sheet:
    if len(items) > max_rows:
        raise ReadFault("too_many_rows", str(max_rows))
    header = list(dict.fromkeys(key for _, item in items if isinstance(item, dict) for key in item))
    if len(header) > _MAX_COLUMNS:
        raise ReadFault("broken_json", f"字段多达 {len(header)} 个")
    rows = []
    for number, item in items:
        if isinstance(item, _Repeated):
            rows.append(Row(number, [json.dumps(item, ensure_ascii=False)], "repeated_keys"))
        elif isinstance(item, dict):
            rows.append(Row(number, [_cell(item.get(key)) for key in header]))
        else:
            rows.append(Row(number, [item.text if isinstance(item, _Broken) else str(item)], "broken_json_line"))
    return Sheet(SheetInfo(name, header=header), rows)


def _cell(value: Any) -> Cell:
    if isinstance(value, _Number):
        is_small = value.removeprefix("-").isdigit() and len(value) <= _EXACT_DIGITS
        return int(value) if is_small else [Tag.NUMBER, str(value)]
    if isinstance(value, dict | list):
        return [Tag.NESTED, ""] if value else None
    if value is None or isinstance(value, bool):
        return value
    return str(value) or None
