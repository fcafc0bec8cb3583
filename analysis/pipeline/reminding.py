"""Makes the reminder of a morning: the ledger as it is now against what was told before."""

from datetime import timedelta

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import Settings, load_settings
from analysis.errors import UsageError
from analysis.exchange.reminder import Frequency, Reminder, build_reminder
from analysis.ledger.store import Reader
from analysis.notices import Notices
from analysis.pipeline.night import now
from analysis.pipeline.showing import open_present, read_ledger
from analysis.site import SitePaths


def remind(paths: SitePaths) -> Reminder:
    """Return what is to be said this morning.

    Raises:
        UsageError: nothing has run yet.
        IntegrityError: the record of what was told is damaged.
    """
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    today = now(settings).date()
    with open_present(paths) as reader:
        fault = _fault(reader, settings)
        ledger = read_ledger(reader, paths, scheme, load_units(paths.codebook), today)
    told, rules = Notices.read(paths.notices).told, settings.notify
    return build_reminder(ledger, told, today, Frequency(rules.reminders), rules.longest_bytes, fault)


def _fault(reader: Reader, settings: Settings) -> str:
    """Return in what the last run fell short: the numbers below it are then those of an earlier night."""
    runs = reader.query("last_run")
    if runs.empty:
        raise UsageError("还没有运行过，没有可以提醒的。请先执行 hotline run。")
    run = runs.iloc[0]
    age = now(settings) - pd.Timestamp(run["started_at"]).to_pydatetime()
    if run["status"] == "finished" and age <= timedelta(hours=settings.doctor.oldest_snapshot_hours):
        return ""
    return f"注意：最近一次夜间运行（{run['started_at']:%m月%d日 %H:%M}）没有按时完成，以下按当时的台账"
