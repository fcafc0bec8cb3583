"""The rules by which complaints become problems, from the site's codebook and settings."""

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import Settings
from analysis.ledger.attribution import Attributor
from analysis.ledger.deadlines import load_deadlines
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.problems import Rules
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import load_calendar
from analysis.site import SitePaths


def load_rules(paths: SitePaths, settings: Settings) -> Rules:
    """Return the site's rules.

    Raises:
        SettingsError: a codebook file is wrong.
    """
    scheme = load_scheme(paths.codebook)
    return Rules(
        scheme=scheme,
        life_cycle=load_life_cycle(paths.codebook),
        themes=load_themes(scheme, paths.codebook),
        attributor=Attributor(load_units(paths.codebook), settings.site),
        calendar=load_calendar(paths.codebook),
        deadlines=load_deadlines(scheme, paths.codebook),
        ledger=settings.ledger,
        site=settings.site,
    )
