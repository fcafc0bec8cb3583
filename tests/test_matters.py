"""The same matter is recognised across callers and channels; matters never change hands."""

import tomllib
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis.codebook
from analysis.config import load_settings
from analysis.contracts import COMPLAINT_MATTERS, COMPLAINTS, MATTER_KEYS, MATTERS, empty_frame
from analysis.errors import SettingsError
from analysis.ledger.likelihood import load_judge
from analysis.ledger.matters import Constraints, Grouped, group, group_all
from analysis.ledger.store import Store
from analysis.pipeline.merging import group_complaints, group_table, same_matter

SETTINGS = load_settings(Path("/nonexistent"))
RULE = same_matter(SETTINGS, Path("/nonexistent"))
POSTS = Path(__file__).parent.parent / "bench" / "matters_posts.toml"

PARKING = "荷花路口的人行道每天晚上都被小车停满，行人只能走机动车道，打了电话也没有人来处理。"
REPEAT = "再次反映荷花路口的人行道每天晚上都被小车停满，行人只能走到机动车道上，打了电话没人来处理。"
ELSEWHERE = "晚报大道的人行道每天晚上都被小车停满，行人只能走机动车道，打了电话也没有人来处理。"
OTHER = "嘉雨路的路灯坏了半个月，小孩晚自习回家摸黑，请尽快安排维修。"


def complaints(*texts: str, days: tuple[int, ...] = ()) -> pd.DataFrame:
    received = [pd.Timestamp("2023-01-01") + pd.Timedelta(days=d) for d in days or range(len(texts))]
    ids = [f"C{i}" for i in range(len(texts))]
    return pd.DataFrame({"complaint_id": ids, "title": None, "text": texts, "received_at": received})


def matters(found: Grouped) -> list[str]:
    return found.members["matter_id"].tolist()


def test_a_repeat_joins_the_first_and_other_places_stay_apart() -> None:
    members = group(complaints(PARKING, OTHER, REPEAT, ELSEWHERE), RULE).members.set_index("complaint_id")
    assert members["matter_id"].to_dict() == {"C0": "M-C0", "C1": "M-C1", "C2": "M-C0", "C3": "M-C3"}
    assert members.loc["C2", "matched_complaint_id"] == "C0"
    assert SETTINGS.ledger.same_matter_similarity <= members.loc["C2", "similarity"] <= 1
    assert pd.isna(members.loc["C0", "similarity"])


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("紫藤苑小区旁的搅拌站半夜生产，吵得睡不着。", "紫藤苑居民投诉搅拌站夜间噪音扰民，灰又大。", True),
        ("紫藤苑小区旁的搅拌站半夜生产，吵得睡不着。", "紫藤苑小区6栋电梯一个月坏了五次，老人被困。", False),
        ("A3区紫藤苑小区物业乱收停车费，业主意见很大。", "A3区白桦苑小区物业乱收停车费，业主意见很大。", False),
        ("317路公交车等四十分钟才来一趟，请加密班次。", "417路公交车等四十分钟才来一趟，请加密班次。", False),
        ("请问K3县电动车上牌在哪里办理？需要什么材料？", "请问K5县电动车上牌在哪里办理？需要什么材料？", False),
    ],
)
def test_place_and_problem_decide_not_the_wording(one: str, other: str, is_same: bool) -> None:
    assert (len(set(matters(group(complaints(one, other), RULE)))) == 1) is is_same


def test_beyond_the_window_it_is_a_new_matter() -> None:
    assert matters(group(complaints(PARKING, REPEAT, days=(0, 500)), RULE)) == ["M-C0", "M-C1"]
    assert matters(group(complaints(PARKING, REPEAT, days=(0, 399)), RULE)) == ["M-C0", "M-C0"]


def test_a_complaint_without_time_is_compared_with_all() -> None:
    dated = complaints(PARKING, OTHER, days=(0, 900))
    undated = complaints(REPEAT, OTHER).assign(complaint_id=["U0", "U1"], received_at=pd.NaT)
    members = group(pd.concat([dated, undated], ignore_index=True), RULE).members.set_index("complaint_id")
    assert members.loc[["U0", "U1"], "matter_id"].tolist() == ["M-C0", "M-C1"]
    reversed_order = pd.concat([undated, dated], ignore_index=True)
    assert matters(group(reversed_order, RULE)) == ["M-U0", "M-U1", "M-U0", "M-U1"]
    assert matters(group(dated.drop(columns="received_at"), RULE)) == ["M-C0", "M-C1"]


