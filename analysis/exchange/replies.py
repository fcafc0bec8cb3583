"""How the supervisor answered what units applied for, from the events, for the units' workbooks."""

import json

import pandas as pd

from analysis.contracts import LIFE_CYCLE_KINDS

ANSWERS = ("extension_granted", "extension_refused", "objection_rejected")
"""Steps that answer an application and say why; what a verification found stands in the problem itself."""
_NEW_LIFE = ("recurred", "look_back_failed", "unit_assigned")
"""Steps after which earlier answers are of no interest."""


def supervisor_replies(events: pd.DataFrame) -> dict[str, str]:
    """Return by problem the last answer to an application of its unit (Chinese), where there is one.

    Args:
        events: columns of EVENTS.
    """
    corrected = {json.loads(p)["sequence"] for p in events.loc[events["kind"] == "event_corrected", "payload"]}
    told = events[events["kind"].isin([*ANSWERS, *_NEW_LIFE]) & ~events["sequence"].isin(corrected)]
    told = told.sort_values("sequence")
    last = told.drop_duplicates("problem_id", keep="last")
    found = {}
    for problem_id, kind, payload in zip(last["problem_id"], last["kind"], last["payload"], strict=True):
        if kind in ANSWERS:
            found[str(problem_id)] = f"{LIFE_CYCLE_KINDS[kind]}：{json.loads(payload)['facts']['status_reason']}"
    return found
