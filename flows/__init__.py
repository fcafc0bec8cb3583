"""Orchestration only: the Prefect flow, its schedule, and the command line."""
