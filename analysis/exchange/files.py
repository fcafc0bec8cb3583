"""Files that are whole or absent, readable by no more people than they should be, and safely named."""

import os
import re
from pathlib import Path

SHARED_MODE = 0o640
"""For what the office's own group may read."""
PRIVATE_MODE = 0o600
"""For personal data and for leads about corruption."""

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
_LONGEST_NAME_BYTES = 160


def write_atomically(path: Path, content: bytes, mode: int) -> Path:
    """Put `content` at `path` in one step, with exactly `mode` whatever the umask; return `path`.

    The bytes go to a hidden file in the same folder that is flushed to disk and renamed. A killed writer
    leaves that file behind and the next one takes its place, so the caller must hold the lock of the run.
    """
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _flush_directory(path.parent)
    return path


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def safe_file_name(name: str) -> str:
    """Return `name` without characters that Windows, Linux or a file manager cannot stand, cut to a safe length.

    >>> safe_file_name("区城管局/直属一队:*")
    '区城管局_直属一队__'
    """
    safe = _UNSAFE.sub("_", name).encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore").strip(" .")
    return safe or "未命名"