def test_empty_and_tiny_texts_are_their_own_matters() -> None:
    assert len(set(matters(group(complaints("", "？", "。", "", "好", "好"), RULE)))) == 6
    assert group(complaints("").assign(matter_id="M-C0"), RULE).members.empty
    assert group(complaints(), RULE).members.empty


def test_an_older_complaint_that_comes_later_does_not_take_over() -> None:
    known = complaints(REPEAT, days=(10,)).assign(matter_id="M-C0")
    late = complaints(PARKING, days=(1,)).assign(complaint_id="C9", matter_id=None)
    members = group(pd.concat([known, late], ignore_index=True), RULE).members
    assert members[["complaint_id", "matter_id"]].to_numpy().tolist() == [["C9", "M-C0"]]


def test_a_vague_complaint_does_not_chain_two_matters() -> None:
    vague = "路边停满车，没有人管。"
    found = matters(group(complaints(PARKING, vague, ELSEWHERE), RULE))
    assert found[0] != found[2]


def _invented() -> list[tuple[str, str]]:
    families = tomllib.loads(POSTS.read_text(encoding="utf-8"))["family"]
    return [(title, text) for family in families for _, title, text in family["posts"]]


@st.composite
def nights(draw: st.DrawFn) -> tuple[pd.DataFrame, list[int]]:
    """Return complaints in some order, some without a time, and after which ones a night ends."""
    chosen = draw(st.lists(st.sampled_from(_invented()[:60]), min_size=2, max_size=10))
    days = draw(st.lists(st.one_of(st.none(), st.integers(0, 900)), min_size=len(chosen), max_size=len(chosen)))
    start = pd.Timestamp("2023-01-01").to_pydatetime()
    received = [None if day is None else start + timedelta(days=day) for day in days]
    frame = pd.DataFrame(chosen, columns=["title", "text"]).assign(
        complaint_id=[f"C{n:02}" for n in range(len(chosen))],
        received_at=pd.Series(received, dtype="datetime64[us]"),
    )
    return frame, draw(st.lists(st.integers(1, len(chosen) - 1), unique=True).map(sorted))


def _put(store: Store, frame: pd.DataFrame, run_id: str) -> None:
    rows = empty_frame(COMPLAINTS).reindex(range(len(frame))).assign(row_number=1)
    rows = rows.assign(**dict.fromkeys(["source_code", "tokens", "file_id"], "x"), run_id=run_id)
    for column in frame.columns:
        rows[column] = frame[column].to_numpy()
    store.append(COMPLAINTS, rows)


def _run(path: Path, frame: pd.DataFrame, ends: list[int], constraints: Constraints | None = None) -> dict[str, str]:
    with Store.open(path) as store:
        for number, (start, end) in enumerate(zip([0, *ends], [*ends, len(frame)], strict=True)):
            _put(store, frame.iloc[start:end], f"R{number}")
            group_complaints(store, RULE, f"R{number}", constraints)
        placed = store.table(COMPLAINT_MATTERS)
        founders = store.table(MATTERS)
    assert set(founders["matter_id"]) == {f"M-{i}" for i in founders["canonical_complaint_id"]}
    return dict(zip(placed["complaint_id"], placed["matter_id"], strict=True))


@settings(max_examples=6, deadline=None)
@given(nights())
def test_any_division_into_nights_gives_the_same_matters(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[pd.DataFrame, list[int]]
) -> None:
    frame, ends = drawn
    at_once = group(frame, RULE).members.set_index("complaint_id")["matter_id"].to_dict()
    for size in (1, 3):
        assert group_all(frame, RULE, size).set_index("complaint_id")["matter_id"].to_dict() == at_once
    in_order = frame.sort_values(["received_at", "complaint_id"], na_position="last", ignore_index=True)
    night_by_night = _run(tmp_path_factory.mktemp("nights") / "ledger.duckdb", in_order, ends)
    assert night_by_night == group(in_order, RULE).members.set_index("complaint_id")["matter_id"].to_dict()


