"""The same matter is recognised across callers and channels; matters never change hands."""

import pandas as pd

from analysis.ledger.matters import SameMatter, group
from analysis.ledger.places import load_place_finder
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


def test_an_older_complaint_that_comes_later_does_not_take_over() -> None:
    known = complaints(REPEAT, days=(10,)).assign(matter_id="M-C0")
    late = complaints(PARKING, days=(1,)).assign(complaint_id="C9")
    members = group(pd.concat([late, known], ignore_index=True), RULE)
    assert members[["complaint_id", "matter_id"]].to_numpy().tolist() == [["C9", "M-C0"]]


def test_empty_and_tiny_texts_are_their_own_matters() -> None:
    members = group(complaints("", "？", "。", ""), RULE)
    assert members["matter_id"].nunique() == 4
    assert group(complaints("").assign(matter_id="M-C0"), RULE).empty
