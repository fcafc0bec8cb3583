"""Publishes what the night found: snapshot, workbooks, digest; and writes them again from the snapshot."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.contracts import GATE_DECISIONS, PROBLEMS, RUNS
from analysis.errors import BusyError, UsageError
from analysis.exchange.outputs import RunInfo, write_outputs
from analysis.exchange.places import load_coarse_places
from analysis.ingest.sources import load_sources
from analysis.ledger.store import Reader
from analysis.pipeline.exporting import record_exports, unit_issue
from analysis.pipeline.night import Counts, Night, finish, now, open_ledger
from analysis.pipeline.overseeing import oversee
from analysis.pipeline.time_left import load_time_left
from analysis.site import SitePaths


def publish_results(night: Night) -> Counts:
    """Publish the snapshot, and write the workbooks and the night digest."""
    finish(night, "failed" if night.faults else "finished")
    record_exports(night.store, night.paths, night.scheme, night.moment.at, night.moment.run_id)
    night.store.publish(night.paths.snapshot)
    return {"outputs": len(_write(night.paths, night.store.tables(), night.paths.processed, night.moment.run_id))}


def export_snapshot(paths: SitePaths, directory: Path) -> list[Path]:
    """Write all workbooks and the digest as of the newest snapshot into a directory, and return their paths.

    What units filed and people decided since then is in them, unless a run is going on or has not been published.

    Raises:
        UsageError: nothing was published yet.
        SettingsError: the site's key is not there; without it nothing could be known again that comes back.
    """
    with Reader.open(paths.snapshot) as reader:
        last_run = reader.query("last_run")
        if last_run.empty:
            raise UsageError("还没有运行过。请先执行 hotline run。")
        run_id = str(last_run["run_id"].iloc[0])
        tables = _present_tables(paths, run_id) or reader.tables()
    return _write(paths, tables, directory, run_id)


def _present_tables(paths: SitePaths, run_id: str) -> dict[str, pd.DataFrame] | None:
    """Return the tables of the ledger with the exports made of them recorded; None where a snapshot must do."""
    if not paths.ledger.is_file():
        return None
    try:
        with open_ledger(paths) as store:
            last_run = store.query("last_run")
            if last_run.empty or last_run["run_id"].iloc[0] != run_id:
                return None
            record_exports(store, paths, load_scheme(paths.codebook), now(load_settings(paths.settings)), "")
            return store.tables()
    except (BusyError, PermissionError):
        return None


def _write(paths: SitePaths, tables: Mapping[str, pd.DataFrame], directory: Path, run_id: str) -> list[Path]:
    runs = tables[RUNS.name].set_index("run_id", drop=False)
    last = runs[runs["run_id"] == run_id].iloc[0]
    run = RunInfo(
        run_id=run_id,
        as_of=last["as_of_date"].date(),
        started_at=last["started_at"].to_pydatetime(),
        model_id=_model_id(tables[GATE_DECISIONS.name], runs["sequence"]),
        codebook_version=str(last["codebook_version"]),
    )
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    return write_outputs(
        directory,
        tables,
        settings,
        scheme,
        load_units(paths.codebook),
        run,
        unit_issue(paths, settings, scheme, tables[PROBLEMS.name]),
        source_names={source.source_code: source.name for source in load_sources(paths.codebook).source},
        time_left=load_time_left(scheme, paths),
        places=load_coarse_places(paths.codebook),
        oversight=oversee(tables, scheme, settings, run_id),
    )


def _model_id(decisions: pd.DataFrame, sequences: pd.Series) -> str:
    """Return the model of the newest run that judged anything; empty before the first."""
    if decisions.empty:
        return ""
    return str(decisions["model_id"].iloc[int(decisions["run_id"].map(sequences).argmax())])
