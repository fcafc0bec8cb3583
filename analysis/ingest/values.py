"""Single cells to text, ids and flags under strict rules: what cannot be told for certain is a fault, not a guess."""

import re
from collections.abc import Iterable

from analysis.ingest.grid import DAMAGED_NUMBER, Cell, Tag
from analysis.ingest.reasons import ValueFault

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Control characters that are not white space, zero-width and direction marks, variation selectors."""
_BROKEN = re.compile(r"[\x00\ud800-\udfff]")
_MALFORMED_ID = re.compile(r"\s|[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:(?:\.\d+)?[eE][+-]|\.\d+[eE])\d+")
_DECIMAL = re.compile(r"\d+\.\d+")
_FORCED_TEXT = re.compile(r'="([^"]*)"')
_MAX_ID = 64
_KEPT_DIGITS = 15
_SURE_ZEROS = 3


def text_value(cell: Cell) -> str | None:
    """Return a cell as text without white space around it; None where nothing visible is in it.

    Numbers give the digits that the workbook shows (15 at most), date cells their ISO form.

    Raises:
        ValueFault: an error cell, a formula without result, a damaged number, NUL, half a character.
    """
    if cell is None:
        return None
    if isinstance(cell, str):
        return _checked(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, list):
        return _tagged_text(*cell)
    if abs(cell) >= DAMAGED_NUMBER:
        raise ValueFault("damaged_number")
    return str(cell) if isinstance(cell, int) else format(cell, ".15g")


def _checked(cell: str) -> str | None:
    text = cell.strip()
    broken = _BROKEN.search(text)
    if broken:
        raise ValueFault("nul_character" if broken[0] == "\x00" else "broken_character")
    is_visible = bool(text) and not (_INVISIBLE.match(text) and not _INVISIBLE.sub("", text).strip())
    return text if is_visible else None


def _tagged_text(tag: str, value: str) -> str:
    if tag == Tag.ERROR:
        raise ValueFault("error_value", value)
    if tag == Tag.UNCACHED:
        raise ValueFault("uncached_formula")
    if tag == Tag.NESTED:
        raise ValueFault("nested_value")
    if tag == Tag.NUMBER and abs(float(value)) >= DAMAGED_NUMBER:
        raise ValueFault("damaged_number")
    return value.replace("T", " ") if tag == Tag.DATE else value


def id_value(cell: Cell, blanks: frozenset[str]) -> str | None:
    """Return a native id as it stands; None where there is none.

    Raises:
        ValueFault: a number with lost digits, E-notation, decimals, invisible characters, inner white space.
    """
    if isinstance(cell, list) and cell[0] in {Tag.DATE, Tag.TIME}:
        raise ValueFault("date_as_id")
    is_number = isinstance(cell, int | float) or (isinstance(cell, list) and cell[0] == Tag.NUMBER)
    try:
        text = text_value(cell)
    except ValueFault as fault:
        raise (ValueFault("damaged_id") if fault.code == "damaged_number" else fault) from None
    text = unforced(text)
    if text is None or text.casefold() in blanks:
        return None
    code = _id_fault(text, is_number=is_number)
    if code:
        raise ValueFault(code)
    return text


def unforced(text: str | None) -> str | None:
    """Return what an export wrote as ``="…"``, or with an apostrophe before digits, to keep Excel's hands off it."""
    if text is None:
        return None
    match = _FORCED_TEXT.fullmatch(text)
    if match:
        return match[1].strip() or None
    return text[1:] if text[0] == "'" and text[1:2].isdigit() else text


def _id_fault(text: str, *, is_number: bool) -> str | None:
    if _SCIENTIFIC.fullmatch(text):
        return "scientific_id"
    if _DECIMAL.fullmatch(text) or (is_number and not text.isdigit()):
        return "decimal_id"
    if _INVISIBLE.search(text):
        return "invisible_in_id"
    if _MALFORMED_ID.search(text) or len(text) > _MAX_ID:
        return "malformed_id"
    return None


def is_long_id(text: str) -> bool:
    """Say whether an id has more digits than a spreadsheet keeps."""
    return len(text) > _KEPT_DIGITS and text.isdigit()


def are_truncated(ids: Iterable[str]) -> bool:
    """Say whether a spreadsheet cut the long ids of a column: all of their digits after the 15th are 0.

    One such id may be chance; three zeros in all are not.
    """
    tails = [i[_KEPT_DIGITS:] for i in ids if is_long_id(i)]
    return sum(map(len, tails)) >= _SURE_ZEROS and not "".join(tails).strip("0")


def flag_value(cell: Cell, spellings: dict[str, bool], blanks: frozenset[str]) -> bool | None:
    """Return a yes-or-no cell by the codebook's spellings; None where nothing is said.

    Raises:
        ValueFault: another spelling.
    """
    if isinstance(cell, bool):
        return cell
    text = text_value(cell)
    if text is None or text.casefold() in blanks:
        return None
    if text.casefold() not in spellings:
        raise ValueFault("unknown_flag")
    return spellings[text.casefold()]


def value_class(cell: Cell, code: str) -> str:
    """Describe a cell without showing it: its kind and its length."""
    kind = _kind(cell)
    return f"{kind} {_ADDED[code]}" if code in _ADDED else kind


_ADDED = {
    "ambiguous_date": "月日次序不明",
    "two_digit_year": "两位年份",
    "future_date": "晚于运行日期",
    "early_date": "过早",
}
_TAG_KINDS = {
    Tag.DATE: "日期",
    Tag.TIME: "时刻",
    Tag.UNCACHED: "未计算的公式",
    Tag.NESTED: "嵌套内容",
    Tag.NUMBER: "数字",
}


def _kind(cell: Cell) -> str:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return "空"
    if isinstance(cell, bool):
        return "是非值"
    if isinstance(cell, list):
        return f"错误值 {cell[1][:10]}" if cell[0] == Tag.ERROR else _TAG_KINDS[Tag(cell[0])]
    if isinstance(cell, str):
        text = cell.strip()
        if _SCIENTIFIC.fullmatch(text):
            return "文本 科学计数"
        return f"文本 {len(text)} 位数字" if text.isdigit() else f"文本 {len(text)} 字"
    if abs(cell) >= DAMAGED_NUMBER:
        return "数字 科学计数"
    return f"数字 {len(str(abs(cell)))} 位" if isinstance(cell, int) else "数字 小数"
