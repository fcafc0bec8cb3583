"""What all commands that take a filled-in workbook back tell in the same way."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import click


@contextmanager
def each_fault_told() -> Iterator[None]:
    """Print every cell that cannot stand, each on a line, before the refusal itself ends the command."""
    from analysis.exchange.returned_sheet import RefusedWorkbookError

    try:
        yield
    except RefusedWorkbookError as error:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        raise


def counted(recorded: Mapping[str, int], noun: str, *, is_dry_run: bool) -> str:
    """Return how many were recorded, and of which kinds.

    >>> counted({"交办": 2, "销号": 1}, "决定", is_dry_run=False)
    '记入 3 个决定（交办 2 个、销号 1 个）'
    """
    kinds = "、".join(f"{word} {count} 个" for word, count in recorded.items())
    total = sum(recorded.values())
    return f"{'将' if is_dry_run else ''}记入 {total} 个{noun}{f'（{kinds}）' if kinds else ''}"


def tell_unread(sheets: Sequence[str]) -> None:
    """Print which sheets of the workbook were not read, if any."""
    if sheets:
        click.echo(f"没有读取：{'、'.join(sheets)}。")
