"""Lists the raw files of a site, with the fingerprint of each."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import UsageError

FILE_KINDS = ("tickets", "posts")
READ_SUFFIXES = frozenset({".xlsx", ".xls", ".csv", ".tsv", ".json", ".jsonl"})

_SKIPPED_NAMES = re.compile(r"~\$.*|\..*|README.*|Thumbs\.db|desktop\.ini|__MACOSX", re.IGNORECASE)
_MISPLACED_DEPTH = 3
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class RawFile:
    """A file below tickets/ or posts/.

    file_name: its path relative to the raw directory, with slashes.
    file_id: SHA-256 of its content; its name is hashed too where it is not read for its name or is empty, so that
        it is not taken for another file; its name alone where the content must not or cannot be opened.
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
    read (another suffix, a link that leads out, no ordinary file, no permission) is listed with its problem; so is
    a subfolder that cannot be entered.

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


def listing(raw_directory: Path) -> dict[str, tuple[int, int]]:
    """Return size and time (ns) of every file that `discover` would look at, by name, without opening any."""
    found = {}
    for kind in FILE_KINDS:
        for path in _walk(raw_directory / kind):
            with suppress(OSError):  # gone meanwhile
                facts = path.stat()
                found[_shown_name(path, raw_directory)] = (facts.st_size, facts.st_mtime_ns)
    return found


def find_file(raw_directory: Path, file_name: str) -> Path | None:
    """Return the path of the file that `discover` lists under this name; None if there is none now."""
    for kind in FILE_KINDS:
        for path in _walk(raw_directory / kind):
            if _shown_name(path, raw_directory) == file_name:
                return None if _problem(path, raw_directory) else path
    return None


def misplaced(raw_directory: Path) -> list[str]:
    """Return names of tables that lie beside tickets/ and posts/ instead of inside, where no run looks for them.

    Folders are searched to a depth of three, as a link or a mistaken setting may lead to a large tree.
    """
    found = []
    for folder, subfolders, names in os.walk(raw_directory):
        place = Path(folder).relative_to(raw_directory)
        kept = [n for n in subfolders if not is_skipped(n) and (place / n).as_posix() not in FILE_KINDS]
        subfolders[:] = kept if len(place.parts) < _MISPLACED_DEPTH else []
        found += [
            _shown_name(path, raw_directory)
            for path in (Path(folder) / n for n in names if not is_skipped(n))
            if path.suffix.lower() in READ_SUFFIXES and path.is_file()
        ]
    return sorted(found, key=_natural_key)


def is_skipped(name: str) -> bool:
    """Say whether files and folders of this name are left out: lock files, hidden ones, README."""
    return _SKIPPED_NAMES.fullmatch(name) is not None


def _walk(directory: Path) -> Iterator[Path]:
    """Yield the files, the folders that are links, and the folders that cannot be entered."""
    closed: list[OSError] = []
    for folder, subfolders, names in os.walk(directory, onerror=closed.append):
        linked = [n for n in subfolders if os.path.islink(os.path.join(folder, n))]  # noqa: PTH114, PTH118 - never raises
        subfolders[:] = [n for n in subfolders if n not in linked and not is_skipped(n)]
        for name in (*linked, *names):
            if not is_skipped(name):
                yield Path(folder) / name
    yield from (Path(error.filename) for error in closed)


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
        is_link = path.is_symlink()
        if is_link and not path.resolve().is_relative_to(raw_directory.resolve()):
            return "outside_raw"
        mode = path.stat().st_mode
    except (OSError, RuntimeError):
        return "no_access"
    if stat.S_ISDIR(mode):
        return "linked_folder" if is_link else "closed_folder"
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
            digest = hashlib.file_digest(stream, "sha256")
            byte_count = stream.tell()
    except OSError:
        return RawFile(path, name, name_id, 0, kind, "no_access")
    if problem or not byte_count:
        digest.update(f"name:{name}".encode())
    return RawFile(path, name, digest.hexdigest(), byte_count, kind, problem)
