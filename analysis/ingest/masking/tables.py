"""Masks whole tables: candidates on their way into the ledger, and any table of the user's."""

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from analysis.ingest.masking.masker import Masker
from analysis.ingest.masking.own import OwnDetails
from analysis.ingest.masking.spans import Kind

OWN_FIELDS = {
    "complainant_name": Kind.NAME,
    "complainant_phone": Kind.PHONE,
    "complainant_account": Kind.ACCOUNT,
    "complainant_address": Kind.ADDRESS,
}
"""Fields that say who the complainant is, with the kind that stands for their values in a masked table."""

_NARRATIVES = ("title", "text", "place", "reply")
_LABELS = ("district", "request_type", "native_category", "channel", "handling_unit", "native_status", "satisfaction")
_IDENTIFIERS = frozenset({"native_id", "complaint_id"})
_LONGEST_LABELLED = 40
"""Characters of a cell up to which its heading counts as the word before it (座机 | 85123456)."""


def mask_candidates(candidates: pd.DataFrame, masker: Masker) -> pd.DataFrame:
    """Return `candidates` without personal data.

    title, text, place and reply are masked with the row's own details and by patterns; district, category,
    unit and the like by patterns only, which leave their usual values as they are. native_id stays as it is,
    even where a platform takes a phone number for it: by it alone a row can be found again at its source.

    Args:
        candidates: rows with any of these columns, and with complainant_name, complainant_phone,
            complainant_account and complainant_address, which the result no longer has. Missing text is None.
        masker: finds the personal data.
    """
    own_details = _own_details(candidates, {field: field for field in OWN_FIELDS})
    masked = candidates.drop(columns=list(OWN_FIELDS), errors="ignore")
    for column in _NARRATIVES:
        if column in masked:
            cells = zip(masked[column], own_details, strict=True)
            masked[column] = _column((_masked(masker.mask, cell, own) for cell, own in cells), masked)
    for column in _LABELS:
        if column in masked:
            masked[column] = _mask_labels(masked[column], masker)
    return masked


def mask_table(frame: pd.DataFrame, field_of: Mapping[str, str], masker: Masker) -> pd.DataFrame:
    """Return a table of text with the same columns and rows, without personal data.

    Args:
        frame: cells are text or missing.
        field_of: the canonical field of each column that has one. Names, phones, accounts and addresses of the
            complainant are replaced as a whole, and searched for in the other cells of their row. Columns of
            ids stay. A short cell of a column without a field is read together with its heading.
        masker: finds the personal data.
    """
    own_details = _own_details(frame, {column: field for column, field in field_of.items() if field in OWN_FIELDS})
    masked = frame.copy()
    for column in frame.columns:
        field = field_of.get(column)
        if field in _IDENTIFIERS:
            continue
        if field in OWN_FIELDS:
            token = OWN_FIELDS[field].token
            masked[column] = _column((token if _is_text(cell) else cell for cell in frame[column]), masked)
        elif field in _LABELS:
            masked[column] = _mask_labels(frame[column], masker)
        else:
            heading = "" if field else f"{column}:"
            cells = zip(frame[column], own_details, strict=True)
            masked[column] = _column((_masked(masker.mask, cell, own, heading) for cell, own in cells), masked)
    return masked


def _own_details(frame: pd.DataFrame, own_columns: Mapping[str, str]) -> list[OwnDetails]:
    """Return the details of each row; `own_columns` says which column holds which field, several may hold one."""
    values: dict[str, list[list[str]]] = {field: [[] for _ in range(len(frame))] for field in OWN_FIELDS}
    for column, field in own_columns.items():
        if column in frame:
            for texts, cell in zip(values[field], frame[column], strict=True):
                texts += [cell] if _is_text(cell) else []
    return [
        OwnDetails(
            "、".join(names) or None,
            tuple(phones),
            accounts[0] if accounts else None,
            addresses[0] if addresses else None,
        )
        for names, phones, accounts, addresses in zip(*values.values(), strict=True)
    ]


def _mask_labels(column: pd.Series, masker: Masker) -> pd.Series:
    masked = {cell: masker.mask(cell, is_narrative=False) for cell in column.unique() if _is_text(cell)}
    return _column((masked.get(cell, cell) if _is_text(cell) else cell for cell in column), column)


def _masked(mask: Callable[[str, OwnDetails], str], cell: object, own: OwnDetails, heading: str = "") -> object:
    """Return a cell masked; a short one together with its heading, unless that is masked as well."""
    if not isinstance(cell, str) or not cell:
        return cell
    if heading and len(cell) <= _LONGEST_LABELLED:
        labelled = mask(heading + cell, own)
        if labelled.startswith(heading):
            return labelled[len(heading) :]
    return mask(cell, own)


def _is_text(cell: object) -> bool:
    return isinstance(cell, str) and bool(cell.strip())


def _column(cells: Iterable[object], like: pd.DataFrame | pd.Series) -> pd.Series:
    return pd.Series(list(cells), index=like.index, dtype=object)
