"""The search ranks as plain BM25 written over pandas does, whatever the filters, and shows what it found."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.contracts import (
    ASSESSMENTS,
    COMPLAINT_MATTERS,
    COMPLAINTS,
    GATE_DECISIONS,
    PROBLEM_COMPLAINTS,
    PROBLEMS,
    UNIT_KINDS,
    Table,
)
from analysis.errors import UsageError
from analysis.ledger.store import Store
from analysis.segment.jieba_segmenter import JiebaSegmenter, load_segmenter
from analysis.snapshot import Snapshot, open_snapshot
from analysis.snippet import cut_snippet

WORDS = (
    "违停",
    "抄牌",
    "芙蓉路",
    "交警",
    "罚款",
    "罚单",
    "罚",
    "路灯不亮",
    "路",
    "韭菜园路",
    "ETC",
    "etc",
    "人行道",
    "告知",
    "的",
)
QUESTIONS = (*WORDS, "路灯", "韭菜园", "园", "卍", "无此词语", "交警不告知", "ｅｔｃ", "灯")
CODES = ("rough.attitude", "irregular.inaction")
CHANNELS = ("12345热线", "来信", None)
UNIT = load_units().unit[0]
COUNT = 120
FIRST = datetime(2026, 1, 1, 12)


@cache
def segmenter() -> JiebaSegmenter:
    return load_segmenter()


@cache
def complaints() -> pd.DataFrame:
    """Return complaints with repeated words, long and short, some without title or time, one without any word."""
    rng, rows = Random(3), list[dict[str, Any]]()
    for number in range(COUNT):
        said = "".join(rng.choice(WORDS) + rng.choice(["", "，", "。", " "]) for _ in range(rng.randint(1, 30)))
        title = rng.choice([None, "", rng.choice(WORDS)])
        at = None if number % 11 == 0 else FIRST + timedelta(days=number % 50)
        rows.append({"complaint_id": f"H{number:03d}", "received_at": at, "title": title, "text": said})
    rows[7] |= {"title": None, "text": "……"}
    frame = pd.DataFrame(rows).assign(channel=[CHANNELS[n % 3] for n in range(COUNT)])
    frame["source_code"] = ["hotline_12345" if n % 2 else "xiangwen" for n in range(COUNT)]
    texts = ["title", "channel"]
    frame[texts] = frame[texts].astype(object).where(frame[texts].notna(), None)
    return frame.assign(tokens=segmenter().segment(frame["title"].fillna("") + "\n" + frame["text"]))


def whole(table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with something in every column that must hold something."""
    filled = {c.name: {"VARCHAR": "x", "BIGINT": 1, "DOUBLE": 0.5, "DATE": date(2026, 1, 1)}.get(c.type.value)
              for c in table.columns if not c.is_nullable and c.name not in rows}  # fmt: skip
    coded = {name: next(iter(table[name].values)) for name in filled if table[name].values}
    return rows.assign(**filled | coded).reindex(columns=table.column_names)


@cache
def judged() -> pd.DataFrame:
    """Return of each complaint: decision, unit_kind, code, problem_id, matter_id (None where it has none)."""
    rng, rows = Random(4), list[dict[str, Any]]()
    for complaint_id in complaints()["complaint_id"]:
        is_in = rng.random() < 0.5
        rows.append({
            "complaint_id": complaint_id, "decision": "in_scope" if is_in else "out_of_scope",
            "unit_kind": rng.choice(UNIT_KINDS[:3]), "sub_problem_code": rng.choice(CODES) if is_in else None,
            "problem_id": "P-1" if is_in and rng.random() < 0.5 else None, "matter_id": f"M-{rng.randint(1, 20)}",
        })  # fmt: skip
    frame = pd.DataFrame(rows).astype(object)
    return frame.where(frame.notna(), None)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder, facts = tmp_path_factory.mktemp("search"), judged()
    problem = pd.DataFrame([{"problem_id": "P-1", "unit_id": UNIT.unit_id, "unit_kind": UNIT.unit_kind}])
    with Store.open(folder / "ledger.duckdb") as store:
        store.append(COMPLAINTS, whole(COMPLAINTS, complaints()))
        store.append(GATE_DECISIONS, whole(GATE_DECISIONS, facts[["complaint_id", "decision", "unit_kind"]]))
        store.append(ASSESSMENTS, whole(ASSESSMENTS, facts.dropna(subset=["sub_problem_code"])))
        store.append(COMPLAINT_MATTERS, whole(COMPLAINT_MATTERS, facts[["complaint_id", "matter_id"]]))
        store.append(PROBLEMS, whole(PROBLEMS, problem))
        store.append(PROBLEM_COMPLAINTS, whole(PROBLEM_COMPLAINTS, facts.dropna(subset=["problem_id"])))
        store.publish(folder / "snapshot.duckdb")
    with open_snapshot(folder) as opened:
        yield opened


