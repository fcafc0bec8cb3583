"""Publishes what the night found: snapshot, workbooks, digest; and writes them again from the snapshot."""

from pathlib import Path

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.contracts import RUNS
from analysis.errors import BusyError, UsageError
from analysis.exchange.outputs import RunInfo, forget_retired_texts, write_outputs
from analysis.exchange.places import load_coarse_places
from analysis.ingest.sources import load_sources
from analysis.ledger.store import Reader, Store
from analysis.pipeline.exporting import record_exports, unit_issue
from analysis.pipeline.night import Counts, Night, finish, now, open_ledger
from analysis.pipeline.overseeing import oversee
from analysis.pipeline.showing import read_judgements, read_shown, read_waiting, waiting_for_review
from analysis.pipeline.time_left import load_time_left
from analysis.progress import Progress, no_progress
from analysis.site import SitePaths


def publish_results(night: Night) -> Counts:
    """Publish the snapshot, and write the workbooks and the night digest."""
    finish(night, "failed" if night.faults else "finished")
    record_exports(night.store, night.paths, night.scheme, night.moment.at, night.moment.run_id)
    night.store.publish(night.paths.snapshot)
    paths, run_id = night.paths, night.moment.run_id
    return {"outputs": len(_write(paths, night.store, paths.processed, run_id, night.progress))}


def export_snapshot(paths: SitePaths, directory: Path, progress: Progress = no_progress) -> list[Path]:
    """Write all workbooks and the digest as of the newest snapshot into a directory, and return their paths.

    What units filed and people decided since then is in them, unless a run is going on or has not been published.

    Raises:
        UsageError: nothing was published yet.
        SettingsError: the site's key is not there; without it nothing could be known again that comes back.
    """
    with Reader.open(paths.snapshot) as snapshot:
        last_run = snapshot.query("last_run")
        if last_run.empty:
            raise UsageError("还没有运行过。请先执行 hotline run。")
        run_id = str(last_run["run_id"].iloc[0])
        written = _write_present(paths, directory, run_id, progress)
        return _write(paths, snapshot, directory, run_id, progress) if written is None else written


def _write_present(paths: SitePaths, directory: Path, run_id: str, progress: Progress) -> list[Path] | None:
    """Write from the ledger, with the exports made of it recorded; None where the snapshot must do."""
    if not paths.ledger.is_file():
        return None
    try:
        with open_ledger(paths) as store:
            last_run = store.query("last_run")
            if last_run.empty or last_run["run_id"].iloc[0] != run_id:
                return None
            record_exports(store, paths, load_scheme(paths.codebook), now(load_settings(paths.settings)), "")
            return _write(paths, store, directory, run_id, progress)
    except (BusyError, PermissionError):
        return None


def publish_anew(store: Store, paths: SitePaths) -> list[Path]:
    """Publish the snapshot whole and write all workbooks, for when words were taken out of the ledger.

    A workbook put aside that shows texts is deleted.
    """
    last_run = store.query("last_run")
    if last_run.empty:
        return []
    record_exports(store, paths, load_scheme(paths.codebook), now(load_settings(paths.settings)), "")
    store.publish(paths.snapshot, is_whole=True)
    forget_retired_texts(paths.processed)
    return _write(paths, store, paths.processed, str(last_run["run_id"].iloc[0]), no_progress)


def _write(paths: SitePaths, reader: Reader, directory: Path, run_id: str, progress: Progress) -> list[Path]:
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    runs = reader.table(RUNS)
    last = runs[runs["run_id"] == run_id].iloc[0]
    model = reader.query("last_model")["model_id"]
    run = RunInfo(
        run_id=run_id,
        as_of=last["as_of_date"].date(),
        started_at=last["started_at"].to_pydatetime(),
        model_id=str(model.iloc[0]) if len(model) else "",
        codebook_version=str(last["codebook_version"]),
    )
    judgements = read_judgements(reader, settings, run.as_of)
    waiting = read_waiting(reader, judgements, settings)
    oversight = oversee(judgements, waiting, settings, run_id)
    shown = read_shown(reader, settings, run_id, waiting_for_review(waiting, settings))
    return write_outputs(
        directory,
        shown,
        settings,
        scheme,
        load_units(paths.codebook),
        run,
        unit_issue(paths, settings, scheme, shown.problems),
        source_names={source.source_code: source.name for source in load_sources(paths.codebook).source},
        time_left=load_time_left(scheme, paths),
        places=load_coarse_places(paths.codebook),
        oversight=oversight,
        progress=progress,
    )
