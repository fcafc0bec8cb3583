"""The Prefect flow of the night: one task a stage, retries for files only, a digest artifact, a failure notice."""

import os

# Prefect reads these when it is imported. Analytics would phone home, and locks the temporary database.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
# The server keeps the log of a run; the terminal gets our own lines, not Prefect's tracebacks.
os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
os.environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

import traceback
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
from analysis.errors import HotlineError
from analysis.pipeline.night import Counts, Night, open_night, today
from analysis.pipeline.stages import STAGES, Stage, run_stage
from analysis.site import SitePaths, site_paths
from flows.dead_runs import end_dead_runs
from flows.notify import announce_failure
from flows.temporary_server import end_orphans, remember

_RETRIES, _RETRY_DELAY_SECONDS = 2, 10


def _is_file_trouble(_task: Any, _run: Any, state: Any) -> bool:
    """Say whether a stage failed for a reason that may pass: a share that was away, a file in use."""
    return isinstance(state.result(raise_on_failure=False), OSError)


class StageError(HotlineError):
    """A fault of the program in a stage; its message names type and place only, as Prefect stores messages."""

    exit_code = 70


def _run_sanitised(night: Night, stage: Stage) -> Counts:
    """Run a stage; an unforeseen exception, whose message could quote a complaint, is told without its message."""
    try:
        return run_stage(night, stage)
    except (HotlineError, OSError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__}，{Path(place.filename).name}:{place.lineno}"
        raise StageError(f"程序内部错误（{where}）。请把这一行报告给维护者。") from None


@task(cache_policy=NO_CACHE, persist_result=False, log_prints=False)
def _stage(night: Night, stage: Stage) -> Counts:
    counts = _run_sanitised(night, stage)
    get_run_logger().info("%s：%s", stage.name, "，".join(f"{k}={v}" for k, v in counts.items()))
    return counts


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
    if not announce_failure(load_settings(site_paths().settings), fault):
        get_logger().warning("失败通知没有送达，请检查设置 notify.urls")


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
    with open_night(paths, date.fromisoformat(as_of) if as_of else None) as night:
        end_orphans(paths.temporary_server)
        remember(paths.temporary_server)
        end_dead_runs(nightly.name, paths, UUID(flow_run.id))
        _run_stages(night)
        create_markdown_artifact(
            markdown=paths.digest.read_text(encoding="utf-8"), key="night-digest", description="夜报"
        )
        return dict(night.counts)


def run_through_prefect(paths: SitePaths, as_of: date | None) -> Counts:
    """Run the flow now, against the configured Prefect server or a temporary one."""
    return nightly(str(paths.raw), str(paths.processed), as_of.isoformat() if as_of else None)
