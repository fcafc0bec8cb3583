"""Checks the ledger of a site; reads only."""

from analysis.codebook.scheme import load_scheme
from analysis.errors import IntegrityError
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.store import Reader
from analysis.ledger.verify import Finding, Rules, verify
from analysis.progress import Progress, no_progress
from analysis.site import SitePaths


def verify_ledger(paths: SitePaths, progress: Progress = no_progress) -> list[Finding]:
    """Check the private ledger against its events, the head kept outside, its files and the snapshot.

    progress: told how many checks are done.

    Raises:
        UsageError: nothing was run yet.
        BusyError: a run is writing to the ledger.
        IntegrityError: the ledger is gone, or ledger, snapshot or head cannot be read.
    """
    scheme = load_scheme(paths.codebook)
    rules = Rules(load_life_cycle(paths.codebook), lambda code: scheme.category_of(code).is_restricted)
    head_path = paths.ledger.with_suffix(".head")
    if head_path.exists() and not paths.ledger.exists():
        raise IntegrityError(f"链首文件 {head_path} 还在，台账 {paths.ledger} 却不见了。请从备份恢复。")
    with Reader.open_beside(paths.ledger, paths.snapshot) as reader:
        # Once the database is open, nobody can write to either.
        kept = reader.kept_head(head_path)
        checks = verify(reader, kept, rules)
        found = []
        for done, check in enumerate(checks):
            progress("核对台账", done, len(checks))
            found.append(check())
        progress("核对台账", len(checks), len(checks))
        return found
