"""Ends, in Prefect's records, the runs of a site whose process is gone: they would be shown as running for ever.

A runner that is killed together with its run (kill -9, power cut) cannot tell the server of either.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from filelock import FileLock, Timeout
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

from analysis.site import SitePaths

_STARTING = timedelta(minutes=5)
"""How long a run may take from being sent to its start."""


def end_dead_runs(flow_name: str, paths: SitePaths, own_id: UUID | None = None) -> None:
    """End all runs of a site but our own that are said to be at work.

    Called by who holds the site's lock: whoever else were at work would hold it.
    """
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(
                    type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING, StateType.CANCELLING])
                )
            ),
        )
        for run in found:
            if run.id != own_id and _is_of(run, paths) and not _may_be_starting(run):
                client.set_flow_run_state(run.id, Crashed(message="进程已不在"), force=True)


def end_dead_runs_if_idle(flow_name: str, paths: SitePaths) -> None:
    """End them where no run is going on."""
    paths.processed.mkdir(parents=True, exist_ok=True, mode=0o750)
    try:
        with FileLock(paths.lock).acquire(timeout=0):
            end_dead_runs(flow_name, paths)
    except Timeout:
        return  # a run outlived its runner: the next one looks again


def _is_of(run: FlowRun, paths: SitePaths) -> bool:
    processed = run.parameters.get("processed")
    return processed is not None and Path(processed).resolve() == paths.processed.resolve()


def _may_be_starting(run: FlowRun) -> bool:
    return run.state_type is StateType.PENDING and (
        run.state is None or datetime.now(UTC) - run.state.timestamp < _STARTING
    )
