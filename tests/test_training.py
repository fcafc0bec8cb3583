"""Training on part of the corpus: rebuilt alike, kept current, and judging with sound evidence."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import training
from analysis.classify.classifier import ASSESSMENT_COLUMNS, GATE_COLUMNS, Classifier, documents_of
from analysis.classify.model_store import CARD_FILE, MODEL_FILE
from analysis.classify.training_texts import corpus_files
from analysis.contracts import ASSESSMENTS, GATE_DECISIONS, conform
from analysis.errors import HotlineError

COMPLAINTS = pd.DataFrame(
    {
        "complaint_id": ["c1", "c2", "c3", "c4", "c5"],
        "title": ["违停没人管", None, "路灯坏了", "", "😀"],
        "text": [
            "消防通道天天被堵，多次向交警大队反映，答复都是已处理，从来没有人来过，形同虚设。",
            "骑车上班被辅警拦下，没有出示执法证，也没有正式民警在场，不听解释就罚款，态度恶劣，张口骂人。",
            "小区外面的路灯坏了一个月，请市政尽快维修。",
            "请问摩托车驾驶证怎么换证，需要什么材料？",
            "\n",
        ],
    }
)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 240 texts, enough for every step and quick to learn."""
    path = tmp_path_factory.mktemp("corpus") / "few.jsonl"
    start = next(p for p in corpus_files() if p.name == "start.jsonl")
    path.write_text("\n".join(start.read_text("utf-8").splitlines()[:240]), "utf-8")
    return path


