"""What summaries go by besides the tables: the site's codebook and settings, and what is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.codebook.function_words import FunctionWords, load_function_words
from analysis.codebook.scheme import Scheme, load_scheme
from analysis.codebook.units import UnitRegister, load_units
from analysis.config import Settings, load_settings
from analysis.exchange.places import CoarsePlaces, load_coarse_places
from analysis.ingest.sources import load_sources

LABEL_COLUMNS = ("complaint_id", "in_scope")


def no_labels() -> pd.DataFrame:
    """Return a table of labels without any."""
    return pd.DataFrame({"complaint_id": pd.Series(dtype=object), "in_scope": pd.Series(dtype="int64")})


@dataclass(frozen=True)
class Context:
    """What all summaries of one site share.

    Attributes:
        settings: the site's settings.
        scheme: categories and sub-problems.
        units: responsible units.
        places: finds roads and subdistricts in addresses.
        function_words: words that are never keywords.
        source_names: Chinese names of the source codes.
        smallest: counts from 1 to below this are left out, with what could be reckoned back to them; 0 leaves out none.
        labels: complaints that a person judged and the model did not learn from, LABEL_COLUMNS with in_scope 0 or 1;
            what the figures of quality are measured against.
    """

    settings: Settings
    scheme: Scheme
    units: UnitRegister
    places: CoarsePlaces
    function_words: FunctionWords
    source_names: Mapping[str, str]
    smallest: int = 0
    labels: pd.DataFrame = field(default_factory=no_labels)


def load_context(
    codebook: Path | None = None,
    settings: Path | None = None,
    smallest: int = 0,
    labels: pd.DataFrame | None = None,
) -> Context:
    """Return the context of a site from the folders of its own codebook and settings, else the shipped ones.

    Raises:
        SettingsError: a file of the codebook or the settings is malformed.
    """
    return Context(
        settings=load_settings(settings),
        scheme=load_scheme(codebook),
        units=load_units(codebook),
        places=load_coarse_places(codebook),
        function_words=load_function_words(codebook),
        source_names={s.source_code: s.name for s in load_sources(codebook).source},
        smallest=smallest,
        labels=no_labels() if labels is None else labels,
    )
