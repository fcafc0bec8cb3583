"""Masks whole tables: candidates on their way into the ledger, and any table of the user's."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from analysis.ingest.masking.masker import Masker
from analysis.ingest.masking.own import OwnDetails
from analysis.ingest.masking.spans import TOKEN, Kind

OWN_FIELDS = {
    "complainant_name": Kind.NAME,
    "complainant_phone": Kind.PHONE,
    "complainant_account": Kind.ACCOUNT,
    "complainant_address": Kind.ADDRESS,
}
"""Fields that say who the complainant is, with what stands for their values in a masked table."""

_NARRATIVES = ("title", "text", "place", "reply")
_LABELS = (
    "district", "request_type", "native_category", "channel", "handling_unit", "native_status", "satisfaction",
)
_IDENTIFIERS = frozenset({"native_id", "complaint_id"})
_CACHED_LABELS = 4096


def mask_candidates(candidates: pd.DataFrame, masker: Masker) -> pd.DataFrame:
    """Return `candidates` without personal data.

    title, text, place and reply are masked with the row's own details and by patterns; district, category,
    unit and the like by patterns only (their usual values come back unchanged). native_id stays as it is, even
    where a platform takes a phone number for it: without it the row could not be found again at its source.

    Args:
        candidates: rows with any of these columns, and with complainant_name, complainant_phone,
            complainant_account and complainant_address, which the result no longer has. Missing text is None.
        masker: finds the personal data.
    """
    own_details = _own_details(candidates, {field: field for field in OWN_FIELDS})
    masked = candidates.drop(columns=list(OWN_FIELDS), errors="ignore").copy()
    for column in _present(masked, _NARRATIVES):
        masked[column] = _mask_column(masked[column], own_details, masker)
    for column in _present(masked, _LABELS):
        masked[column] = _mask_labels(masked[column], masker)
    return masked


def mask_table(frame: pd.DataFrame, field_of: Mapping[str, str]) -> pd.DataFrame:
    raise NotImplementedError


def _present(frame: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    return [column for column in columns if column in frame.columns]
