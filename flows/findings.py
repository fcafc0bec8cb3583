"""Shows what `hotline doctor` found as a table."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from analysis.health import Finding, Level

_STYLES = {Level.FINE: "green", Level.HINT: "yellow", Level.FAULT: "bold red"}
_LOG_WIDTH = 2000
"""In a log every finding is one line, whatever its length."""


def print_findings(findings: Sequence[Finding]) -> None:
    """Print the findings, one row each, and their count: cells are folded on a terminal, never in a log."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _LOG_WIDTH
    table = Table(box=None, pad_edge=False)
    for heading in ("检查", "", "结果", "怎样办"):
        table.add_column(heading, overflow="fold", no_wrap=not heading)
    for finding in findings:
        style = _STYLES[finding.level]
        table.add_row(
            finding.check, f"[{style}]{finding.level.value}[/]", _plain(finding.result), _plain(finding.remedy)
        )
    console.print(table)
    counts = Counter(finding.level for finding in findings)
    console.print("，".join(f"{level.value} {counts[level]} 项" for level in Level) + "。")


def _plain(text: str) -> str:
    """Keep brackets in names of files and settings from being read as styles."""
    return text.replace("[", "\\[")
