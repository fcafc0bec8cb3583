"""The stages of the night in their order, and the plain function that runs them all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from analysis.pipeline.assisting import ask_assistant
from analysis.pipeline.explaining import explain_judgements
from analysis.pipeline.judging import judge_complaints
from analysis.pipeline.merging import merge_problems
from analysis.pipeline.night import Counts, Night, open_night
from analysis.pipeline.publishing import publish_results
from analysis.pipeline.reading import read_files
from analysis.progress import Progress, no_progress
from analysis.site import SitePaths


@dataclass(frozen=True)
class Stage:
    """One stage of the night; every stage does what is still undone, so that it can be repeated at any time."""

    code: str
    name: str
    run: Callable[[Night], Counts]
    touches_files: bool


STAGES: tuple[Stage, ...] = (
    Stage("ingest", "收件：读取、校验、去隐私", read_files, touches_files=True),
    Stage("judge", "判断：范围、小类、证据", judge_complaints, touches_files=False),
    Stage("explain", "说明：判断的依据", explain_judgements, touches_files=False),
    Stage("assist", "助手：征询待复核的诉求（默认不用）", ask_assistant, touches_files=False),
    Stage("merge", "归并：同一事项、问题、责任单位、时限", merge_problems, touches_files=False),
    Stage("publish", "发布：快照、台账、夜报", publish_results, touches_files=True),
)


def run_stage(night: Night, stage: Stage) -> Counts:
    """Run one stage and remember its counts for the run's record."""
    counts = stage.run(night)
    night.counts.update(counts)
    return counts


def run_night(paths: SitePaths, as_of: date | None = None, progress: Progress = no_progress) -> Counts:
    """Run all stages without Prefect, for notebooks, tests and cron; returns the counts of all stages."""
    with open_night(paths, as_of, progress) as night:
        for stage in STAGES:
            run_stage(night, stage)
        return dict(night.counts)
