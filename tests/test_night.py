"""The whole night: rows balance, repeats change nothing, nobody is exposed."""

import csv
import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest
from filelock import FileLock

from analysis.contracts import TABLES
from analysis.errors import BusyError, UsageError
from analysis.ledger.store import Reader, Store
from analysis.pipeline.stages import run_night
from analysis.sample.__main__ import write_sample
from analysis.site import SitePaths, site_paths
from tests.ledger_content import differing_tables

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
AS_OF = date(2026, 11, 20)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[SitePaths, dict[str, int]]:
    """One undisturbed night on the shipped sample."""
    paths = site_paths(DATA / "raw", tmp_path_factory.mktemp("night") / "processed")
    return paths, run_night(paths, AS_OF)


def truth() -> list[dict[str, str]]:
    with (DATA / "sample" / "truth.csv").open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_the_sample_is_what_its_generator_writes(tmp_path: Path) -> None:
    write_sample(tmp_path)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    for name, written in made.items():
        assert (DATA / name).read_bytes() == written, f"{name}: run `make sample`"


def test_rows_balance_in_total_and_in_every_file(night: tuple[SitePaths, dict[str, int]]) -> None:
    paths, counts = night
    outcomes = ("accepted", "updated", "unchanged", "duplicate", "quarantined")
    assert counts["rows"] == sum(counts[o] for o in outcomes) == len(truth())
    with Reader.open(paths.snapshot) as reader:
        files = reader.tables()["raw_files"]
        rows = reader.tables()["intake_rows"]
    assert (files["row_count"] == files[[f"{o}_count" for o in outcomes]].sum(axis=1)).all()
    assert len(rows) == files["row_count"].sum()


def test_every_row_of_the_sample_meets_the_fate_it_should(night: tuple[SitePaths, dict[str, int]]) -> None:
    paths, counts = night
    expected = Counter(row["expected"] for row in truth())
    assert counts["accepted"] == expected["accepted"] == 2534 + 24
    assert counts["quarantined"] == expected["quarantined"]
    assert counts["duplicate"] == expected["duplicate"]
    assert counts["updated"] + counts["unchanged"] == expected["known"]
    with Reader.open(paths.snapshot) as reader:
        stored = set(reader.tables()["complaints"]["complaint_id"])
    assert {row["complaint_id"] for row in truth() if row["expected"] == "accepted" and row["complaint_id"]} <= stored


def test_no_planted_personal_data_reaches_any_result(night: tuple[SitePaths, dict[str, int]]) -> None:
    """Each complainant's phone, and every planted spelling, is searched for in everything that was written."""
    paths, _ = night
    planted = {words for row in truth() for words in json.loads(row["planted"])}
    # A given name of one or two characters is also an ordinary word elsewhere; names are tested in their own rows.
    needles = {words for words in planted if any(c.isdigit() for c in words) or "@" in words}
    with Reader.open(paths.snapshot) as reader:
        texts = [
            str(v)
            for t in reader.tables().values()
            for c in t.columns
            if t[c].dtype == object
            for v in t[c].dropna().unique()
        ]
    everything = "\n".join(texts) + (paths.digest).read_text(encoding="utf-8")
    for path in paths.processed.rglob("*.xlsx"):
        book = openpyxl.load_workbook(path, read_only=True, rich_text=True)
        everything += "\n".join(
            str(v) for s in book for row in s.iter_rows(values_only=True) for v in row if v is not None
        )
    assert sorted(words for words in needles if words in everything) == []


def test_names_of_complainants_are_gone_from_their_own_complaints(night: tuple[SitePaths, dict[str, int]]) -> None:
    paths, _ = night
    with Reader.open(paths.snapshot) as reader:
        complaints = reader.tables()["complaints"].set_index("complaint_id")
    names = {r["complaint_id"]: json.loads(r["planted"])[1] for r in truth() if r["complaint_id"] in complaints.index}
    said = complaints["title"].fillna("") + complaints["text"] + complaints["place"].fillna("")
    assert [i for i, name in names.items() if name in said[i]] == []


