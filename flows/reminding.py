"""The Prefect flow of 催办提醒: what is overdue and due soon, sent to the addresses, and an artifact that says it."""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger

from analysis.config import load_settings
from analysis.errors import HotlineError
from analysis.exchange.markdown import escape_markdown
from analysis.pipeline.night import today
from analysis.pipeline.reminding import remind
from analysis.site import site_paths
from flows.notify import send_reminder
from flows.prefect_environment import end_quietly
from flows.sanitised import sanitised


def _run_name() -> str:
    return f"催办提醒 {today(load_settings(site_paths().settings))}"


@flow(name="催办提醒", flow_run_name=_run_name, persist_result=False, validate_parameters=True)
def reminding(processed: str | None = None) -> None:
    """Say what is overdue and due soon, if there is something to say.

    Args:
        processed: folder of results, data/processed if not given.
    """
    paths = site_paths(None, Path(processed) if processed else None)
    end_quietly()
    with sanitised():
        reminder = remind(paths)
        if reminder.body:
            lines = "\n".join(f"- {escape_markdown(line)}" for line in reminder.body.splitlines())
            create_markdown_artifact(markdown=lines, key="reminder", description=reminder.title)
        delivery = send_reminder(paths, reminder)
        get_run_logger().info(f"送到 {delivery.reached} 个地址" if reminder.body else "没有要提醒的")
        if delivery.faults:
            get_run_logger().critical("催办提醒%s", delivery.faults)  # the journal holds nothing less than critical
            raise HotlineError(f"催办提醒{delivery.faults}。")