def times_of(unit: tuple[str, str], title: str | None, text: str, tokens: list[str]) -> int:
    """Return how often a complaint holds what one part of a question asks for."""
    kind, word = unit
    if kind == "word":
        return sum(token.lower() == word.lower() for token in tokens)
    if len(word) > 1:
        return (title or "").count(word) + text.count(word)
    return sum(word in token for token in tokens)


def plain_bm25(units: list[tuple[str, str]]) -> "pd.Series[float]":
    """Return the BM25 score of every complaint by id: the textbook formula, one complaint after the other."""
    frame, tuned = complaints().set_index("complaint_id"), load_settings().search
    tokens = frame["tokens"].str.split()
    lengths = tokens.str.len()
    count, mean = (lengths > 0).sum(), lengths[lengths > 0].mean()
    scores = pd.Series(0.0, index=frame.index)
    for unit in units:
        times = pd.Series(
            [times_of(unit, c.title, c.text, tokens[c.Index]) for c in frame.itertuples()],
            index=frame.index,
            dtype=float,
        )
        holding = (times > 0).sum()
        weight = math.log(1 + (count - holding + 0.5) / (holding + 0.5))
        k, b = tuned.repetition, tuned.length_discount
        scores += weight * times * (k + 1) / (times + k * (1 - b + b * lengths / mean))
    return scores[scores > 0].round(4)


def ranked(scores: "pd.Series[float]", limit: int) -> list[tuple[str, float]]:
    at = complaints().set_index("complaint_id")["received_at"]
    order = pd.DataFrame({"score": scores, "at": at.reindex(scores.index)}).rename_axis("id").reset_index()
    order = order.sort_values(["id"]).sort_values("at", ascending=False, na_position="last", kind="stable")
    best = order.sort_values("score", ascending=False, kind="stable").head(limit)
    return list(best[["id", "score"]].itertuples(index=False, name=None))


def units_of(question: str) -> list[tuple[str, str]]:
    units: dict[tuple[str, str], None] = {}
    for piece in question.split():
        words = segmenter().segment([piece])[0].split()
        if words:
            units |= dict.fromkeys([*(("word", word) for word in words), ("whole", piece)])
    return list(units)


def passes(filters: dict[str, Any]) -> set[str]:
    """Return the ids of the complaints that filters let through."""
    frame = complaints().merge(judged(), on="complaint_id")
    kept = frame["complaint_id"].notna()
    days = pd.to_datetime(frame["received_at"]).dt.strftime("%Y-%m-%d")
    if since := filters.get("since"):
        kept &= days.notna() & (days >= since)
    if until := filters.get("until"):
        kept &= days.notna() & (days <= until)
    if channel := filters.get("channel"):
        source = {"12345热线": "hotline_12345", "湘问·投诉直通车": "xiangwen"}.get(channel)
        kept &= (frame["channel"] == channel) | (frame["channel"].isna() & (frame["source_code"] == source))
    if code := filters.get("code"):
        kept &= frame["sub_problem_code"].fillna("").str.startswith(code)
    if unit := filters.get("unit"):
        in_problem = frame["problem_id"].notna()
        is_kind = (frame["unit_kind"] == unit) & (frame["decision"] == "in_scope")
        kept &= is_kind | (in_problem & (unit in (UNIT.unit_id, UNIT.unit_kind, UNIT.short_name)))
    return set(frame.loc[kept, "complaint_id"])