def test_a_second_run_changes_nothing(night: tuple[SitePaths, dict[str, int]], tmp_path: Path) -> None:
    paths, _ = night
    copy = site_paths(paths.raw, tmp_path / "processed")
    shutil.copytree(paths.processed, copy.processed)
    counts = run_night(copy, AS_OF)
    assert {k: v for k, v in counts.items() if v and k not in ("known_files", "outputs")} == {}
    assert differing_tables(paths.ledger, copy.ledger) == []


def test_the_same_files_under_new_names_are_known(night: tuple[SitePaths, dict[str, int]], tmp_path: Path) -> None:
    paths, first = night
    copy = site_paths(tmp_path / "raw", tmp_path / "processed")
    shutil.copytree(paths.processed, copy.processed)
    for number, path in enumerate(sorted(p for p in paths.raw.rglob("*") if p.is_file() and p.suffix)):
        target = copy.raw / "tickets" / f"{number}{path.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    counts = run_night(copy, AS_OF)
    assert counts["known_files"] == first["files"]
    assert counts["rows"] == 0


def test_two_runs_of_one_site_do_not_overlap(tmp_path: Path) -> None:
    paths = site_paths(DATA / "raw", tmp_path / "processed")
    paths.processed.mkdir()
    with FileLock(paths.lock), pytest.raises(BusyError, match="另一次运行正在进行"):
        run_night(paths, AS_OF)


def test_an_empty_raw_folder_is_a_quiet_night(tmp_path: Path) -> None:
    (tmp_path / "raw" / "tickets").mkdir(parents=True)
    counts = run_night(site_paths(tmp_path / "raw", tmp_path / "processed"), AS_OF)
    assert counts["rows"] == counts["new_problems"] == 0
    assert (tmp_path / "processed" / "夜报.md").exists()


def test_a_raw_folder_without_its_subfolders_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run_night(site_paths(tmp_path, tmp_path / "processed"), AS_OF)
    with duckdb.connect(str(tmp_path / "processed" / "ledger.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT status FROM runs").fetchall() == [("failed",)]


def test_the_judgement_of_the_sample_is_what_a_supervisor_can_work_with(
    night: tuple[SitePaths, dict[str, int]],
) -> None:
    """Floors well below what was measured: a change that falls through them has broken something."""
    paths, counts = night
    with Reader.open(paths.snapshot) as reader:
        tables = reader.tables()
    gate = tables["gate_decisions"].set_index("complaint_id")
    decisions = gate["decision"]
    alleged = {r["complaint_id"]: bool(r["codes"]) for r in truth() if r["complaint_id"] in decisions.index}
    seen = [i for i, is_alleged in alleged.items() if is_alleged and decisions[i] != "out_of_scope"]
    included = [i for i in alleged if decisions[i] == "in_scope"]
    assert len(seen) >= 0.7 * sum(alleged.values())
    assert sum(alleged[i] for i in included) >= 0.5 * len(included)
    assert counts["review"] <= 0.2 * counts["judged"]
    linked = set(tables["problem_complaints"]["complaint_id"])
    is_sure = gate["is_sub_problem_sure"].fillna(value=False).astype(bool)
    assert linked == set(decisions.index[(decisions == "in_scope") & is_sure])
    assert len(tables["problems"]) <= 80


def test_changed_text_is_judged_again_and_the_old_version_is_kept(tmp_path: Path) -> None:
    raw = tmp_path / "raw" / "tickets"
    raw.mkdir(parents=True)
    paths = site_paths(tmp_path / "raw", tmp_path / "processed")
    head = "工单编号,受理时间,诉求标题,诉求内容\n"
    (raw / "12345_a.csv").write_text(head + "2023030500001,2023/3/5 8:01,路灯,路灯不亮。\n", encoding="utf-8")
    run_night(paths, AS_OF)
    (raw / "12345_b.csv").write_text(head + "2023030500001,2023/3/5 8:01,路灯,路灯还是不亮。\n", encoding="utf-8")
    counts = run_night(paths, AS_OF)
    assert (counts["updated"], counts["judged"]) == (1, 1)
    with Store.open(paths.ledger) as store:
        assert store.tables()["complaints"]["text"].tolist() == ["路灯还是不亮。"]
        assert store.table(next(t for t in TABLES if t.name == "superseded_complaints"))["text"].tolist() == [
            "路灯不亮。"
        ]
