"""Ingest: raw exports to canonical complaints and quarantine; masking; exact duplicates.

Kept without imports, so that the reading child (`analysis.ingest.reader`) starts fast.
"""
