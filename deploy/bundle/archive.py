"""Writes files into one tar archive, with a list of their checksums: the same files give the same bytes."""

import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from deploy.bundle.wheels import sha256_of

CHECKSUMS = "SHA256SUMS"

Files = Mapping[str, Path | bytes]
"""What stands in an archive: the name of each file, and where it lies or what is in it."""


def write_archive(path: Path, files: Files, top: str, changed_at: int) -> None:
    """Write `files` and their checksums into a folder `top` of the archive `path`, replaced in one step.

    Not compressed: nearly all of it is wheels, which are.
    """
    part = path.with_name(f"{path.name}.part")
    with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted({**files, CHECKSUMS: checksums(files)}.items()):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.mtime = changed_at
            if isinstance(content, bytes):
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
            else:
                entry.size, entry.mode = content.stat().st_size, 0o755 if os.access(content, os.X_OK) else 0o644
                with content.open("rb") as file:
                    archive.addfile(entry, file)
    part.replace(path)


def checksums(files: Files) -> bytes:
    """Return the list that `sha256sum --check` reads."""
    digests = {
        name: hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else sha256_of(content)
        for name, content in files.items()
    }
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()
