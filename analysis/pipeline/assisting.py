"""Asks the optional assistant about complaints under review and keeps its opinions beside them."""

import os
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.assist.client import Budget, Client
from analysis.assist.opinions import Assistant, consult
from analysis.assist.prompt import load_prompt
from analysis.contracts import ASSISTANT_OPINIONS
from analysis.pipeline.night import Counts, Night


def ask_assistant(night: Night) -> Counts:
    """Ask about every complaint under review that was not asked about yet; do nothing where no assistant is set up.

    An opinion is stored as soon as it is there and changes no decision. Whatever goes wrong at the assistant's end
    is counted, and the night goes on: the reviewers' queue is simply without opinions.

    Raises:
        SettingsError: the prompt is malformed.
    """
    settings = night.settings.assist
    if not settings.enabled:
        return {}
    zone = ZoneInfo(night.settings.site.timezone)
    assistant = Assistant(
        client=Client(settings, os.environ.get(settings.api_key_env) if settings.api_key_env else None),
        prompt=load_prompt(night.scheme, night.paths.codebook),
        scheme=night.scheme,
        now=lambda: datetime.now(zone).replace(tzinfo=None),
    )
    waiting = night.store.query("complaints_under_review")
    known = night.store.table(ASSISTANT_OPINIONS)
    budget, counts = Budget.of(settings), Counter[str]()
    night.progress("征询助手", 0, len(waiting))
    for done, opinion in enumerate(consult(assistant, waiting, known, budget, counts), 1):
        night.store.append(ASSISTANT_OPINIONS, pd.DataFrame([opinion | {"run_id": night.moment.run_id}]))
        night.progress("征询助手", done, len(waiting))
    night.progress("征询助手", len(waiting), len(waiting))
    return {"assist_requests": budget.request_count} | {name: int(count) for name, count in counts.items()}
