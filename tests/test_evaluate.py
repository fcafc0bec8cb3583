"""`hotline evaluate`: the office's scorer agrees, mistakes are told by id, what a model learned from does not count."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from analysis.classify.curves import NOT_IN_SCOPE, abstention, confusion, mistakes, precision_recall
from analysis.classify.evaluate import FIGURE_NAMES, evaluate, outcomes
from analysis.codebook.scheme import load_scheme
from analysis.errors import HotlineError
from analysis.pipeline.model_report import report_cross_validation, report_evaluation
from analysis.pipeline.site_training import evaluate_labels, train_site
from analysis.site import SitePaths
from analysis.training import ensure_model, label_table
from tests.command import ROOT, hotline, hotline_here
from tests.label_files import labelled_rows, small_site, write_rows

SCHEME = load_scheme()
SCORER = ROOT.parent / "shared" / "eval" / "score.py"
LABELS = pd.DataFrame(
    {
        "complaint_id": ["a", "b", "c", "d", "e"],
        "in_scope": ["1", "1", "0", "0", "1"],
        "codes": ["rough.attitude;rigid.one_size", "irregular.inaction", "", "", "rough.attitude"],
        "unit": ["交警", "城管", "", "", "交警"],
    }
)
SCORED = pd.DataFrame(
    {
        "complaint_id": ["a", "b", "c", "d", "e"],
        "in_scope": [1, 0, 1, 0, 1],
        "scope_score": [0.9, 0.2, 0.6, 0.1, 0.8],
        "codes": ["rough.attitude", "", "irregular.inaction", "", "rough.attitude"],
        "unit": ["交警", "", "交警", "", "城管"],
        "is_review": [False, False, True, False, False],
    }
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    """A site of a small corpus with a cold model, and 40 labels in 标注.csv."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        paths = small_site(folder, patch)
        ensure_model(paths.models, paths.codebook)
        write_rows(folder / "标注.csv", labelled_rows(40))
        yield paths


def test_the_figures_agree_with_the_offices_scorer(site: SitePaths, tmp_path: Path) -> None:
    if not SCORER.is_file():
        pytest.skip(f"the scorer {SCORER} is not on this machine")
    rows = pd.DataFrame(labelled_rows(40))
    card = ensure_model(site.models, site.codebook)
    label_table(rows, site.models / card["model_id"]).to_csv(tmp_path / "scored.csv", index=False)
    subprocess.run(
        [sys.executable, SCORER, site.settings / "标注.csv", tmp_path / "scored.csv", "--json", tmp_path / "out.json"],
        check=True, capture_output=True,
    )  # fmt: skip
    theirs = json.loads((tmp_path / "out.json").read_text("utf-8"))
    ours = evaluate_labels(site, site.settings / "标注.csv").evaluation
    for name in ("precision", "recall", "f1"):
        assert ours.value(f"scope_{name}") == pytest.approx(theirs["scope"][name], abs=1e-4)
    assert ours.value("category_macro_f1") == pytest.approx(theirs["category_macro_f1"], abs=1e-4)
    assert ours.value("category_micro_f1") == pytest.approx(theirs["category_micro"]["f1"], abs=1e-4)
    assert ours.value("sub_problem_micro_f1") == pytest.approx(theirs["sub_problem_micro"]["f1"], abs=1e-4)
    assert ours.value("unit_accuracy") == pytest.approx(theirs["unit_accuracy"], abs=1e-4)
    for budget, share in theirs["recall_at_budget"].items():
        assert ours.value(f"recall_at_{budget}") == pytest.approx(share, abs=1e-4)
    categories = ours.per_label.set_index("label")["f1"]
    assert {k: round(categories[k], 4) for k in theirs["category"]} == {
        k: v["f1"] for k, v in theirs["category"].items()
    }
    scope = ours.summary.set_index("name").loc["scope_f1"]
    assert [scope["low"], scope["high"]] == pytest.approx(theirs["scope_f1_ci95"], abs=0.08)


def test_what_the_model_learned_from_does_not_count(site: SitePaths, tmp_path: Path) -> None:
    before = evaluate_labels(site, site.settings / "标注.csv")
    assert (before.label_count, before.learned_count) == (40, 0)
    known = write_rows(tmp_path / "known.csv", labelled_rows(40)[:30])
    train_site(site, [known], is_forced=True)
    after = evaluate_labels(site, site.settings / "标注.csv")
    assert (after.label_count, after.learned_count) == (10, 30)
    text = report_evaluation(after, SCHEME)
    assert "另有 30 条模型学过，没有计入" in text
    with pytest.raises(HotlineError, match="30 条标注模型都学过"):
        evaluate_labels(site, known)
    card = ensure_model(site.models, site.codebook)
    assert "在本单位 30 条标注上交叉验证" in report_cross_validation(card)


