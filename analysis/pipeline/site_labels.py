"""Brings a site's labels together: files that it hands in, and what its reviewers decided in the ledger."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.classify.labels import REQUIRED, LabelFault, check_labels, distinct, keep_labels, kept_labels, no_labels
from analysis.codebook.scheme import Scheme, load_scheme
from analysis.config import load_settings
from analysis.contracts import COMPLAINTS, GATE_DECISIONS, REVIEWS
from analysis.errors import UsageError
from analysis.ingest.reasons import plain
from analysis.ledger.reviews import effective_decisions, with_text_digest
from analysis.ledger.store import Reader
from analysis.pipeline.masking import mask_any_table
from analysis.site import SitePaths
from analysis.tables import read_numbered_table

_SHOWN = 20
_LONGEST_ID = 40
_HEADINGS = {
    COMPLAINTS["complaint_id"].heading: "complaint_id",
    COMPLAINTS["title"].heading: "title",
    COMPLAINTS["text"].heading: "text",
    GATE_DECISIONS["unit_kind"].heading: "unit",
    "是否纳入": "in_scope",
    "小类": "codes",
}


def read_labels(
    paths: SitePaths, file: Path, known: pd.DataFrame | None = None, scheme: Scheme | None = None
) -> pd.DataFrame:
    """Read a labels table; return its labels, masked (columns of `labels.COLUMNS`).

    Columns complaint_id, in_scope, codes, unit (or their Chinese headings), and title and text where the ledger does
    not know the complaint; other columns are left out. No label is returned where a single row is bad.

    Args:
        paths: the site, whose ledger gives the texts that the table leaves out.
        file: the table.
        known: labels that the table must not contradict; columns of `labels.COLUMNS`.
        scheme: the sub-problems that there are; those of today if not given.

    Raises:
        UsageError: the file cannot be read, or rows are bad; the message lists the first of them.
    """
    table, numbers = read_numbered_table(file, load_settings(paths.settings).ingest)
    table = table.rename(columns={h: n for h, n in _HEADINGS.items() if n not in table.columns})
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise UsageError(f"标注文件 {file} 缺少列 {'、'.join(missing)}。需要 {'、'.join(REQUIRED)} 四列。")
    if table.empty:
        raise UsageError(f"标注文件 {file} 里没有一行标注。请检查文件。")
    masked = mask_any_table(table, paths.codebook)
    texts = [c for c in ("title", "text") if c in table]
    labels, faults = check_labels(
        table.assign(**{column: masked[column] for column in texts}),
        numbers,
        _ledger_texts(paths),
        no_labels() if known is None else known,
        scheme or load_scheme(paths.codebook),
    )
    if faults:
        raise UsageError(_refusal(file, faults))
    return labels


def import_labels(paths: SitePaths, files: Sequence[Path]) -> int:
    """Keep the labels of several tables in data/labels; return how many there are. All are kept, or none.

    Raises:
        UsageError: see `read_labels`; labels kept earlier, or of another of the files, count as `known`.
        SettingsError: a file of labels kept earlier is damaged.
    """
    known = kept_labels(paths.labels, load_scheme(paths.codebook))
    read = []
    for file in files:
        read.append(read_labels(paths, file, known))
        known = pd.concat([known, read[-1]])
    for labels in read:
        keep_labels(paths.labels, labels)
    return sum(map(len, read))


def site_labels(paths: SitePaths, scheme: Scheme) -> pd.DataFrame:
    """Return all labels of a site, one a text (columns of `labels.COLUMNS`); the ledger's reviews go before files.

    Raises:
        SettingsError: a kept file is damaged, or a label's sub-problem is no longer in the codebook.
    """
    return distinct(pd.concat([reviewed_labels(paths, scheme), kept_labels(paths.labels, scheme)]))


def reviewed_labels(paths: SitePaths, scheme: Scheme) -> pd.DataFrame:
    """Return the reviewers' decisions in the published snapshot that hold for the present text, as labels.

    Left out are conflicts, and decisions in scope without any unit.

    Raises:
        SettingsError: a decision has a sub-problem that the codebook no longer has.
    """
    if not paths.snapshot.exists():
        return no_labels()
    with Reader.open(paths.snapshot) as reader:
        if not reader.query("has_reviews")["has_reviews"].iloc[0]:
            return no_labels()
        decided = effective_decisions(reader.table(REVIEWS))
        texts = with_text_digest(reader.query("complaint_texts"))
    reviews = texts.merge(decided, on=["complaint_id", "text_digest"]).sort_values("complaint_id", ignore_index=True)
    codes = [tuple(c for c in str(cell or "").split(";") if c) for cell in reviews["codes"]]
    unit = reviews["unit_kind"].where(reviews["decision"] == "in_scope", "").fillna("")
    labels = reviews.assign(codes=pd.Series(codes, index=reviews.index, dtype=object), unit=unit)
    scheme.require((code for own in codes for code in own), "人工复核")
    is_sound = [
        bool(own) and bool(unit) if decision == "in_scope" else not own
        for own, unit, decision in labels[["codes", "unit", "decision"]].itertuples(index=False)
    ]
    return labels.loc[is_sound, list(no_labels().columns)].astype(object)


def _ledger_texts(paths: SitePaths) -> pd.DataFrame:
    if not paths.snapshot.exists():
        return pd.DataFrame(columns=["complaint_id", "title", "text"], dtype=object)
    with Reader.open(paths.snapshot) as reader:
        return reader.query("complaint_texts")


def _refusal(file: Path, faults: Sequence[LabelFault]) -> str:
    lines = [f"标注文件 {file} 有 {len(faults)} 行不合格，一行也没有采用。请改正后重试："]
    for fault in faults[:_SHOWN]:
        complaint_id = f"（编号 {plain(fault.complaint_id, _LONGEST_ID)}）" if fault.complaint_id else ""
        lines.append(f"  第 {fault.number} 行{complaint_id}“{fault.column}”：{fault.reason}")
    if len(faults) > _SHOWN:
        lines.append(f"  另有 {len(faults) - _SHOWN} 行")
    return "\n".join(lines)
