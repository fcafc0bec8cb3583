"""Reads raw files into masked, segmented complaints and quarantine: one transaction a file."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.contracts import COMPLAINTS, ERASURES, INTAKE_ROWS, OUTCOMES, QUARANTINE, RAW_FILES, empty_frame
from analysis.errors import IntegrityError
from analysis.ingest.discover import RawFile, discover, misplaced
from analysis.ingest.identity import KeyRing, add_identity, load_key_ring
from analysis.ingest.intake import REJECT_COLUMNS, Intake, read_intake
from analysis.ingest.masking import Masker, load_masker, mask_candidates
from analysis.ingest.outcomes import Settlement, keep_erased, settle
from analysis.ingest.reasons import quarantine_id
from analysis.ingest.sources import Sources, load_sources
from analysis.pipeline.night import Counts, Night


def read_files(night: Night) -> Counts:
    """Read every raw file that was not read before, mask it, and store it: one transaction a file.

    A file that cannot be taken in soundly is recorded as unreadable and as a fault of the night; the others go on.

    Raises:
        SettingsError: see `load_key_ring`.
    """
    sources, masker = load_sources(night.paths.codebook), load_masker(night.paths.codebook)
    is_first_time = not night.store.query("has_complaints")["has_complaints"].iloc[0]
    ring = load_key_ring(night.paths.key, night.store.rotation_count(), may_create=is_first_time)
    found = discover(night.paths.raw)
    known = set(night.store.query("known_files")["file_id"])
    copies: dict[str, list[RawFile]] = {}
    for raw_file in found:
        if raw_file.file_id not in known:
            copies.setdefault(raw_file.file_id, []).append(raw_file)
    night.faults.clear()
    for position, same_content in enumerate(copies.values()):
        night.progress("读取文件", position, len(copies))
        _read_one_of(night, same_content, sources, masker, ring)
    night.progress("读取文件", len(copies), len(copies))
    present = pd.DataFrame([(f.file_id, f.file_name) for f in found], columns=["file_id", "file_name"], dtype=object)
    night.store.apply("resolve_gone_files", {"present": present})
    # From the ledger, not added up here: the stage may have been repeated after a fault.
    totals = night.store.query("run_totals", run_id=night.moment.run_id).iloc[0]
    counts = {str(name): int(value) for name, value in totals.items()}
    return counts | {
        "misplaced_files": len(misplaced(night.paths.raw)),
        "known_files": len(found) - counts["files"],
    }


def _read_one_of(
    night: Night, same_content: Iterable[RawFile], sources: Sources, masker: Masker, ring: KeyRing
) -> None:
    """Read the first readable of several files with the same content: a name can make it unreadable."""
    for raw_file in same_content:
        try:
            if _read_file(night, raw_file, sources, masker, ring):
                return
        except IntegrityError as fault:
            night.faults.append(str(fault))
            _set_aside(night, raw_file)


def _read_file(night: Night, raw_file: RawFile, sources: Sources, masker: Masker, ring: KeyRing) -> bool:
    """Store what a file holds; return whether it could be read."""
    zone = ZoneInfo(night.settings.site.timezone)
    intake = read_intake(raw_file, sources, night.settings.ingest, night.moment.as_of, zone)
    complaints = _complaints(night, raw_file, intake, masker, ring)
    stored = night.store.apply("stored_complaints", {"wanted": complaints[["complaint_id"]]})
    erased = stored[stored["complaint_id"].isin(night.store.table(ERASURES)["complaint_id"])]
    complaints = keep_erased(complaints, erased)
    settled = settle(complaints[COMPLAINTS.column_names], stored, raw_file.file_name)
    record = _file_record(night, raw_file, intake, settled)
    rejects = pd.concat([r for r in (intake.rejects, settled.conflicts) if len(r)] or [intake.rejects])
    taken = settled.rows[settled.rows["outcome"].isin(["accepted", "updated", "unchanged"])]
    mended = complaints.dropna(subset=["quarantine_id"]).merge(taken[["sheet_name", "row_number"]])
    with night.store.transaction():
        _record_file(night, record, rejects)
        _replace_complaints(night, settled)
        night.store.append(INTAKE_ROWS, _with_rejected_rows(settled.rows, intake.rejects))
        if len(mended):
            # A mended row names every entry it had, in every round of mending.
            mended = mended.assign(quarantine_id=mended["quarantine_id"].str.split()).explode("quarantine_id")
            night.store.apply("resolve_quarantine", {"mended": mended[["quarantine_id", "file_id"]]})
    return intake.is_readable


def _record_file(night: Night, record: pd.DataFrame, rejects: pd.DataFrame) -> None:
    # An unreadable file is tried anew every night, as limits and codebook may have changed since.
    file_id = record["file_id"].iloc[0]
    night.store.apply("forget_unreadable_entries", file_id=file_id)
    night.store.apply("forget_unreadable_file", file_id=file_id)
    night.store.append(RAW_FILES, record)
    night.store.append(QUARANTINE, rejects.assign(status="open", resolved_file_id=None, run_id=night.moment.run_id))


def _set_aside(night: Night, raw_file: RawFile) -> None:
    """Record a file that could not be taken in soundly as unreadable; it is tried anew the next night."""
    reject = {
        "quarantine_id": quarantine_id(raw_file.file_id, None, None, None),
        "file_id": raw_file.file_id,
        "file_name": raw_file.file_name,
        "value_class": "整个文件",
        "reason_code": "unbalanced",
        "reason": "入账时行数不平或编号冲突，整个文件没有入账。请保留文件并报告此问题。",
    }
    counts = dict.fromkeys(["row_count", "skipped_count", *(f"{outcome}_count" for outcome in OUTCOMES)], 0)
    with night.store.transaction():
        _record_file(
            night,
            _record(night, raw_file, status="unreadable", notes=None, **counts),
            pd.DataFrame([reject], columns=REJECT_COLUMNS).astype(empty_frame(QUARANTINE)[REJECT_COLUMNS].dtypes),
        )


def _complaints(night: Night, raw_file: RawFile, intake: Intake, masker: Masker, ring: KeyRing) -> pd.DataFrame:
    """Return the rows that passed the contract as masked, segmented complaints (and their quarantine_id)."""
    masked = mask_candidates(add_identity(intake.candidates, ring), masker)
    statements = [f"{title or ''}\n{text}" for title, text in zip(masked["title"], masked["text"], strict=True)]
    return masked.assign(
        tokens=pd.Series(night.segmenter.segment(statements), index=masked.index, dtype=object),
        file_id=raw_file.file_id,
        run_id=night.moment.run_id,
    )


def _file_record(night: Night, raw_file: RawFile, intake: Intake, settled: Settlement) -> pd.DataFrame:
    """Return the file's row for RAW_FILES.

    Raises:
        IntegrityError: the rows of the file do not add up (promise 1 of the design).
    """
    outcomes = settled.rows["outcome"].value_counts()
    rejected = intake.rejects.dropna(subset=["row_number"])[["sheet_name", "row_number"]].drop_duplicates()
    by_outcome = {f"{outcome}_count": int(outcomes.get(outcome, 0)) for outcome in OUTCOMES}
    by_outcome["quarantined_count"] += len(rejected)
    settled_count = sum(by_outcome.values())
    if settled_count != intake.row_count:
        raise IntegrityError(
            f"文件 {raw_file.file_name} 的行数不平：读到 {intake.row_count} 行，入账 {settled_count} 行。请报告此问题。"
        )
    return _record(
        night,
        raw_file,
        status="read" if intake.is_readable else "unreadable",
        row_count=intake.row_count,
        skipped_count=intake.skipped_count,
        notes="；".join(intake.notes) or None,
        **by_outcome,
    )


def _record(night: Night, raw_file: RawFile, **findings: object) -> pd.DataFrame:
    provenance = {
        "file_id": raw_file.file_id,
        "file_name": raw_file.file_name,
        "file_kind": raw_file.file_kind,
        "byte_count": raw_file.byte_count,
        "run_id": night.moment.run_id,
    }
    return pd.DataFrame([provenance | findings])


def _replace_complaints(night: Night, settled: Settlement) -> None:
    if len(settled.updated_ids):
        wanted = {"wanted": settled.updated_ids.to_frame()}
        night.store.apply("supersede_complaints", wanted, run_id=night.moment.run_id)
        night.store.apply("delete_complaints", wanted)
    if len(settled.reworded_ids):
        night.store.forget_judgements(settled.reworded_ids)
    night.store.append(COMPLAINTS, settled.complaints)


def _with_rejected_rows(rows: pd.DataFrame, rejects: pd.DataFrame) -> pd.DataFrame:
    rejected = rejects.dropna(subset=["row_number"]).drop_duplicates(["file_id", "sheet_name", "row_number"])
    rejected = rejected.assign(outcome="quarantined", complaint_id=None)[INTAKE_ROWS.column_names]
    return pd.concat([f for f in (rows, rejected) if len(f)] or [rows])
