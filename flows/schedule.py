"""Serves night, reports and reminder on their schedules."""

from collections.abc import Iterator
from functools import partial
from threading import Event, Thread
from typing import Any, cast
from urllib.parse import quote

import httpx
from prefect import Flow, serve
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings

from analysis.config import Settings, load_settings
from analysis.site import SitePaths
from flows.dead_runs import end_dead_runs_if_idle
from flows.nightly import nightly
from flows.reminding import reminding
from flows.reporting import reporting
from flows.watching import watch

DEPLOYMENT = "每夜"
_PATIENCE_SECONDS = 30


def start_run(url: str) -> bool:
    """Have the server at `url` start a run now, after one that is going on; say whether it took the order."""
    try:
        found = httpx.get(
            f"{url}/deployments/name/{quote(nightly.name)}/{quote(DEPLOYMENT)}",
            timeout=_PATIENCE_SECONDS,
            trust_env=False,
        ).raise_for_status()
        httpx.post(
            f"{url}/deployments/{found.json()['id']}/create_flow_run",
            json={"state": {"type": "SCHEDULED"}},
            timeout=_PATIENCE_SECONDS,
            trust_env=False,
        ).raise_for_status()
    except httpx.HTTPError:
        return False
    return True


def serve_site(paths: SitePaths, url: str) -> None:
    """Register what runs by itself with its schedules and run what the server sends, until interrupted.

    Args:
        paths: the site.
        url: API address of a Prefect server that answers.
    """
    settings = load_settings(paths.settings)
    stop = Event()
    if settings.schedule.watch:
        Thread(target=watch, args=(paths.raw, settings.schedule, partial(start_run, url), stop), daemon=True).start()
    with temporary_settings({PREFECT_API_URL: url}):
        end_dead_runs_if_idle(nightly.name, paths)
        # One at a time: a report that comes due waits for the night to end.
        serve(*_deployments(paths, settings), limit=1, print_starting_message=False)


def _deployments(paths: SitePaths, settings: Settings) -> Iterator[RunnerDeployment]:
    """Yield everything that can run; what is switched off can still be started by hand in the web page."""
    times = settings.schedule
    processed = str(paths.processed.resolve())
    both = {"raw": str(paths.raw.resolve()), "processed": processed}
    planned: tuple[tuple[Flow[..., Any], str, str, dict[str, Any], str], ...] = (
        (nightly, DEPLOYMENT, times.cron, both, "每夜收件、判断、归并、发布"),
        (reporting, "周报", times.weekly_report, {"period": "last-week", "processed": processed}, "上周的周报"),
        (reporting, "月报", times.monthly_report, {"period": "last-month", "processed": processed}, "上月的月报"),
        (reminding, "早上", times.reminder, {"processed": processed}, "通知新超期、新临期的问题"),
    )
    for flow, name, cron, parameters, description in planned:
        schedule = Cron(cron, timezone=settings.site.timezone) if cron else None
        planned_run = flow.to_deployment(name, schedule=schedule, parameters=parameters, description=description)
        yield cast("RunnerDeployment", planned_run)  # a coroutine only where an event loop runs