@pytest.fixture(scope="module")
def model_directory(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("model")
    training.train([few], None, directory)
    return directory


def labelled(directory: Path, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    judgement = Classifier.load(directory).classify(frame)
    return judgement.gate, judgement.assessments


def test_trained_twice_it_judges_the_same_to_the_last_bit(few: Path, model_directory: Path, tmp_path: Path) -> None:
    card = training.train([few], None, tmp_path)
    assert card == json.loads((model_directory / CARD_FILE).read_text("utf-8"))
    for one, two in zip(labelled(model_directory, COMPLAINTS), labelled(tmp_path, COMPLAINTS), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_the_card_says_what_the_model_comes_from(model_directory: Path) -> None:
    card = json.loads((model_directory / CARD_FILE).read_text("utf-8"))
    assert [f["name"] for f in card["corpus_files"]] == ["few.jsonl"]
    assert card["complaint_count"] == 240
    assert {"scikit-learn", "python"} <= set(card["software"])
    assert 0 < card["cross_validation"]["scope_f1"]["value"] <= 1


def test_judgement_fits_the_contracts(model_directory: Path) -> None:
    gate, assessments = labelled(model_directory, COMPLAINTS)
    assert list(gate.columns) == GATE_COLUMNS
    assert list(assessments.columns) == ASSESSMENT_COLUMNS
    assert len(conform(gate.assign(run_id="r"), GATE_DECISIONS)) == len(COMPLAINTS)
    conform(assessments.assign(run_id="r"), ASSESSMENTS)
    assert not assessments.duplicated(["complaint_id", "sub_problem_code"]).any()


def test_accusations_score_above_requests(model_directory: Path) -> None:
    gate, assessments = labelled(model_directory, COMPLAINTS)
    score = gate.set_index("complaint_id")["scope_score"]
    assert min(score["c1"], score["c2"]) > max(score["c3"], score["c4"])
    assert gate.set_index("complaint_id").loc["c2", "unit_kind"] == "交警"
    own = assessments[assessments["complaint_id"] == "c1"].set_index("sub_problem_code")
    assert "irregular.inaction" in own.index
    start, end = own.loc["irregular.inaction", ["evidence_start", "evidence_end"]]
    evidence = documents_of(COMPLAINTS)[0][start:end]
    assert any(said in evidence for said in ("没人管", "向交警大队反映", "没有人来过", "形同虚设"))


def test_a_reason_names_rules_and_never_quotes(model_directory: Path) -> None:
    frame = COMPLAINTS.assign(text=COMPLAINTS["text"] + "联系人赵钱孙，住丙丁巷七号。")
    gate, _ = labelled(model_directory, frame)
    assert not gate["reason"].str.contains("赵钱孙|丙丁巷|消防通道天天|骑车上班").any()
    assert gate.set_index("complaint_id").loc["c1", "reason"].count("规则") >= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.none() | st.text(max_size=20),
            st.lists(
                st.sampled_from(["交警", "罚款", "没人管", "，", "不给票", "\n", " ", "👮", "态度恶劣", "x" * 30])
            ).map("".join),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_evidence_lies_inside_the_text_whatever_it_is(
    model_directory: Path, rows: list[tuple[str | None, str]]
) -> None:
    frame = pd.DataFrame(
        {
            "complaint_id": [str(i) for i in range(len(rows))],
            "title": [r[0] for r in rows],
            "text": [r[1] for r in rows],
        }
    )
    classifier = Classifier.load(model_directory)
    classifier.thresholds = type(classifier.thresholds)(0.0, 0.0, 1.0, classifier.thresholds.code)
    documents = documents_of(frame)
    judged = classifier.classify(frame).assessments
    assert set(judged["complaint_id"]) == set(frame["complaint_id"])
    for row in judged.itertuples(index=False):
        assert 0 <= row.evidence_start < row.evidence_end <= len(documents[int(row.complaint_id)])


def test_no_complaints_give_empty_tables(model_directory: Path) -> None:
    gate, assessments = labelled(model_directory, COMPLAINTS.iloc[:0])
    assert len(gate) == len(assessments) == 0


def test_the_order_and_company_of_complaints_do_not_matter(model_directory: Path) -> None:
    together, _ = labelled(model_directory, COMPLAINTS)
    backwards, _ = labelled(model_directory, COMPLAINTS.iloc[::-1])
    alone = pd.concat([labelled(model_directory, COMPLAINTS.iloc[[i]])[0] for i in range(len(COMPLAINTS))])
    for other in (backwards, alone):
        merged = together.merge(other, on="complaint_id", suffixes=("", "_other"))
        assert merged["scope_score"].to_numpy() == pytest.approx(merged["scope_score_other"].to_numpy(), abs=1e-12)


def test_label_table_has_the_columns_of_the_scorer(model_directory: Path) -> None:
    table = training.label_table(COMPLAINTS, model_directory)
    assert list(table.columns) == ["complaint_id", "in_scope", "scope_score", "codes", "unit", "evidence"]
    assert table["complaint_id"].tolist() == COMPLAINTS["complaint_id"].tolist()
    for row in table.itertuples(index=False):
        spans = json.loads(row.evidence)
        assert [s["code"] for s in spans] == [c for c in row.codes.split(";") if c]
        assert bool(spans) == bool(row.in_scope)


def test_label_table_keeps_rows_apart_that_share_an_id(model_directory: Path) -> None:
    alike = COMPLAINTS.assign(complaint_id="same")
    expected = training.label_table(COMPLAINTS, model_directory).drop(columns="complaint_id")
    pd.testing.assert_frame_equal(training.label_table(alike, model_directory).drop(columns="complaint_id"), expected)


def test_a_model_that_does_not_fit_the_codebook_is_refused(model_directory: Path, tmp_path: Path) -> None:
    from analysis.codebook import read_codebook_bytes

    content = read_codebook_bytes("cues.toml").decode() + '\n[[rule]]\nrule_id="S1"\nmeaning="x"\nall=["road"]\n'
    (tmp_path / "cues.toml").write_text(content, "utf-8")
    with pytest.raises(HotlineError, match="代码本不符"):
        Classifier.load(model_directory, tmp_path)


def test_a_table_judged_in_pieces_is_judged_as_in_one(model_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier, told = Classifier.load(model_directory), list[tuple[str, int, int]]()
    whole = training.score_table(COMPLAINTS, classifier)
    monkeypatch.setattr(training, "_JUDGED_AT_ONCE", 2)
    pieces = training.score_table(COMPLAINTS, classifier, lambda *step: told.append(step))
    pd.testing.assert_frame_equal(pieces, whole, check_exact=True)
    assert told == [("判断诉求", done, 5) for done in (0, 2, 4, 5)]
    assert training.score_table(COMPLAINTS[:0], classifier).empty


def test_ensure_model_trains_once_and_again_when_something_changed(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "corpus_files", lambda: [few])
    for name in (MODEL_FILE, CARD_FILE):  # what an earlier program left, which kept one model and no list of them
        (tmp_path / name).write_bytes(b"flat")
    told: list[tuple[str, int, int]] = []
    first = training.ensure_model(tmp_path, progress=lambda *step: told.append(step))
    assert told == [("训练模型", done, 6) for done in range(7)]
    own = tmp_path / first["model_id"]
    assert not (tmp_path / MODEL_FILE).exists()
    assert not (tmp_path / CARD_FILE).exists()
    stamp = (own / MODEL_FILE).stat().st_mtime_ns
    assert training.ensure_model(tmp_path) == first
    assert (own / MODEL_FILE).stat().st_mtime_ns == stamp
    (own / MODEL_FILE).write_bytes(b"damaged")
    assert training.ensure_model(tmp_path) == first
    stale = {**first, "data_hash": "0"}
    (own / CARD_FILE).write_text(json.dumps(stale), "utf-8")
    assert training.ensure_model(tmp_path)["data_hash"] == first["data_hash"]