@settings(max_examples=6, deadline=None)
@given(nights(), st.data())
def test_decisions_of_people_hold_in_every_night(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[pd.DataFrame, list[int]], data: st.DataObject
) -> None:
    frame, ends = drawn
    ids = frame["complaint_id"].tolist()
    held = data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=4))
    targets = [f"M-{data.draw(st.sampled_from(ids))}" for _ in held]
    apart = data.draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=4))
    apart = [(one, other) for one, other in apart if one != other and not {one, other} & set(held)]
    constraints = Constraints(
        pd.DataFrame({"complaint_id": held, "matter_id": targets}, dtype=object),
        pd.DataFrame(apart, columns=["complaint_id", "other_complaint_id"], dtype=object),
    )
    folder = tmp_path_factory.mktemp("decisions")
    placed = _run(folder / "ledger.duckdb", frame, ends, constraints)
    assert [placed[i] for i in held] == targets
    assert all(placed[one] != placed[other] for one, other in apart)
    assert set(placed) == set(ids)


def test_later_complaints_follow_one_that_was_moved() -> None:
    frame = complaints(PARKING, OTHER, REPEAT)
    holds = pd.DataFrame({"complaint_id": ["C0"], "matter_id": ["M-C7"]})
    assert matters(group(frame, RULE, constraints=Constraints(holds=holds))) == ["M-C7", "M-C1", "M-C7"]


def test_a_changed_text_is_found_by_its_new_words_and_keeps_its_matter(tmp_path: Path) -> None:
    with Store.open(tmp_path / "ledger.duckdb") as store:
        _put(store, complaints(OTHER), "R0")
        group_complaints(store, RULE, "R0")
        store.apply("delete_complaints", {"wanted": pd.DataFrame({"complaint_id": ["C0"]})})
        _put(store, complaints(PARKING), "R1")
        assert group_complaints(store, RULE, "R1") == 0
        _put(store, complaints("", REPEAT, OTHER).iloc[1:], "R2")
        group_complaints(store, RULE, "R2")
        placed = store.table(COMPLAINT_MATTERS).set_index("complaint_id")["matter_id"].to_dict()
        keys = store.table(MATTER_KEYS)
    assert placed == {"C0": "M-C0", "C1": "M-C0", "C2": "M-C2"}
    assert not keys.duplicated(["complaint_id", "key"]).any()


def test_a_ledger_from_before_there_were_keys_is_taken_in(tmp_path: Path) -> None:
    with Store.open(tmp_path / "ledger.duckdb") as store:
        _put(store, complaints(PARKING, OTHER), "R0")
        old = pd.DataFrame({"complaint_id": ["C0", "C1"], "matter_id": ["M-C0", "M-C1"], "similarity": np.nan})
        store.append(COMPLAINT_MATTERS, old.assign(matched_complaint_id=None, run_id="R0"))
        _put(store, complaints("", "", REPEAT).iloc[2:], "R1")
        group_complaints(store, RULE, "R1")
        placed = store.table(COMPLAINT_MATTERS).set_index("complaint_id")["matter_id"].to_dict()
    assert placed == {"C0": "M-C0", "C1": "M-C1", "C2": "M-C0"}


def test_only_complaints_with_a_common_key_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    apply = Store.apply

    def watched(self: Store, name: str, *args: object, **more: object) -> pd.DataFrame:
        found = apply(self, name, *args, **more)  # type: ignore[arg-type]
        if name == "complaints_of_matters":
            loaded.extend(found["complaint_id"])
        return found

    monkeypatch.setattr(Store, "apply", watched)
    texts = [text for _, text in _invented()[5:60]]
    with Store.open(tmp_path / "ledger.duckdb") as store:
        _put(store, complaints(PARKING, *texts), "R0")
        group_complaints(store, RULE, "R0")
        _put(store, complaints(REPEAT).assign(complaint_id="N0"), "R1")
        group_complaints(store, RULE, "R1")
    assert "C0" in loaded
    assert len(loaded) < 8


def test_a_table_is_grouped_by_time_and_told_in_its_own_order() -> None:
    frame = complaints(REPEAT, OTHER, PARKING, days=(9, 5, 1))
    found = group_table(frame, SETTINGS, Path("/nonexistent"))
    assert found["complaint_id"].tolist() == ["C0", "C1", "C2"]
    assert found["matter_id"].tolist() == ["M-C2", "M-C1", "M-C2"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("lead_found_more = ", "lead_found_most = ", "没有特征"), ("line_conflicts = -", "line_conflicts = ", "方向反了")],
)
def test_a_weight_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    shipped = (Path(analysis.codebook.__file__).parent / "same_matter_weights.toml").read_text(encoding="utf-8")
    (tmp_path / "same_matter_weights.toml").write_text(shipped.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=words):
        load_judge(tmp_path)
