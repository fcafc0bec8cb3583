"""What the command line says about a run."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as RichProgress

from analysis.contracts import OUTCOMES
from analysis.progress import Progress
from analysis.site import SitePaths

_REPORT = """\
收件　读入文件 {files} 个（无法读取 {unreadable_files} 个，以前已读 {known_files} 个）
　　　数据行 {rows} = {balance}；另略过合计等 {skipped} 行
判断　{judged} 件：纳入 {in_scope}，待人工复核 {review}，不纳入 {out_of_scope}
归并　新事项 {new_matters}，新问题 {new_problems}，并入问题的诉求 {new_links}
发布　快照与 {outputs} 个文件，在 {processed}"""


def report_run(counts: Mapping[str, int], paths: SitePaths) -> str:
    """Return the summary of a run, with the balance of rows that promise 1 of the design asks for."""
    balance = " + ".join(f"{label} {counts[outcome]}" for outcome, label in OUTCOMES.items())
    lines = _REPORT.format(**counts, balance=balance, processed=paths.processed)
    if counts["relapsed_problems"]:
        lines += f"\n反弹　{counts['relapsed_problems']} 个已销号的问题又有新的反映，见夜报"
    if counts["decided_by_reviewers"] or counts["sampled"]:
        lines += f"\n复核　落实人工决定 {counts['decided_by_reviewers']} 件，新抽查 {counts['sampled']} 件"
    if counts["misplaced_files"]:
        lines += f"\n注意　有 {counts['misplaced_files']} 个表格放在 tickets/ 和 posts/ 之外，没有读取。"
    if "assist_requests" in counts:
        lines += f"\n{_report_assistant(counts)}"
    return lines


_TROUBLE = {
    "assist_endpoint_refused": "服务不在内网，没有征询（见设置 assist.endpoint）",
    "assist_unavailable": "服务连不上或不应答，没有再问（见设置 assist）",
    "assist_budget_spent": "本夜的次数或时间用完，余下的下次再问",
}


def _report_assistant(counts: Mapping[str, int]) -> str:
    discarded = sum(count for name, count in counts.items() if name.startswith("assist_discarded"))
    parts = [
        f"征询 {counts['assist_requests']} 次，得到意见 {counts.get('assist_opinions', 0)} 件",
        f"不合格 {discarded} 件，没有答复 {counts.get('assist_failed', 0)} 件",
        f"没有问 {counts.get('assist_not_asked', 0)} 件",
        *(words for name, words in _TROUBLE.items() if counts.get(name)),
    ]
    return f"助手　{'；'.join(parts)}"


_LOG_SECONDS = 30
"""How often a log tells of long work; shorter work is not told of at all."""


def _log_progress(console: Console, clock: Callable[[], float]) -> Progress:
    told = clock()

    def advance(what: str, done: int, total: int) -> None:
        nonlocal told
        if clock() - told >= _LOG_SECONDS:
            told = clock()
            console.print(f"进度　{what} {done}/{total}", soft_wrap=True, markup=False, highlight=False)

    return advance


@contextmanager
def show_progress(clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """Give a progress callback: a bar on a terminal, in a log a plain line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _log_progress(console, clock)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # What the command prints meanwhile is not ours to move: its output may go into a file.
    with RichProgress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bars:
        tasks = {}

        def advance(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield advance
