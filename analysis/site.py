"""Where the files of one site lie: raw input, results, the model and the key."""

import os
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "HOTLINE_HOME"
KEY_VARIABLE = "HOTLINE_KEY_FILE"
KEY_ITSELF_VARIABLE = "HOTLINE_KEY"
"""Holds the key where no file may: a secret that the service manager or a vault puts into the environment."""


@dataclass(frozen=True)
class SitePaths:
    """The folders of one site; several sites can live side by side on one machine.

    settings: the folder in which the site's own hotline.toml may lie.
    codebook: the folder in which the site's own codebook files may lie.
    """

    raw: Path
    processed: Path
    models: Path
    key: Path
    settings: Path
    codebook: Path

    @property
    def labels(self) -> Path:
        """The site's own labels, private."""
        return self.models.parent / "labels"

    @property
    def ledger(self) -> Path:
        """The private database."""
        return self.processed / "ledger.duckdb"

    @property
    def snapshot(self) -> Path:
        """The published read-only copy for analysts."""
        return self.processed / "snapshot.duckdb"

    @property
    def codebooks(self) -> Path:
        """The codebooks that runs judged by, one folder a version."""
        return self.processed / "codebooks"

    @property
    def digest(self) -> Path:
        """The digest of the last night."""
        return self.processed / "夜报.md"

    @property
    def temporary_server(self) -> Path:
        """The note of a run's temporary Prefect server."""
        return self.processed / "prefect-server.pid"

    @property
    def served_by(self) -> Path:
        """The note of the Prefect server that the site's schedule was last registered with."""
        return self.processed / "prefect-service.url"

    @property
    def notices(self) -> Path:
        """What notices told people, and whom they did not reach."""
        return self.processed / "通知记录.json"

    @property
    def lock(self) -> Path:
        """The lock of the nightly run."""
        return self.processed / "run.lock"


def home() -> Path:
    """Return the folder that holds `data/`: HOTLINE_HOME, else the checkout this code lies in, else here."""
    if os.environ.get(HOME_VARIABLE):
        return Path(os.environ[HOME_VARIABLE])
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def site_paths(raw: Path | None = None, processed: Path | None = None, base: Path | None = None) -> SitePaths:
    """Return the paths of a site; what is not given lies below `base`, the folder that holds `data/`, else `home()`.

    The key lies beside the database, never in it; HOTLINE_KEY_FILE can name another place.
    """
    base = base or home()
    data = base / "data"
    processed = processed or data / "processed"
    key = os.environ.get(KEY_VARIABLE)
    return SitePaths(
        raw=raw or data / "raw",
        processed=processed,
        models=data / "models",
        key=Path(key) if key else processed / "private" / "complainant.key",
        settings=base,
        codebook=base / "codebook",
    )


def find_snapshot(path: Path | None = None) -> tuple[Path, SitePaths]:
    """Return the snapshot that `path` means, and the site that it is of; neither need be there.

    Args:
        path: a snapshot; a folder of results; a folder that holds one of them as `processed/` or, as a site does, as
            `data/processed/`. The site of `home()` if not given.
    """
    if path is not None and (path / "data").is_dir():
        paths = site_paths(base=path)
    elif path is not None and path.is_dir():
        paths = site_paths(processed=path / "processed" if (path / "processed").is_dir() else path)
    elif path is not None:
        return path, site_paths(processed=path.parent)
    else:
        paths = site_paths()
    return paths.snapshot, paths
