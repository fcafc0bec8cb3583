"""Publishes what the night found: snapshot, workbooks, digest."""

from analysis.contracts import GATE_DECISIONS
from analysis.exchange.outputs import RunInfo, write_outputs
from analysis.pipeline.night import Counts, Night, finish


def publish_results(night: Night) -> Counts:
    """Publish the snapshot, and write the workbooks and the night digest."""
    finish(night, "finished")
    night.store.publish(night.paths.snapshot)
    tables = night.store.tables()
    model_ids = tables[GATE_DECISIONS.name]["model_id"]
    run = RunInfo(
        run_id=night.moment.run_id,
        as_of=night.moment.as_of,
        started_at=night.moment.at,
        model_id=model_ids.iloc[-1] if len(model_ids) else "",
        codebook_version=night.scheme.review.version,
    )
    written = write_outputs(night.paths.processed, tables, night.settings, night.scheme, night.units, run)
    return {"outputs": len(written)}
