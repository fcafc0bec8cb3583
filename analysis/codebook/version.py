"""Which codebook judges: its version for the ledger, and the digest of what a model depends on."""

import hashlib
from pathlib import Path

from analysis.codebook import read_codebook_bytes
from analysis.codebook.scheme import load_scheme

SCHEME_FILE = "scheme.toml"
KNOWLEDGE_FILES = ("actors.toml", "cues.toml")
CODEBOOK_FILES = (SCHEME_FILE, *KNOWLEDGE_FILES)


def codebook_version(directory: Path | None = None) -> str:
    """Return the version of scheme, actors and cues: the scheme's own and a digest of all three.

    Raises:
        SettingsError: the scheme is wrong; see `load_scheme`.
    """
    digest = hashlib.sha256()
    for name in CODEBOOK_FILES:
        digest.update(read_codebook_bytes(name, directory))
    return f"{load_scheme(directory).review.version}-{digest.hexdigest()[:8]}"


def knowledge_digest(directory: Path | None = None) -> str:
    """Return a digest of what a model is fitted to: the sub-problems that there are, actors and cues.

    Categories, their names and the map to them are not in it: they are applied to what the model says.

    Raises:
        SettingsError: the scheme is wrong; see `load_scheme`.
    """
    digest = hashlib.sha256("\n".join(sorted(load_scheme(directory).sub_problems)).encode())
    for name in KNOWLEDGE_FILES:
        digest.update(read_codebook_bytes(name, directory))
    return digest.hexdigest()
