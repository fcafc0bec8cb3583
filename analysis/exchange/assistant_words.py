"""Tells what the optional assistant thinks of a complaint under review: advice for the reviewer, never a decision."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import OPINION_DECISIONS
from analysis.exchange.ledger_view import as_text
from analysis.text import text_digest

OPINION_HEADING = "助手意见（只供参考）"


def current_opinions(opinions: pd.DataFrame, complaints: pd.DataFrame) -> pd.DataFrame:
    """Return the newest usable opinion about the present text of each complaint, indexed by complaint_id.

    Args:
        opinions: columns of ASSISTANT_OPINIONS.
        complaints: complaint_id, title and text as they are now.
    """
    usable = opinions[opinions["decision"] != "discarded"]
    concerned = complaints[complaints["complaint_id"].isin(usable["complaint_id"])]
    present = {
        complaint_id: text_digest(as_text(title), as_text(text))
        for complaint_id, title, text in concerned[["complaint_id", "title", "text"]].itertuples(index=False)
    }
    is_current = usable["text_digest"] == usable["complaint_id"].map(present)
    newest = usable[is_current].sort_values(["requested_at", "model_name", "prompt_version"], kind="stable")
    return newest.drop_duplicates("complaint_id", keep="last").set_index("complaint_id")


def opinion_words(opinion: "pd.Series[Any]", scheme: Scheme, *, has_restricted: bool = True) -> str:
    """Return an opinion as one line.

    Args:
        opinion: a row of `current_opinions`.
        scheme: names of the sub-problems.
        has_restricted: whether sub-problems of restricted categories are named; else only that there are some.
    """
    codes = [code for code in str(opinion["codes"]).split(";") if code in scheme.sub_problems]
    parts = [OPINION_DECISIONS[str(opinion["decision"])], *_named(codes, scheme, has_restricted=has_restricted)]
    if as_text(opinion["unit_kind"]):
        parts.append(f"单位 {opinion['unit_kind']}")
    return f"{'；'.join(parts)}（{opinion['model_name']}）"


def names_restricted(opinion: "pd.Series[Any]", scheme: Scheme) -> bool:
    """Say whether an opinion names a sub-problem of a restricted category."""
    codes = [code for code in str(opinion["codes"]).split(";") if code in scheme.sub_problems]
    return any(scheme.category_of(code).is_restricted for code in codes)


def _named(codes: Iterable[str], scheme: Scheme, *, has_restricted: bool) -> list[str]:
    shown, hidden = [], False
    for code in codes:
        if scheme.category_of(code).is_restricted and not has_restricted:
            hidden = True
        else:
            shown.append(scheme.sub_problems[code].name)
    return [f"小类 {'、'.join(shown)}"] * bool(shown) + ["另有线索类小类，用 hotline explain 查看"] * hidden
