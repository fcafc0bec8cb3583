"""How the problems of a site stand to their deadlines, from its rules and its calendar."""

from functools import partial

from analysis.codebook.scheme import Scheme
from analysis.ledger.deadlines import load_deadlines, time_left
from analysis.ledger.working_days import load_calendar
from analysis.site import SitePaths
from analysis.time_left import TimeLeftOf


def load_time_left(scheme: Scheme, paths: SitePaths) -> TimeLeftOf:
    """Return what tells how a problem stands to its deadline.

    Raises:
        SettingsError: deadlines.toml or holidays.toml is malformed.
    """
    return partial(time_left, book=load_deadlines(scheme, paths.codebook), calendar=load_calendar(paths.codebook))
