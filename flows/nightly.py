"""The Prefect flow of the night: one task a stage, retries for files only, a digest artifact, a failure notice."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Flow, flow, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging import get_logger, get_run_logger
from prefect.runtime import flow_run

from analysis.config import load_settings
from analysis.pipeline.night import Counts, Night, open_night, today
from analysis.pipeline.stages import STAGES, Stage, run_stage
from analysis.site import SitePaths, site_paths
from flows.dead_runs import end_dead_runs
from flows.notify import announce_failure
from flows.prefect_environment import end_quietly
from flows.report import report_run, show_progress
from flows.sanitised import sanitised
from flows.temporary_server import end_orphans, remember

_RETRIES, _RETRY_DELAY_SECONDS = 2, 10


def _is_file_trouble(_task: Any, _run: Any, state: Any) -> bool:
    """Say whether a stage failed for a reason that may pass: a share that was away, a file in use."""
    return isinstance(state.result(raise_on_failure=False), OSError)


@task(cache_policy=NO_CACHE, persist_result=False, log_prints=False)
def _stage(night: Night, stage: Stage) -> Counts:
    with sanitised():
        return run_stage(night, stage)


def _run_stages(night: Night) -> None:
    progress = create_progress_artifact(progress=0.0, key="night-progress", description="本夜进度")
    for position, stage in enumerate(STAGES, 1):
        options: dict[str, Any] = {"name": stage.name, "task_run_name": stage.name}
        if stage.touches_files:
            options |= {
                "retries": _RETRIES,
                "retry_delay_seconds": _RETRY_DELAY_SECONDS,
                "retry_condition_fn": _is_file_trouble,
            }
        _stage.with_options(**options)(night, stage)
        if isinstance(progress, UUID):
            update_progress_artifact(artifact_id=progress, progress=100.0 * position / len(STAGES))


def _run_name() -> str:
    parameters = flow_run.parameters
    day = parameters.get("as_of") or today(load_settings(site_paths().settings)).isoformat()
    return f"夜间运行 {day}"


def _notify(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001  # Prefect's names
    outcome = state.result(raise_on_failure=False)
    fault = outcome if isinstance(outcome, BaseException) else RuntimeError()
    given = flow_run.parameters.get("processed")
    delivery = announce_failure(site_paths(None, Path(given) if given else None), fault)
    if delivery.faults:
        get_logger().critical("失败通知%s", delivery.faults)


@flow(
    name="夜间运行",
    flow_run_name=_run_name,
    persist_result=False,
    validate_parameters=True,
    on_failure=[_notify],
    on_crashed=[_notify],
)
def nightly(raw: str | None = None, processed: str | None = None, as_of: str | None = None) -> Counts:
    """Run the night's stages for one site.

    Parameters are paths and a day only: Prefect keeps them in plain text in its own database.

    Args:
        raw: folder of raw files, data/raw if not given.
        processed: folder of results, data/processed if not given.
        as_of: the day that deadlines count from (2026-11-20); today if not given.
    """
    paths = site_paths(Path(raw) if raw else None, Path(processed) if processed else None)
    end_quietly()
    day = date.fromisoformat(as_of) if as_of else None
    with show_progress() as progress, open_night(paths, day, progress) as night:
        end_orphans(paths.temporary_server)
        remember(paths.temporary_server)
        end_dead_runs(nightly.name, paths, UUID(flow_run.id))
        _run_stages(night)
        create_markdown_artifact(
            markdown=paths.digest.read_text(encoding="utf-8"), key="night-digest", description="夜报"
        )
        for line in report_run(night.counts, paths).splitlines():
            get_run_logger().info(line)
        return dict(night.counts)


def run_through_prefect(paths: SitePaths, as_of: date | None) -> Counts:
    """Run the flow now, against the configured Prefect server or a temporary one."""
    return nightly(str(paths.raw), str(paths.processed), as_of.isoformat() if as_of else None)
