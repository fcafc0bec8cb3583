"""Figures for notebooks and reports: functions that take tables and return matplotlib axes."""
