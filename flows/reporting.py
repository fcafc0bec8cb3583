"""The Prefect flow of 周报 and 月报: the report of the period that has ended, and an artifact that names its files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import Flow, flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging import get_logger
from prefect.runtime import flow_run

from analysis.config import load_settings
from analysis.exchange.markdown import escape_markdown
from analysis.pipeline.night import today
from analysis.pipeline.reporting import make_report
from analysis.report.period import last_period
from analysis.site import site_paths
from flows.notify import announce_failure
from flows.prefect_environment import end_quietly
from flows.sanitised import sanitised

KINDS = {"last-week": "周报", "last-month": "月报"}
"""By how the period is written, what people call its report."""


def _run_name() -> str:
    period = str(flow_run.parameters["period"])
    found = last_period(period, today(load_settings(site_paths().settings)))
    return f"{KINDS[period]} {found.name if found else period}"


def _notify(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001  # Prefect's names
    outcome = state.result(raise_on_failure=False)
    fault = outcome if isinstance(outcome, BaseException) else RuntimeError()
    given, period = flow_run.parameters.get("processed"), str(flow_run.parameters["period"])
    paths = site_paths(None, Path(given) if given else None)
    get_logger().critical("%s没有做成：%s", KINDS[period], fault)  # the journal holds nothing less than critical
    delivery = announce_failure(paths, fault, KINDS[period], f"hotline report --period {period}")
    if delivery.faults:
        get_logger().critical("失败通知%s", delivery.faults)


def _named(files: Sequence[Path]) -> str:
    lines = [f"- {escape_markdown(path.name)}" for path in files]
    return "\n".join([f"写在本机 {escape_markdown(str(files[0].parent))}：", "", *lines])


@flow(
    name="定期报告",
    flow_run_name=_run_name,
    persist_result=False,
    validate_parameters=True,
    on_failure=[_notify],
    on_crashed=[_notify],
)
def reporting(period: str, processed: str | None = None) -> None:
    """Make the report of the last week or month from the newest snapshot.

    Args:
        period: a key of KINDS.
        processed: folder of results, data/processed if not given.
    """
    paths = site_paths(None, Path(processed) if processed else None)
    end_quietly()
    with sanitised():
        files = make_report(paths, period, None, is_public=False)
        create_markdown_artifact(
            markdown=_named(files), key=f"report-{period}", description=f"{KINDS[period]}：{files[0].parent.name}"
        )
