"""Figures for notebooks and reports: `ALL` of them, with their numbers apart from how they are drawn."""

from analysis.figures.charts import ALL, BY_ID, NEEDED_TABLES, Chart, source_line

__all__ = ["ALL", "BY_ID", "NEEDED_TABLES", "Chart", "source_line"]
