"""Reads raw files into masked, segmented complaints and quarantine: one transaction a file."""

from zoneinfo import ZoneInfo

import pandas as pd

from analysis.contracts import COMPLAINTS, INTAKE_ROWS, OUTCOMES, QUARANTINE, RAW_FILES
from analysis.errors import IntegrityError
from analysis.ingest.discover import RawFile, discover, misplaced
from analysis.ingest.identity import add_identity, load_or_create_key
from analysis.ingest.intake import Intake, read_intake
from analysis.ingest.masking import Masker, load_masker, mask_candidates
from analysis.ingest.outcomes import Settlement, settle
from analysis.ingest.sources import Sources, load_sources
from analysis.pipeline.night import Counts, Night


def read_files(night: Night) -> Counts:
    """Read every raw file that was not read before, mask it, and store it: one transaction a file."""
    sources, masker = load_sources(night.paths.codebook), load_masker(night.paths.codebook)
    key = load_or_create_key(night.paths.key)
    found = discover(night.paths.raw)
    known = set(night.store.query("known_files")["file_id"])
    counts = dict.fromkeys(["files", "unreadable_files", "rows", *OUTCOMES, "skipped"], 0)
    counts["misplaced_files"] = len(misplaced(night.paths.raw))
    counts["known_files"] = sum(f.file_id in known for f in found)
    fresh = list({f.file_id: f for f in reversed(found) if f.file_id not in known}.values())[::-1]
    for position, raw_file in enumerate(fresh):
        night.progress("读取文件", position, len(fresh))
        record = _read_file(night, raw_file, sources, masker, key)
        counts["files"] += 1
        counts["unreadable_files"] += record["status"] == "unreadable"
        counts["rows"] += int(record["row_count"])
        counts["skipped"] += int(record["skipped_count"])
        for outcome in OUTCOMES:
            counts[outcome] += int(record[f"{outcome}_count"])
    night.progress("读取文件", len(fresh), len(fresh))
    return counts


def _read_file(night: Night, raw_file: RawFile, sources: Sources, masker: Masker, key: bytes) -> pd.Series:
    zone = ZoneInfo(night.settings.site.timezone)
    intake = read_intake(raw_file, sources, night.settings.ingest, night.moment.as_of, zone)
    complaints = _complaints(night, raw_file, intake, masker, key)
    stored = night.store.apply("stored_complaints", {"wanted": complaints[["complaint_id"]]})
    settled = settle(complaints[COMPLAINTS.column_names], stored, raw_file.file_name)
    record = _file_record(night, raw_file, intake, settled)
    rejects = pd.concat([r for r in (intake.rejects, settled.conflicts) if len(r)] or [intake.rejects])
    taken = settled.rows[settled.rows["outcome"].isin(["accepted", "updated", "unchanged"])]
    mended = complaints.dropna(subset=["quarantine_id"]).merge(taken[["sheet_name", "row_number"]])
    with night.store.transaction():
        # An unreadable file is tried anew every night, as limits and codebook may have changed since.
        night.store.apply("forget_unreadable_entries", file_id=raw_file.file_id)
        night.store.apply("forget_unreadable_file", file_id=raw_file.file_id)
        night.store.append(RAW_FILES, record)
        _replace_complaints(night, settled)
        night.store.append(INTAKE_ROWS, _with_rejected_rows(settled.rows, intake.rejects))
        night.store.append(QUARANTINE, rejects.assign(status="open", resolved_file_id=None, run_id=night.moment.run_id))
        if len(mended):
            # A mended row names every entry it had; the first leads to all of them.
            mended = mended.assign(quarantine_id=mended["quarantine_id"].str.split().str[0])
            night.store.apply("resolve_quarantine", {"mended": mended[["quarantine_id", "file_id"]]})
    return record.iloc[0]


def _complaints(night: Night, raw_file: RawFile, intake: Intake, masker: Masker, key: bytes) -> pd.DataFrame:
    """Return the rows that passed the contract as masked, segmented complaints (and their quarantine_id)."""
    masked = mask_candidates(add_identity(intake.candidates, key), masker)
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
    return pd.DataFrame(
        [
            {
                "file_id": raw_file.file_id,
                "file_name": raw_file.file_name,
                "file_kind": raw_file.file_kind,
                "status": "read" if intake.is_readable else "unreadable",
                "byte_count": raw_file.byte_count,
                "row_count": intake.row_count,
                **by_outcome,
                "skipped_count": intake.skipped_count,
                "notes": "；".join(intake.notes) or None,
                "run_id": night.moment.run_id,
            }
        ]
    )


def _replace_complaints(night: Night, settled: Settlement) -> None:
    if len(settled.updated_ids):
        wanted = {"wanted": settled.updated_ids.to_frame()}
        night.store.apply("supersede_complaints", wanted, run_id=night.moment.run_id)
        night.store.apply("delete_complaints", wanted)
    if len(settled.reworded_ids):
        reworded = {"reworded": settled.reworded_ids.to_frame()}
        night.store.apply("delete_gate_decisions", reworded)
        night.store.apply("delete_assessments", reworded)
    night.store.append(COMPLAINTS, settled.complaints)


def _with_rejected_rows(rows: pd.DataFrame, rejects: pd.DataFrame) -> pd.DataFrame:
    rejected = rejects.dropna(subset=["row_number"]).drop_duplicates(["file_id", "sheet_name", "row_number"])
    rejected = rejected.assign(outcome="quarantined", complaint_id=None)[INTAKE_ROWS.column_names]
    return pd.concat([f for f in (rows, rejected) if len(f)] or [rows])
