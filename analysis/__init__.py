"""Library of the complaint hotline: from raw exports to a rectification ledger."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.snapshot import open_snapshot as open_snapshot

__all__ = ["open_snapshot"]


def __getattr__(name: str) -> Any:
    """Import what analysts use when they first ask for it: `import analysis` alone must stay cheap."""
    if name == "open_snapshot":
        from analysis.snapshot import open_snapshot

        return open_snapshot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
