"""Tells people that a run failed: by apprise, to the addresses in the settings."""

from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

from analysis.config import load_settings
from analysis.site import site_paths


def notify_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """Send the run's name and the type of its failure; never a message that could hold complaint text."""
    settings = load_settings(site_paths().settings)
    if not settings.notify.urls:
        return
    import apprise

    outcome = state.result(raise_on_failure=False)
    reason = type(outcome).__name__ if isinstance(outcome, BaseException) else str(state.type.value)
    messenger = apprise.Apprise()
    for url in settings.notify.urls:
        messenger.add(url)
    messenger.notify(
        title=f"{settings.site.name} 诉求分析：夜间运行失败",
        body=f"运行“{flow_run.name}”没有完成（{reason}）。请执行 hotline status 查看，再执行 hotline run 补跑。",
    )
