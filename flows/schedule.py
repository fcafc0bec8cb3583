"""Serves the nightly flow on its schedule."""

from functools import partial
from threading import Event, Thread
from urllib.parse import quote

import httpx
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings

from analysis.config import load_settings
from analysis.site import SitePaths
from flows.dead_runs import end_dead_runs_if_idle
from flows.nightly import nightly
from flows.watching import watch

DEPLOYMENT = "nightly"
_PATIENCE_SECONDS = 30


def start_run(url: str) -> bool:
    """Have the server at `url` start a run now, after one that is going on; say whether it took the order."""
    try:
        found = httpx.get(
            f"{url}/deployments/name/{quote(nightly.name)}/{DEPLOYMENT}", timeout=_PATIENCE_SECONDS, trust_env=False
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


def serve_nightly(paths: SitePaths, url: str) -> None:
    """Register the deployment with its cron schedule and run what the server sends, until interrupted.

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
        nightly.serve(
            name=DEPLOYMENT,
            schedule=Cron(settings.schedule.cron, timezone=settings.site.timezone),
            parameters={"raw": str(paths.raw.resolve()), "processed": str(paths.processed.resolve())},
            description="每夜收件、判断、归并、发布",
            limit=1,
            print_starting_message=False,
        )