def test_mistakes_are_told_by_id_with_said_and_true() -> None:
    found = mistakes(LABELS, SCORED, SCHEME)
    names = {code: s.name for code, s in SCHEME.sub_problems.items()}
    assert found.drop(columns="scope_score").to_numpy().tolist() == [
        ["c", "误纳入", names["irregular.inaction"], NOT_IN_SCOPE],
        ["b", "漏判", NOT_IN_SCOPE, names["irregular.inaction"]],
        ["a", "小类", names["rough.attitude"], f"{names['rigid.one_size']}、{names['rough.attitude']}"],
        ["e", "单位", "城管", "交警"],
    ]
    assert mistakes(LABELS, LABELS.assign(scope_score=1.0), SCHEME).empty


def test_confusion_by_hand() -> None:
    table = confusion(outcomes(LABELS, SCORED, SCHEME), SCHEME)
    name = {code: c.name for code, c in SCHEME.categories.items()}
    assert table.loc[name["rough"], name["rough"]] == 2
    assert table.loc[name["rigid"], NOT_IN_SCOPE] == 1
    assert table.loc[name["irregular"], NOT_IN_SCOPE] == 1
    assert table.loc[NOT_IN_SCOPE, name["irregular"]] == 1
    assert table.loc[NOT_IN_SCOPE, NOT_IN_SCOPE] == 1
    assert table.to_numpy().sum() == 6


def test_coverage_and_what_is_decided_by_hand() -> None:
    result = evaluate(LABELS, SCORED, SCHEME, resamples=10)
    assert result.value("coverage") == pytest.approx(0.8)
    assert result.value("decided_scope_f1") == pytest.approx(0.8)  # a, e right, b missed
    assert result.value("scope_precision") == pytest.approx(2 / 3)
    assert result.value("scope_recall") == pytest.approx(2 / 3)
    bare = evaluate(LABELS, SCORED.drop(columns="is_review"), SCHEME, resamples=10)
    assert set(FIGURE_NAMES) - set(bare.summary["name"]) == {"coverage", "decided_scope_f1"}


def test_curves_by_hand() -> None:
    gold, scores = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.8, 0.1])
    curve = precision_recall(gold, scores)
    assert curve["threshold"].tolist() == [0.9, 0.8, 0.1]
    assert curve["recall"].tolist() == [0.5, 1.0, 1.0]
    assert curve["precision"].tolist() == pytest.approx([1.0, 2 / 3, 0.5])
    table = abstention(outcomes(LABELS, SCORED, SCHEME), 0.4)
    assert table["abstained"].is_monotonic_increasing
    assert table.iloc[0]["accuracy"] == pytest.approx(0.6)
    # The two nearest to the threshold, b and c, are the wrong ones.
    assert table[table["abstained"].round(2) == 0.4].iloc[0]["accuracy"] == 1.0


def test_the_command_shows_the_cards_figures_and_writes_workbook_and_list(tmp_path: Path) -> None:
    shown = hotline("evaluate")
    assert shown.returncode == 0, shown.stderr.decode()
    assert "在语料上交叉验证" in shown.stdout.decode()
    assert all(name in shown.stdout.decode() for name in (FIGURE_NAMES["scope_f1"], FIGURE_NAMES["unit_accuracy"]))
    rows = labelled_rows(20)
    file = write_rows(tmp_path / "标注.csv", rows)
    done = hotline("evaluate", "--labels", file, "--output", tmp_path / "评估.xlsx")
    assert done.returncode == 0, done.stderr.decode()
    book = openpyxl.load_workbook(tmp_path / "评估.xlsx")
    assert book.sheetnames == ["指标", "分项", "错例"]
    assert [c.value for c in book["指标"][1]] == ["指标", "数值", "区间下限", "区间上限"]
    ids = {row["complaint_id"] for row in rows}
    assert {c.value for c in book["错例"]["A"][1:]} <= ids
    everything = done.stdout.decode() + "".join(str(c.value) for s in book for r in s.iter_rows() for c in r)
    assert not [row for row in rows if row["text"][:12] in everything]
    hotline("evaluate", "--labels", file, "--output", tmp_path / "错例.csv")
    listed = pd.read_csv(tmp_path / "错例.csv")
    assert list(listed.columns) == ["诉求编号", "错在", "判为", "应为", "纳入分"]
    assert len(listed) == book["错例"].max_row - 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["evaluate", "--output", "x.csv"], 2, "--labels"),
        (["evaluate", "--labels", "no-such.csv"], 2, "no-such.csv"),
        (["train", "--if-needed", "--force"], 2, "不能与"),
        (["models", "use", "m-000000000000"], 1, "没有模型"),
        (["models", "compare", "m-000000000000"], 2, "缺少参数"),
    ],
)
def test_wrong_calls_get_one_line(arguments: list[str], code: int, words: str) -> None:
    done = hotline_here(*arguments)
    error = done.stderr.strip()
    assert done.returncode == code, error
    assert words in error
    assert "\n" not in error
