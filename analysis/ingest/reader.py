"""The reading child: one file on its standard input, its rows on its standard output, under hard limits.

Started by `sandbox`; imports nothing heavy, and is the only place where a parser touches a raw file.
"""

import errno
import hashlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from analysis.ingest.decode import decode
from analysis.ingest.delimited import read_delimited
from analysis.ingest.grid import FileInfo, Sheet, write_end, write_fault, write_file_info, write_sheet
from analysis.ingest.guard import binary_kind
from analysis.ingest.reasons import ReadFault
from analysis.ingest.records import read_records

EXIT_FAILURE = 1
EXIT_OUTPUT = 3
_HEAD = 2000


class Task(NamedTuple):
    """What the parent asks for: the file's suffix (with its dot) and the limits."""

    suffix: str
    memory_mb: int
    seconds: int
    unpacked_mb: int
    max_rows: int


def read(data: bytes, task: Task) -> tuple[FileInfo, Iterator[Sheet]]:
    """Read a file by what it is, whatever its suffix says.

    Raises:
        ReadFault: the file, or a sheet while they are being used up, cannot be read.
    """
    kind = binary_kind(data)
    if kind:
        from analysis.ingest.workbooks import read_workbook, workbook_facts

        facts = workbook_facts(data, kind, task.unpacked_mb)
        info = FileInfo("xlsx" if kind == "zip" else "xls", has_external_links=facts.has_external_links)
        return info, read_workbook(data, facts, task.max_rows)
    return _read_text(data, task)


def _read_text(data: bytes, task: Task) -> tuple[FileInfo, Iterator[Sheet]]:
    decoded = decode(data)
    text = decoded.text
    if not text.strip(" \t\r\n\x00\ufeff"):
        raise ReadFault("empty_file")
    head = text[:_HEAD].lstrip()
    if head.startswith("MIME-Version:") or "urn:schemas-microsoft-com:office:spreadsheet" in head:
        raise ReadFault("unsupported_format", "Excel 的网页存档或 XML 表格")
    if head.startswith("<"):
        from analysis.ingest.html_tables import looks_like_html, read_html

        if looks_like_html(text):
            if decoded.foreign_lines:
                raise ReadFault("unknown_encoding", "网页表格里混有两种编码")
            return FileInfo("html", decoded.encoding), read_html(text, task.max_rows)
    is_json = task.suffix in {".json", ".jsonl"}
    if is_json or head.startswith(("{", "[")):
        sheets = read_records(decoded, task.max_rows)
        if sheets is not None:
            return FileInfo("json", decoded.encoding), iter(sheets)
        if is_json:
            raise ReadFault("broken_json", "不是合格的 JSON，也不是每行一个对象")
    return FileInfo("delimited", decoded.encoding), iter([read_delimited(decoded, task.max_rows)])


def _limit(task: Task) -> None:
    megabyte = 1 << 20
    for kind, soft, hard in (
        (resource.RLIMIT_AS, task.memory_mb * megabyte, task.memory_mb * megabyte),
        (resource.RLIMIT_CPU, task.seconds, task.seconds + 1),  # the soft one says why by its signal
        (resource.RLIMIT_FSIZE, task.unpacked_mb * megabyte, task.unpacked_mb * megabyte),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        ceiling = resource.getrlimit(kind)[1]  # the machine's own limit, which only root may raise
        is_free = ceiling == resource.RLIM_INFINITY
        resource.setrlimit(kind, (soft, hard) if is_free else (min(soft, ceiling), min(hard, ceiling)))


def _run(source: BinaryIO, out: BinaryIO, task: Task) -> int:
    try:
        data = source.read()
        info, sheets = read(data, task)
        write_file_info(out, info)
        for sheet in sheets:
            write_sheet(out, sheet.info, list(sheet.rows))
        write_end(out, hashlib.sha256(data).hexdigest())
        out.flush()
    except ReadFault as fault:
        return _fail(out, fault)
    except MemoryError:
        return _fail(out, ReadFault("out_of_memory"))
    except OSError as error:
        if error.errno == errno.EFBIG:
            os._exit(EXIT_OUTPUT)  # an ordinary exit would try to write the rest
        raise
    return 0


def _fail(out: BinaryIO, fault: ReadFault) -> int:
    out.write(b"\n")
    write_fault(out, fault)
    out.flush()
    return EXIT_FAILURE


def _task(argument: str) -> Task:
    content: dict[str, Any] = json.loads(argument)
    return Task(**content)


if __name__ == "__main__":
    _asked = _task(sys.argv[1])
    _limit(_asked)
    sys.exit(_run(sys.stdin.buffer, sys.stdout.buffer, _asked))
