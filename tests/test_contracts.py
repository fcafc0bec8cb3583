"""The declared tables, the migrated database and the data dictionary say the same."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.contracts import MATTERS, RUNS, TABLES, conform, empty_frame
from analysis.dictionary import data_dictionary
from analysis.ledger.store import Store

ROOT = Path(__file__).parent.parent


def test_migrated_database_has_exactly_the_declared_columns(tmp_path: Path) -> None:
    Store.open(tmp_path / "ledger.duckdb").close()
    with duckdb.connect(str(tmp_path / "ledger.duckdb")) as connection:
        for table in TABLES:
            rows = connection.execute(f"DESCRIBE {table.name}").fetchall()
            assert [(name, kind, null == "YES") for name, kind, null, *_ in rows] == [
                (c.name, c.type.value, c.is_nullable) for c in table.columns
            ]


def test_every_column_is_explained_in_chinese() -> None:
    for table in TABLES:
        for column in table.columns:
            assert any("\u4e00" <= c <= "\u9fff" for c in column.heading + column.meaning), (table.name, column.name)
        assert set(table.key) <= set(table.column_names)


def test_boolean_and_time_columns_follow_the_naming_law() -> None:
    for table in TABLES:
        for column in table.columns:
            if column.type.value == "BOOLEAN":
                assert column.name.startswith(("is_", "has_"))
            if column.type.value == "TIMESTAMP":
                assert column.name.endswith("_at")
            if column.type.value == "DATE":
                assert column.name.endswith(("_on", "_date"))


def test_data_dictionary_in_docs_is_up_to_date() -> None:
    assert (ROOT / "docs" / "数据字典.md").read_text(encoding="utf-8") == data_dictionary()


def test_conform_refuses_missing_and_unknown_values() -> None:
    good = pd.DataFrame([{"matter_id": "M-1", "canonical_complaint_id": "1", "run_id": "R"}])
    assert list(conform(good, MATTERS).columns) == MATTERS.column_names
    with pytest.raises(ValueError, match="missing value"):
        conform(good.assign(run_id=None), MATTERS)
    with pytest.raises(KeyError):
        conform(good.drop(columns="run_id"), MATTERS)
    run = (
        empty_frame(RUNS)
        .reindex([0])
        .assign(
            run_id="R",
            sequence=1,
            started_at=pd.Timestamp("2026-01-01"),
            as_of_date=pd.Timestamp("2026-01-01").date(),
            software_version="1",
            codebook_version="1",
            status="perhaps",
        )
    )
    with pytest.raises(ValueError, match="not allowed"):
        conform(run, RUNS)
