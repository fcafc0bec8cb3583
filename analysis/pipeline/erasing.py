"""Takes the words of complaints out of ledger, snapshot and workbooks; judgements, links, counts and events stay."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from analysis.config import load_settings
from analysis.contracts import ERASED_TEXT, ERASURES, FINISHED_STATUSES
from analysis.errors import UsageError
from analysis.ingest.discover import discover
from analysis.ingest.identity import complainant_key, load_key_ring
from analysis.ledger.chain import SYSTEM, event_record
from analysis.ledger.matter_keys import OWN_KEY
from analysis.ledger.store import Store
from analysis.pipeline.night import now
from analysis.pipeline.publishing import publish_anew
from analysis.pipeline.steps_by_people import existing_ledger, masked_reason, named_person
from analysis.site import SitePaths

_DIGEST = re.compile(r"[0-9a-f]{20}")


def key_of_phone(paths: SitePaths, phone: str) -> str:
    """Return the digest by which the complainant with this phone is known.

    Raises:
        UsageError: it is no phone.
        BusyError, SettingsError, IntegrityError: see `open_ledger` and `load_key_ring`.
    """
    with existing_ledger(paths) as store:
        ring = load_key_ring(paths.key, store.rotation_count(), may_create=False)
    found = ring.digest_of(complainant_key(ring.first, None, phone, None))
    if found is None:
        raise UsageError("这不像一个电话号码。请输入反映人留的手机或固定电话。")
    return found


def erase_person(paths: SitePaths, complainant: str, person: str, reason: str, *, is_dry_run: bool = False) -> int:
    """Erase the words of all complaints of a complainant, as the person asked; return of how many.

    The database file and the snapshot are written anew, so that no byte of them stays. Asked for again, nothing is
    erased, but the files are written anew: that mends what was killed in between.

    Args:
        paths: the site.
        complainant: the digest that stands in complainant_key.
        person: who does it.
        reason: why.
        is_dry_run: only count.

    Raises:
        UsageError: this is no digest, or nobody is known by it.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    person, reason = named_person(person), masked_reason(reason, paths, settings)
    if not _DIGEST.fullmatch(complainant):
        raise UsageError("反映人摘要应为 20 位十六进制数，见快照 complaints 表的 complainant_key 列。")
    with existing_ledger(paths) as store:
        if not len(store.query("is_known_person", complainant_key=complainant)):
            raise UsageError("台账里没有这个反映人的诉求。请核对。")
        found = store.query("complaints_of_person", complainant_key=complainant)["complaint_id"]
        if not is_dry_run:
            _erase(store, paths, found, "request", now(settings), person, reason)
        return len(found)


@dataclass(frozen=True)
class Kept:
    """What is past the time for which it may be kept: texts erased and raw files deleted, or to be."""

    text_count: int
    files: tuple[str, ...]


def apply_retention(paths: SitePaths, *, is_dry_run: bool = False) -> Kept:
    """Erase texts and delete raw files that are past their time by the settings; 0 days keeps them for ever.

    Raises:
        UsageError: nothing was run yet.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    at, rules = now(settings), settings.retention
    with existing_ledger(paths) as store:
        texts, names = pd.Series(dtype=object), list[str]()
        if rules.text_days:
            before = at - timedelta(days=rules.text_days)
            texts = store.query("complaints_past_retention", before=before, finished=FINISHED_STATUSES)["complaint_id"]
        if rules.raw_days:
            old = store.query("files_past_retention", before=at - timedelta(days=rules.raw_days))
            files = [f for f in discover(paths.raw) if f.file_id in set(old["file_id"])]
            names = [f.file_name for f in files]
            if not is_dry_run:
                for file in files:
                    file.path.unlink()
        if len(texts) and not is_dry_run:
            _erase(store, paths, texts, "retention", at, SYSTEM, f"超过 {rules.text_days} 天")
    return Kept(len(texts), tuple(names))


def _erase(
    store: Store,
    paths: SitePaths,
    complaint_ids: "pd.Series[str]",
    cause: str,
    at: datetime,
    person: str,
    reason: str,
) -> None:
    if len(complaint_ids):
        wanted = {"wanted": complaint_ids.to_frame("complaint_id")}
        with store.transaction():
            for name in ("erase_complaints", "erase_superseded", "erase_explanations"):
                store.apply(name, wanted, erased=ERASED_TEXT)
            store.apply("erase_evidence", wanted)
            store.apply("erase_matter_keys", wanted, own_key=OWN_KEY)
            store.append(ERASURES, wanted["wanted"].assign(cause=cause, erased_at=at))
            store.append_events(_event(len(complaint_ids), cause, at, person, reason))
        store.keep_head()
    store.rebuild(paths.ledger)
    publish_anew(store, paths)


def _event(count: int, cause: str, at: datetime, person: str, reason: str) -> pd.DataFrame:
    """Return the event, which tells of how many complaints, and of nobody."""
    event = event_record(
        problem_id="",
        kind="text_erased",
        subject=at.isoformat(),
        payload={"cause": cause, "complaint_count": count, "reason": reason},
        actor=person,
        at=at,
        run_id="",
    )
    return pd.DataFrame([event])
