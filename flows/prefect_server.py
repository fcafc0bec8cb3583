"""Finds the Prefect server that a site is configured for."""

import os

import httpx

from analysis.health import Service
from analysis.site import SitePaths

URL_VARIABLE = "PREFECT_API_URL"
_PATIENCE_SECONDS = 10


def answers(url: str) -> bool:
    """Say whether a healthy Prefect server answers at the API address `url`."""
    try:
        return httpx.get(f"{url}/health", timeout=_PATIENCE_SECONDS, trust_env=False).is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def configured_service(paths: SitePaths) -> Service | None:
    """Return the server of PREFECT_API_URL, else the one that the schedule was last registered with, if any."""
    url = os.environ.get(URL_VARIABLE) or (
        paths.served_by.read_text(encoding="utf-8").strip() if paths.served_by.is_file() else ""
    )
    return Service(url, answers(url)) if url else None
