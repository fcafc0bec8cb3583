"""Masks any table of complaints, whatever its headings."""

from pathlib import Path

import pandas as pd

from analysis.ingest.masking import load_masker, mask_table
from analysis.ingest.sources import load_sources, normalise


def mask_any_table(table: pd.DataFrame, codebook: Path) -> pd.DataFrame:
    """Return the same columns and rows without personal data.

    Columns are recognised by the headings of `columns.toml`: names, phones, accounts and addresses of the
    complainant are replaced as a whole and searched for in the row's other cells; all else is masked by patterns.
    """
    sources = load_sources(codebook)
    fields = {normalise(h): field for field, headings in sources.headings.items() for h in (field, *headings)}
    for source in sources.source:
        fields |= {normalise(h): field for field, headings in source.headings.items() for h in headings}
    field_of = {str(c): fields[normalise(str(c))] for c in table.columns if normalise(str(c)) in fields}
    return mask_table(table, field_of, load_masker(codebook))
