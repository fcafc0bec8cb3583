"""Turns the assistant's answers into opinions: strictly checked, each text asked about once, whatever it answers."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.assist.client import Budget, BudgetSpentError, Client, EndpointError, NoAnswerError
from analysis.assist.prompt import LONGEST_QUOTE, Prompt
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS
from analysis.text import fold, text_digest

_MOST_ITEMS = 30
"""More entries than there are sub-problems are no answer."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Quotation(_Strict):
    code: str
    quote: Annotated[str, Field(min_length=2, max_length=LONGEST_QUOTE)]


class _Answer(_Strict):
    decision: Literal["in_scope", "out_of_scope"]
    codes: Annotated[list[str], Field(max_length=_MOST_ITEMS)]
    unit_kind: str | None
    evidence: Annotated[list[_Quotation], Field(max_length=_MOST_ITEMS)]


class Fault(StrEnum):
    """Why an answer is not taken; the value is the name of the count."""

    FORM = "assist_discarded_form"
    CODE = "assist_discarded_code"
    QUOTE = "assist_discarded_quote"


@dataclass(frozen=True)
class Opinion:
    """What the assistant thinks of one text.

    Attributes:
        decision: whether it is in scope.
        codes: its sub-problems, in the order of the alphabet; none out of scope.
        unit_kind: whom it accuses; None out of scope.
        evidence: sub-problem, start and end in «title + newline + text».
    """

    decision: Literal["in_scope", "out_of_scope"]
    codes: tuple[str, ...]
    unit_kind: str | None
    evidence: tuple[tuple[str, int, int], ...]


def read_answer(answer: str, document: str, scheme: Scheme) -> Opinion | Fault:
    """Return the opinion in an answer, or why there is none: one fault discards the whole of it.

    An answer must have the form of the schema and be of one piece (in scope: sub-problems, each with evidence, and a
    unit; out of scope: none of them), name only what the codebook has, and quote only what the text says.
    """
    try:
        read = _Answer.model_validate_json(answer)
    except ValidationError:
        return Fault.FORM
    codes = tuple(sorted(set(read.codes)))
    if not set(codes) <= set(scheme.sub_problems) or read.unit_kind not in (None, *UNIT_KINDS):
        return Fault.CODE
    if not _is_of_one_piece(read, codes):
        return Fault.FORM
    folded = fold(document)
    spans = []
    for quotation in read.evidence:
        start = folded.find(fold(quotation.quote))
        if start < 0:
            return Fault.QUOTE
        spans.append((quotation.code, start, start + len(quotation.quote)))
    return Opinion(read.decision, codes, read.unit_kind, tuple(dict.fromkeys(spans)))


def _is_of_one_piece(read: _Answer, codes: tuple[str, ...]) -> bool:
    if read.decision == "out_of_scope":
        return not codes and not read.evidence and read.unit_kind is None
    return bool(codes) and read.unit_kind is not None and {q.code for q in read.evidence} == set(codes)


@dataclass(frozen=True)
class Assistant:
    """The assistant as it is set up tonight: where it is asked, with which model and which words."""

    client: Client
    prompt: Prompt
    scheme: Scheme
    now: Callable[[], datetime]


def consult(
    assistant: Assistant, waiting: pd.DataFrame, known: pd.DataFrame, budget: Budget, counts: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Ask the assistant about complaints and yield each new opinion: a row of ASSISTANT_OPINIONS without run_id.

    A text that this model was asked about with this prompt, for whatever complaint, is not sent again; an answer that
    was discarded is remembered as such. Trouble ends the asking, never the night.

    Args:
        assistant: whom to ask.
        waiting: complaint_id, title, text (masked).
        known: the opinions so far, columns of ASSISTANT_OPINIONS.
        budget: how many requests and how much time are left.
        counts: filled in: assist_opinions, assist_cached, one per `Fault`, assist_failed (no answer), assist_not_asked,
            assist_unavailable, assist_endpoint_refused and assist_budget_spent (why the asking ended: 1).
    """
    cache = _cache(known, assistant)
    failures, is_over = 0, False
    for complaint_id, title, text in waiting[["complaint_id", "title", "text"]].itertuples(index=False):
        title = title if isinstance(title, str) else None
        digest = text_digest(title, text)
        own = {"complaint_id": complaint_id, "text_digest": digest}
        if (earlier := cache.get(digest)) is not None:
            if complaint_id not in earlier.complaint_ids:
                counts["assist_cached"] += 1
                yield earlier.row | own
            continue
        if is_over:
            counts["assist_not_asked"] += 1
            continue
        try:
            answer = assistant.client.ask(assistant.prompt.messages(title, text), assistant.prompt.schema, budget)
        except NoAnswerError:
            counts["assist_failed"] += 1
            failures += 1
            if failures >= assistant.client.settings.failures_in_a_row:
                counts["assist_unavailable"] = is_over = True
            continue
        except EndpointError as error:
            counts[error.count] = is_over = True
            counts["assist_not_asked"] += 1
            continue
        except BudgetSpentError:
            counts["assist_budget_spent"] = is_over = True
            counts["assist_not_asked"] += 1
            continue
        failures = 0
        found = read_answer(answer, f"{title or ''}\n{text}", assistant.scheme)
        counts[found if isinstance(found, Fault) else "assist_opinions"] += 1
        row = _row(found, assistant)
        cache[digest] = _Earlier(row, {complaint_id})
        yield row | own


@dataclass(frozen=True)
class _Earlier:
    """An opinion about a text, and the complaints that it was recorded for."""

    row: dict[str, Any]
    complaint_ids: set[str]


def _cache(known: pd.DataFrame, assistant: Assistant) -> dict[str, _Earlier]:
    is_same = (known["model_name"] == assistant.client.settings.model) & (
        known["prompt_version"] == assistant.prompt.version
    )
    cache: dict[str, _Earlier] = {}
    for row in known[is_same].drop(columns="run_id").to_dict("records"):
        values = {str(name): value for name, value in row.items()}
        entry = cache.setdefault(values["text_digest"], _Earlier(values, set()))
        entry.complaint_ids.add(values["complaint_id"])
    return cache


def _row(found: Opinion | Fault, assistant: Assistant) -> dict[str, Any]:
    if isinstance(found, Fault):
        said: dict[str, Any] = {"decision": "discarded", "codes": "", "unit_kind": None, "evidence": "[]"}
    else:
        spans = [{"code": code, "start": start, "end": end} for code, start, end in found.evidence]
        said = {
            "decision": found.decision,
            "codes": ";".join(found.codes),
            "unit_kind": found.unit_kind,
            "evidence": json.dumps(spans, ensure_ascii=False),
        }
    return said | {
        "endpoint_host": assistant.client.host,
        "model_name": assistant.client.settings.model,
        "prompt_version": assistant.prompt.version,
        "requested_at": assistant.now(),
    }
