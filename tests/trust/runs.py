"""Runs of a small site in children that may be killed, and how two of their ends are compared."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from tests.ledger_content import differing_tables
from tests.trust.forked import Child, command, start
from tests.trust.site_cuts import cut_site

AS_OF = date(2026, 11, 20)


def small_site(folder: Path, seed: int) -> SitePaths:
    """Make a site of a few files; its key lies outside of its results, so that digests can be compared."""
    cut_site(folder / "raw", Random(seed))
    return replace(site_paths(folder / "raw", folder / "processed"), key=folder / "key")


def start_hotline(site: SitePaths, *arguments: str) -> Child:
    """Start a command for a site."""
    site.processed.parent.mkdir(exist_ok=True)
    words = [*arguments, "--processed", str(site.processed)]
    return start(command, words, _told(site), {"HOTLINE_KEY_FILE": str(site.key)})


def start_run(site: SitePaths) -> Child:
    """Start a night."""
    return start_hotline(site, "run", "--plain", "--raw", str(site.raw), "--as-of", AS_OF.isoformat())


def said(site: SitePaths) -> str:
    """Return what the last command for a site printed."""
    return _told(site).read_text(encoding="utf-8")


def _told(site: SitePaths) -> Path:
    return site.key.with_name(f"{site.processed.name}.said")


def differences(undisturbed: SitePaths, other: SitePaths) -> list[str]:
    """Return in what two sites differ: tables of ledger and snapshot, files, and what `hotline verify` finds."""
    found = differing_tables(undisturbed.ledger, other.ledger)
    found += [f"snapshot {name}" for name in differing_tables(undisturbed.snapshot, other.snapshot)]
    found += sorted(files(undisturbed) ^ files(other))
    return found + [finding.name for finding in verify_ledger(other) if finding.differences]


def files(site: SitePaths) -> set[str]:
    """Return the names of all files among a site's results."""
    return {p.relative_to(site.processed).as_posix() for p in site.processed.rglob("*") if p.is_file()}
