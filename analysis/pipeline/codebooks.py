"""Keeps each codebook that judged or counted anything, so that its figures can be made again; guards what was used."""

import re
from pathlib import Path

from analysis.classify.atomic import replace_file
from analysis.codebook import read_codebook_bytes
from analysis.codebook.scheme import Scheme
from analysis.codebook.version import CODEBOOK_FILES
from analysis.errors import UsageError
from analysis.ledger.store import Store
from analysis.site import SitePaths

_READABLE = 0o644
_VERSION = re.compile(r"[^/\\\x00-\x1f]+-[0-9a-f]{8}")


def require_used(store: Store, scheme: Scheme) -> None:
    """Refuse a scheme that lacks a sub-problem which the ledger uses.

    Raises:
        SettingsError: it does; the message names the sub-problem.
    """
    for code, place in store.query("used_sub_problems").itertuples(index=False):
        scheme.require([str(code)], str(place))


def keep_codebook(paths: SitePaths, version: str) -> None:
    """Keep scheme, actors and cues of today below `data/processed/codebooks/<version>`, once."""
    directory = paths.codebooks / version
    directory.mkdir(parents=True, exist_ok=True)
    for name in CODEBOOK_FILES:
        if not (directory / name).is_file():
            replace_file(directory / name, read_codebook_bytes(name, paths.codebook), _READABLE)


def kept_codebook(paths: SitePaths, version: str) -> Path:
    """Return the folder of a kept codebook.

    Raises:
        UsageError: there is none of this version.
    """
    directory = paths.codebooks / version
    if not _VERSION.fullmatch(version) or not all((directory / name).is_file() for name in CODEBOOK_FILES):
        raise UsageError(f"没有留存代码本“{version[:40]}”。留存过的在 {paths.codebooks}，版本见 hotline trace 或夜报。")
    return directory
