"""What becomes of a row: judged against its own file and against what is stored, never guessed."""

import pandas as pd
import pytest

from analysis.contracts import COMPLAINTS, INTAKE_ROWS, conform, empty_frame
from analysis.ingest.outcomes import Settlement, settle
from analysis.ingest.reasons import quarantine_id

_TIME = pd.Timestamp("2023-03-05 08:01")
_STORED = {"run_id": "R1", "file_id": "f1", "row_number": 7}


def complaint(complaint_id: str = "H1", **other: object) -> dict[str, object]:
    given = {"received_at": _TIME, "title": "路灯", "text": "路灯不亮。", "tokens": "路灯 不 亮", **other}
    row = dict.fromkeys(COMPLAINTS.column_names) | {"source_code": "hotline_12345", "native_id": complaint_id[1:]}
    return row | {"complaint_id": complaint_id, "sheet_name": "", "file_id": "f2", "run_id": "R2"} | given


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    numbered = [{**row, "row_number": row["row_number"] or number} for number, row in enumerate(rows, start=2)]
    return conform(pd.DataFrame(numbered), COMPLAINTS) if rows else empty_frame(COMPLAINTS)


def settled(*incoming: dict[str, object], stored: dict[str, object] | None = None) -> Settlement:
    known = [stored | _STORED] if stored else []
    return settle(frame(*incoming), frame(*known), "tickets/a.csv")


def outcomes(settlement: Settlement) -> list[str]:
    assert list(settlement.rows.columns) == INTAKE_ROWS.column_names
    return settlement.rows["outcome"].tolist()


def test_a_new_row_is_accepted_as_it_is() -> None:
    found = settled(complaint("H1"), complaint("H2"))
    assert outcomes(found) == ["accepted", "accepted"]
    pd.testing.assert_frame_equal(conform(found.complaints, COMPLAINTS), frame(complaint("H1"), complaint("H2")))
    assert found.updated_ids.empty
    assert found.conflicts.empty


def test_the_same_row_again_is_unchanged_wherever_it_stands() -> None:
    found = settled(complaint(), stored=complaint())
    assert outcomes(found) == ["unchanged"]
    assert found.complaints.empty


def test_an_update_keeps_what_the_new_file_does_not_have() -> None:
    old = complaint(place="人民路", handling_unit="某大队", is_confidential=True)
    found = settled(complaint(reply="已修复", is_confidential=False), stored=old)
    assert outcomes(found) == ["updated"]
    merged = conform(found.complaints, COMPLAINTS).iloc[0]
    assert (merged["reply"], merged["is_confidential"]) == ("已修复", False)
    assert (merged["place"], merged["handling_unit"]) == ("人民路", "某大队")
    assert (merged["file_id"], merged["run_id"], merged["row_number"]) == ("f2", "R2", 2)
    assert found.updated_ids.tolist() == ["H1"]
    assert found.reworded_ids.empty


@pytest.mark.parametrize("change", [{"text": "路灯还是不亮。"}, {"title": "路灯坏了"}])
def test_other_words_must_be_judged_again(change: dict[str, object]) -> None:
    found = settled(complaint(**change), complaint("H2"), stored=complaint())
    assert outcomes(found) == ["updated", "accepted"]
    assert found.reworded_ids.tolist() == found.updated_ids.tolist() == ["H1"]


def test_the_same_id_twice_is_a_duplicate_when_it_says_the_same() -> None:
    found = settled(complaint(place="人民路"), complaint("H2"), complaint(place="八一路"), stored=complaint("H2"))
    assert outcomes(found) == ["accepted", "unchanged", "duplicate"]
    assert found.complaints["place"].tolist() == ["人民路"]
    assert found.rows["complaint_id"].tolist() == ["H1", "H2", "H1"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"text": "另一件事。"}),
        ({}, {"received_at": pd.Timestamp("2023-03-06")}),
        ({}, {"received_at": None}),
        ({"received_at": None}, {}),
        ({"title": None}, {}),
        ({}, {"title": None}),
    ],
)
def test_the_same_id_twice_with_other_words_or_time_is_quarantined(
    one: dict[str, object], other: dict[str, object]
) -> None:
    found = settled(complaint(**one), complaint(**other), complaint(**one))
    assert outcomes(found) == ["accepted", "quarantined", "duplicate"]
    conflict = found.conflicts.iloc[0]
    assert (conflict["row_number"], conflict["reason_code"]) == (3, "conflicting_duplicate")
    assert found.rows["complaint_id"].tolist() == ["H1", None, "H1"]


def test_without_a_time_column_stored_times_stay_and_nothing_changes() -> None:
    found = settled(complaint(received_at=None), stored=complaint())
    assert outcomes(found) == ["unchanged"]
    reworded = settled(complaint(received_at=None, text="路灯还是不亮。"), stored=complaint())
    assert outcomes(reworded) == ["updated"]
    assert conform(reworded.complaints, COMPLAINTS)["received_at"].tolist() == [_TIME]


def test_a_time_that_comes_later_is_an_update_without_new_words() -> None:
    found = settled(complaint(), stored=complaint(received_at=None))
    assert outcomes(found) == ["updated"]
    assert found.complaints["received_at"].tolist() == [_TIME]
    assert found.reworded_ids.empty


def test_rows_without_time_are_new_unchanged_or_duplicates_like_others() -> None:
    undated = complaint(received_at=None)
    new = settled(undated, undated)
    assert outcomes(new) == ["accepted", "duplicate"]
    assert conform(new.complaints, COMPLAINTS)["received_at"].isna().all()
    assert outcomes(settled(undated, undated, stored=undated)) == ["unchanged", "duplicate"]


def test_tokens_alone_change_nothing_and_stay_with_their_words() -> None:
    without_title = complaint(title=None, tokens="不 亮")
    assert outcomes(settled(without_title, stored=complaint())) == ["unchanged"]
    found = settled(without_title | {"reply": "已修复"}, stored=complaint())
    assert outcomes(found) == ["updated"]
    assert found.complaints["tokens"].tolist() == ["路灯 不 亮"]
    reworded = settled(complaint(text="路灯闪。", tokens="路灯 闪"), stored=complaint())
    assert reworded.complaints["tokens"].tolist() == ["路灯 闪"]


def test_a_conflict_has_the_id_of_its_place() -> None:
    conflict = settled(complaint(), complaint(text="另一件事。")).conflicts.iloc[0]
    assert conflict["quarantine_id"] == quarantine_id("f2", None, 3, "native_id")


def test_a_file_without_rows_changes_nothing() -> None:
    found = settled()
    assert outcomes(found) == []
    assert found.complaints.empty
    assert found.conflicts.empty
