"""Lists the raw files of a site, with the fingerprint of each."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import UsageError

FILE_KINDS = ("tickets", "posts")
READ_SUFFIXES = frozenset({".xlsx", ".xls", ".csv", ".tsv", ".json", ".jsonl"})

_SKIPPED_NAMES = re.compile(r"~\$.*|\..*|README.*|Thumbs\.db|desktop\.ini|__MACOSX", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class RawFile:
    """A file below tickets/ or posts/.

    file_name: its path relative to the raw directory, with slashes.
    file_id: SHA-256 of its content; of its name where the content must not or cannot be read.
    problem: code of why it must not be read, known before opening it (a key of `reasons.REASONS`).
    """

    path: Path
    file_name: str
    file_id: str
    byte_count: int
    file_kind: str
    problem: str | None = None


def discover(raw_directory: Path) -> list[RawFile]:
    """Return the files below tickets/ and posts/ in natural order («2月» before «10月»).

    Lock files of office programs (~$…), hidden files and README files are left out. A file that must not be
    read (another suffix, a link that leads out, no ordinary file, no permission) is listed with its problem.

    Raises:
        UsageError: there is neither of the two folders.
    """
    kinds = [kind for kind in FILE_KINDS if (raw_directory / kind).is_dir()]
    if not kinds:
        raise UsageError(
            f"原始目录 {raw_directory} 里没有 tickets 或 posts 子目录。请把工单导出放进 tickets/，把帖子放进 posts/。"
        )
    files = [_raw_file(path, raw_directory, kind) for kind in kinds for path in _walk(raw_directory / kind)]
    return sorted(files, key=lambda f: _natural_key(f.file_name))


def find_file(raw_directory: Path, file_name: str) -> Path | None:
    """Return the path of the file that `discover` lists under this name; None if there is none now."""
    for kind in FILE_KINDS:
        for path in _walk(raw_directory / kind):
            if _shown_name(path, raw_directory) == file_name:
                return None if _problem(path, raw_directory) else path
    return None


def misplaced(raw_directory: Path) -> list[str]:
    """Return names of tables that lie beside tickets/ and posts/ instead of inside, where no run looks for them."""
    names = (p.name for p in raw_directory.iterdir() if p.is_file() and p.suffix.lower() in READ_SUFFIXES)
    return sorted((n for n in names if not _SKIPPED_NAMES.fullmatch(n)), key=_natural_key)


def _walk(directory: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(directory):
        linked = [n for n in subfolders if (Path(folder) / n).is_symlink()]
        subfolders[:] = [n for n in subfolders if n not in linked and not _SKIPPED_NAMES.fullmatch(n)]
        for name in (*linked, *names):
            if not _SKIPPED_NAMES.fullmatch(name):
                yield Path(folder) / name


def _natural_key(name: str) -> list[tuple[int, int, str]]:
    parts = _DIGITS.split(name)
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p.casefold()) for p in parts if p]


def _shown_name(path: Path, raw_directory: Path) -> str:
    """Return the name below the raw directory; bytes that are not UTF-8 (old zip tools) are read as GB18030."""
    name = path.relative_to(raw_directory).as_posix()
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(name).decode("gb18030", "backslashreplace")
    return name


def _problem(path: Path, raw_directory: Path) -> str | None:
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(raw_directory.resolve()):
            return "outside_raw"
        mode = path.stat().st_mode
    except (OSError, RuntimeError):
        return "no_access"
    if stat.S_ISDIR(mode):
        return "linked_folder"
    if not stat.S_ISREG(mode):
        return "not_regular_file"
    if path.suffix.lower() not in READ_SUFFIXES:
        return "unsupported_suffix"
    return None


def _raw_file(path: Path, raw_directory: Path, kind: str) -> RawFile:
    name = _shown_name(path, raw_directory)
    problem = _problem(path, raw_directory)
    name_id = hashlib.sha256(f"name:{name}".encode()).hexdigest()
    if problem not in {None, "unsupported_suffix"}:
        return RawFile(path, name, name_id, 0, kind, problem)
    try:
        with path.open("rb") as stream:
            file_id = hashlib.file_digest(stream, "sha256").hexdigest()
            return RawFile(path, name, file_id, stream.tell(), kind, problem)
    except OSError:
        return RawFile(path, name, name_id, 0, kind, "no_access")
