"""Serves the nightly flow on its schedule against a running Prefect server."""

import httpx
from prefect.schedules import Cron
from prefect.settings import get_current_settings

from analysis.config import load_settings
from analysis.errors import UsageError
from analysis.site import SitePaths
from flows.nightly import nightly

DEPLOYMENT = "nightly"


def serve_nightly(paths: SitePaths) -> None:
    """Register the deployment with its cron schedule and run what the server sends, until interrupted.

    Raises:
        UsageError: no Prefect server answers; a schedule needs one.
    """
    _require_server()
    settings = load_settings(paths.settings)
    nightly.serve(
        name=DEPLOYMENT,
        schedule=Cron(settings.schedule.cron, timezone=settings.site.timezone),
        parameters={"raw": str(paths.raw.resolve()), "processed": str(paths.processed.resolve())},
        description="每夜收件、判断、归并、发布",
        print_starting_message=False,
    )


def _require_server() -> None:
    url = get_current_settings().api.url
    if url is None:
        raise UsageError(
            "没有设置 Prefect 服务的地址。请先执行 prefect server start，再设置 PREFECT_API_URL=http://127.0.0.1:4200/api。"
        )
    try:
        httpx.get(f"{url}/health", timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        raise UsageError(f"Prefect 服务 {url} 没有应答。请先执行 prefect server start，再重试。") from error
