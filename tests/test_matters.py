"""The same matter is recognised across callers and channels; matters never change hands."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.contracts import COMPLAINT_MATTERS, COMPLAINTS, empty_frame
from analysis.ledger.matters import SameMatter, group
from analysis.ledger.places import load_place_finder
from analysis.ledger.store import Store
from analysis.segment.jieba_segmenter import load_segmenter

RULE = SameMatter(0.4, 400, load_place_finder())

PARKING = "荷花路口的人行道每天晚上都被小车停满，行人只能走机动车道，打了电话也没有人来处理。"
REPEAT = "再次反映荷花路口的人行道每天晚上都被小车停满，行人只能走到机动车道上，打了电话没人来处理。"
ELSEWHERE = "晚报大道的人行道每天晚上都被小车停满，行人只能走机动车道，打了电话也没有人来处理。"
OTHER = "嘉雨路的路灯坏了半个月，小孩晚自习回家摸黑，请尽快安排维修。"


def complaints(*texts: str, days: tuple[int, ...] = ()) -> pd.DataFrame:
    received = [pd.Timestamp("2023-01-01") + pd.Timedelta(days=d) for d in days or range(len(texts))]
    return pd.DataFrame(
        {
            "complaint_id": [f"C{i}" for i in range(len(texts))],
            "title": None,
            "text": texts,
            "tokens": load_segmenter().segment(texts),
            "received_at": received,
            "matter_id": None,
        }
    )


def test_a_repeat_joins_the_first_and_other_places_stay_apart() -> None:
    members = group(complaints(PARKING, OTHER, REPEAT, ELSEWHERE), RULE).set_index("complaint_id")
    assert members["matter_id"].to_dict() == {"C0": "M-C0", "C1": "M-C1", "C2": "M-C0", "C3": "M-C3"}
    assert members.loc["C2", "matched_complaint_id"] == "C0"
    assert 0.4 <= members.loc["C2", "similarity"] <= 1
    assert pd.isna(members.loc["C0", "similarity"])


def test_night_by_night_equals_all_at_once() -> None:
    everything = complaints(PARKING, OTHER, REPEAT, ELSEWHERE, OTHER + "谢谢。")
    at_once = group(everything, RULE).set_index("complaint_id")["matter_id"]
    nightly = everything.iloc[:3].copy()
    nightly["matter_id"] = (
        group(nightly, RULE).set_index("complaint_id")["matter_id"].loc[nightly["complaint_id"]].to_numpy()
    )
    later = group(pd.concat([nightly, everything.iloc[3:]]), RULE).set_index("complaint_id")["matter_id"]
    assert later.to_dict() == at_once.loc[["C3", "C4"]].to_dict()


def test_beyond_the_window_it_is_a_new_matter() -> None:
    members = group(complaints(PARKING, REPEAT, days=(0, 500)), RULE)
    assert members["matter_id"].tolist() == ["M-C0", "M-C1"]


def test_a_complaint_without_time_is_compared_with_all() -> None:
    dated = complaints(PARKING, OTHER, days=(0, 900))
    undated = complaints(REPEAT, OTHER).assign(complaint_id=["U0", "U1"], received_at=pd.NaT)
    members = group(pd.concat([dated, undated], ignore_index=True), RULE).set_index("complaint_id")
    assert members.loc[["U0", "U1"], "matter_id"].tolist() == ["M-C0", "M-C1"]
    alone = group(undated.assign(received_at=pd.Series([pd.NaT] * 2, dtype="datetime64[us]")), RULE)
    assert alone["matter_id"].tolist() == ["M-U0", "M-U1"]


def test_a_dated_complaint_can_join_one_without_time() -> None:
    known = complaints(PARKING).assign(complaint_id="U0", matter_id="M-U0", received_at=pd.NaT)
    members = group(pd.concat([complaints(REPEAT), known], ignore_index=True), RULE)
    assert members[["complaint_id", "matter_id"]].to_numpy().tolist() == [["C0", "M-U0"]]


def _placed(tmp_path: Path, days: dict[str, int | None], with_matter: set[str]) -> list[str]:
    """Return the ids that the query takes, in its order, of complaints received on days of 2023 (None: unknown)."""
    rows = empty_frame(COMPLAINTS).reindex(range(len(days)))
    start = pd.Timestamp("2023-01-01")
    received = [pd.NaT if day is None else start + pd.Timedelta(days=day) for day in days.values()]
    rows = rows.assign(complaint_id=list(days), received_at=pd.Series(received, dtype="datetime64[us]"), row_number=1)
    rows = rows.assign(**dict.fromkeys(["source_code", "text", "tokens", "file_id", "run_id"], "x"))
    matters = pd.DataFrame({"complaint_id": sorted(with_matter), "matter_id": "M", "similarity": float("nan")})
    with Store.open(tmp_path / "ledger.duckdb") as store:
        store.append(COMPLAINTS, rows)
        store.append(COMPLAINT_MATTERS, matters.assign(matched_complaint_id=None, run_id="x"))
        return store.query("complaints_in_matters", window_days=400)["complaint_id"].tolist()


@pytest.mark.parametrize(
    ("days", "with_matter", "taken"),
    [
        ({"old": 0, "near": 700, "new": 1000}, {"old", "near"}, ["near", "new"]),
        ({"old": 0, "undated": None, "new": 1000}, {"old", "undated"}, ["new", "undated"]),
        ({"new": None, "old": 0, "later": 1000}, {"old", "later"}, ["old", "later", "new"]),
        ({"b": None, "old": 0, "a": None, "new": 1000}, {"old"}, ["old", "new", "a", "b"]),
        ({"old": 0, "undated": None}, {"old", "undated"}, []),
    ],
)
def test_only_what_may_be_of_the_same_matter_is_compared(
    tmp_path: Path, days: dict[str, int | None], with_matter: set[str], taken: list[str]
) -> None:
    assert _placed(tmp_path, days, with_matter) == taken


def test_an_older_complaint_that_comes_later_does_not_take_over() -> None:
    known = complaints(REPEAT, days=(10,)).assign(matter_id="M-C0")
    late = complaints(PARKING, days=(1,)).assign(complaint_id="C9")
    members = group(pd.concat([late, known], ignore_index=True), RULE)
    assert members[["complaint_id", "matter_id"]].to_numpy().tolist() == [["C9", "M-C0"]]


def test_empty_and_tiny_texts_are_their_own_matters() -> None:
    members = group(complaints("", "？", "。", ""), RULE)
    assert members["matter_id"].nunique() == 4
    assert group(complaints("").assign(matter_id="M-C0"), RULE).empty