FILTERS = st.fixed_dictionaries({}, optional={
    "since": st.sampled_from(["2026-01-05", "2026-02-01"]), "until": st.sampled_from(["2026-01-20", "2026-02-01"]),
    "channel": st.sampled_from(["12345热线", "来信", "湘问·投诉直通车"]),
    "code": st.sampled_from(["rough", "rough.attitude", "irregular"]),
    "unit": st.sampled_from([UNIT.unit_id, UNIT.short_name, UNIT.unit_kind, UNIT_KINDS[1], UNIT_KINDS[2]]),
})  # fmt: skip


@given(
    words=st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=4),
    filters=FILTERS,
    limit=st.sampled_from([3, COUNT]),
)
@settings(deadline=None, max_examples=60)
def test_the_ranking_and_the_scores_are_those_of_plain_bm25(
    snapshot: Snapshot, words: list[str], filters: dict[str, Any], limit: int
) -> None:
    question = " ".join(words)
    if not units_of(question):
        with pytest.raises(UsageError, match="没有可查的词"):
            snapshot.search(question)
        return
    scores = plain_bm25(units_of(question))
    wanted = ranked(scores[scores.index.isin(passes(filters))], limit)
    found = snapshot.search(question, limit, **filters)
    assert found["complaint_id"].to_list() == [complaint_id for complaint_id, _ in wanted]
    assert found["score"].to_list() == pytest.approx([score for _, score in wanted], abs=2e-4)


@given(number=st.integers(0, COUNT - 1))
@settings(deadline=None, max_examples=25)
def test_similar_complaints_are_ranked_by_its_weightiest_words(snapshot: Snapshot, number: int) -> None:
    own = complaints().iloc[number]
    everywhere = Counter(token for tokens in complaints()["tokens"] for token in tokens.split())
    with_words = (complaints()["tokens"] != "").sum()
    inside = {t: n for t, n in Counter(own["tokens"].split()).items() if everywhere[t] > n}
    weight = {t: n * math.log(1 + with_words / everywhere[t]) for t, n in inside.items()}
    chosen = sorted(weight, key=lambda t: (-weight[t], t))[: load_settings().search.similar_words]
    scores = plain_bm25([("word", token) for token in dict.fromkeys(chosen)]).drop(own["complaint_id"], errors="ignore")
    found = snapshot.similar(own["complaint_id"], limit=10)
    wanted = ranked(scores, 10)
    assert found["complaint_id"].to_list() == [complaint_id for complaint_id, _ in wanted]
    assert found["score"].to_list() == pytest.approx([score for _, score in wanted], abs=2e-4)
    matter = judged().set_index("complaint_id")["matter_id"]
    expected = matter.loc[found["complaint_id"].to_list()] == matter[own["complaint_id"]]
    assert found["is_same_matter"].to_list() == expected.to_list()


def test_what_the_segmenter_cut_otherwise_is_found_all_the_same(snapshot: Snapshot) -> None:
    assert not [tokens for tokens in complaints()["tokens"] if "路灯" in tokens.split()]  # it is cut 路 灯不亮
    found = snapshot.search("路灯", limit=COUNT)
    assert set(found["complaint_id"]) == set(
        complaints().loc[
            complaints()["text"].str.contains("路灯") | complaints()["title"].str.contains("路灯", na=False),
            "complaint_id",
        ]
    )
    assert len(snapshot.search("灯", limit=COUNT)) == len(found)


