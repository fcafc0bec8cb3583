"""Reads one complaint that is no table: a text file, standard input, or words given on the command line."""

import sys
from pathlib import Path

import pandas as pd

from analysis.config import Ingest
from analysis.errors import UsageError
from analysis.ingest.decode import decode
from analysis.ingest.reasons import ReadFault, reason
from analysis.tables import STANDARD

_ID = "文字"


def read_text(path: Path, limits: Ingest) -> str:
    """Return a text file, or standard input, in UTF-8, UTF-16 or GB18030.

    Raises:
        UsageError: it cannot be read, or holds more characters than a complaint may have.
    """
    try:
        most = 4 * limits.max_text_characters + 4  # no encoding takes more bytes a character, and a mark at the start
        if path == STANDARD:
            data = sys.stdin.buffer.read(most + 1)
        else:
            with path.open("rb") as file:
                data = file.read(most + 1)
        text = decode(data).text if len(data) <= most else None
    except OSError as error:
        raise UsageError(f"无法读取 {path}：{reason('no_access')}") from error
    except ReadFault as fault:
        raise UsageError(f"无法读取 {path}：{reason(fault.code, detail=fault.detail)}") from fault
    if text is None or len(text) > limits.max_text_characters:
        raise UsageError(f"{path} 超过 {limits.max_text_characters} 字，不像一件诉求。几件诉求请放在表格里。")
    return text


def one_complaint(text: str) -> pd.DataFrame:
    """Return a text as a table of one complaint without title: complaint_id, title, text.

    Raises:
        UsageError: there is nothing in it.
    """
    if not text.strip():
        raise UsageError("没有文字可以说明。请给出诉求的内容。")
    return pd.DataFrame([{"complaint_id": _ID, "title": "", "text": text}], dtype=object)
