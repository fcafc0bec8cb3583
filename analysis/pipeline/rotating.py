"""Brings in one more key for the complainants' digests; who was known before is known after it."""

import pandas as pd

from analysis.config import load_settings
from analysis.ingest.identity import load_key_ring, next_key, rotated
from analysis.ledger.chain import event_record
from analysis.pipeline.night import now
from analysis.pipeline.publishing import publish_anew
from analysis.pipeline.steps_by_people import existing_ledger, masked_reason, named_person
from analysis.site import SitePaths


def rotate_key(paths: SitePaths, person: str, reason: str) -> int:
    """Add a key, pass all stored digests through it, write ledger and snapshot anew; return how many digests there are.

    Ids and seals stay those of the first key, so that complaints are known again and ledgers that are out come back.
    Killed in between, the key that was made is used by the next try.

    Args:
        paths: the site.
        person: who does it.
        reason: why.

    Raises:
        UsageError: nothing was run yet; no name or no reason.
        BusyError, SettingsError, IntegrityError: see `open_ledger` and `load_key_ring`.
    """
    settings = load_settings(paths.settings)
    person, reason = named_person(person), masked_reason(reason, paths, settings)
    with existing_ledger(paths) as store:
        count = store.rotation_count()
        load_key_ring(paths.key, count, may_create=False)
        key, at = next_key(paths.key, count), now(settings)
        digests = store.query("complainant_digests")
        frame = digests.assign(new_key=[rotated(digest, key) for digest in digests["complainant_key"]])
        event = event_record(
            problem_id="",
            kind="key_rotated",
            subject=str(count + 2),
            payload={"key": count + 2, "reason": reason},
            actor=person,
            at=at,
            run_id="",
        )
        with store.transaction():
            for name in ("rotate_complaints", "rotate_superseded"):
                store.apply(name, {"rotated": frame})
            store.append_events(pd.DataFrame([event]))
        store.keep_head()
        store.rebuild(paths.ledger)
        publish_anew(store, paths)
        return len(digests)