def test_a_result_says_where_the_complaint_stands(snapshot: Snapshot) -> None:
    facts = judged().set_index("complaint_id")
    sources = {"hotline_12345": "12345热线", "xiangwen": "湘问·投诉直通车"}
    given_rows = complaints().set_index("complaint_id")
    for row in snapshot.search("交警 罚款", limit=40).to_dict("records"):
        fact, complaint = facts.loc[row["complaint_id"]], given_rows.loc[row["complaint_id"]]
        assert row["decision"] == fact["decision"]
        assert row["codes"] == fact["sub_problem_code"]
        assert row["problem_ids"] == fact["problem_id"]
        assert row["matter_id"] == fact["matter_id"]
        kind = fact["unit_kind"] if fact["decision"] == "in_scope" else None
        assert row["unit"] == (UNIT.short_name if fact["problem_id"] else kind)
        assert row["channel"] == (complaint["channel"] or sources[complaint["source_code"]])
        marked = re.findall("【(.*?)】", row["snippet"])
        assert set(row["words"].split("、")) <= {"交警", "罚款"}
        assert set(marked) <= set(row["words"].split("、"))
        assert marked or not any(word in complaint["text"] for word in ("交警", "罚款"))


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"unit": "没有的单位"}, "没有单位“没有的单位”.*芙蓉交警大队.*类型有：交警"),
        ({"code": "nothing"}, "没有类别或小类“nothing”.*执法粗暴"),
        ({"channel": "电报"}, "没有渠道“电报”.*来信.*湘问"),
        ({"since": "2026年1月"}, "since 应写成 2026-11-20 这样的日期"),
        ({"limit": 0}, "limit 应为正整数"),
    ],
)
def test_a_filter_that_means_nothing_is_told_in_one_line(
    snapshot: Snapshot, filters: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        snapshot.search("违停", **filters)
    assert "\n" not in str(caught.value)


def test_days_may_be_given_as_such_and_codes_by_their_names(snapshot: Snapshot) -> None:
    by_text = snapshot.search("违停", COUNT, since="2026-01-10", until="2026-01-10", code="rough")
    name = load_scheme().categories["rough"].name
    by_day = snapshot.search("违停", COUNT, since=date(2026, 1, 10), until=datetime(2026, 1, 10, 9), code=name)
    pd.testing.assert_frame_equal(by_text, by_day)
    assert set(pd.to_datetime(snapshot.search("违停", COUNT, since="2026-01-10")["received_at"]).dt.day) >= {10}


@pytest.mark.parametrize("question", ["", "  ", "。，！", "？"])
def test_a_question_without_a_word_is_told(snapshot: Snapshot, question: str) -> None:
    with pytest.raises(UsageError, match="没有可查的词"):
        snapshot.search(question)


def test_an_unknown_complaint_has_no_similar_ones(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="快照里没有诉求 H999"):
        snapshot.similar("H999")


def test_nothing_found_is_an_empty_table_with_all_columns(snapshot: Snapshot) -> None:
    found = snapshot.search("无此词语")
    assert found.empty
    assert list(found.columns) == snapshot.describe("found_complaints")["column"].to_list()


TEXT = st.text(alphabet="交警抄牌违停路灯，。 \nＥＴＣetc", max_size=80)


@given(
    text=TEXT,
    words=st.lists(st.sampled_from(["交警", "违停", "路灯", "ETC", "停"]), max_size=3),
    width=st.integers(4, 40),
)
def test_a_snippet_is_a_piece_of_the_text_with_its_words_marked(text: str, words: list[str], width: int) -> None:
    snippet = cut_snippet(text, words, width)
    bare = re.sub("[【】]", "", snippet).removeprefix("…").removesuffix("…")
    assert bare in re.sub(r"\s+", " ", text)
    assert "\n" not in snippet
    assert len(bare) <= width + max(map(len, words), default=0)
    if any(word in text for word in words):
        assert "【" in snippet


def test_the_snippet_is_where_most_of_the_words_stand() -> None:
    text = "违停很多。" + "其他的话" * 20 + "交警对违停抄牌。" + "再说几句" * 20
    assert "【交警】对【违停】【抄牌】" in cut_snippet(text, ["违停", "抄牌", "交警"], 20)
    assert cut_snippet("没有这些词的一句话", ["违停"], 6) == "没有这些词的…"
