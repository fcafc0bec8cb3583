"""Masking: personal data leaves every text before anything is stored."""

from analysis.ingest.masking.masker import Masker, load_masker
from analysis.ingest.masking.own import OwnDetails
from analysis.ingest.masking.spans import TOKEN, Kind, PersonalSpan
from analysis.ingest.masking.tables import mask_candidates, mask_table

__all__ = ["TOKEN", "Kind", "Masker", "OwnDetails", "PersonalSpan", "load_masker", "mask_candidates", "mask_table"]
