"""A site's own scheme: another map, an added or removed sub-problem, and figures of the past made again."""

from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis import training
from analysis.classify.registry import Registry
from analysis.codebook import read_codebook_bytes
from analysis.codebook.scheme import load_scheme
from analysis.codebook.version import codebook_version
from analysis.errors import HotlineError, SettingsError, UsageError
from analysis.pipeline.codebooks import kept_codebook
from analysis.pipeline.model_report import report_card, report_evaluation
from analysis.pipeline.site_labels import reviewed_labels
from analysis.pipeline.site_training import evaluate_labels, train_site
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths
from analysis.training import ensure_model, label_table
from tests.label_files import labelled_rows, small_site, write_rows
from tests.review_site import (
    AS_OF,
    INCLUDED,
    LIGHT_ID,
    OUT_OF_SCOPE,
    build_site,
    copy_site,
    put,
    record,
    review,
    tables,
)

ADDED = "irregular.night_shift"
SCHEME = read_codebook_bytes("scheme.toml").decode()
ENTRY = f"""
[[sub_problem]]
sub_problem_code = "{ADDED}"
category_code = "irregular"
name = "夜间集中抄牌"
meaning = "专挑夜间集中抄牌"
basis = "本单位"
"""
SIXTH = '[[category]]\ncategory_code = "inaction"\nname = "不作为乱作为"\nis_restricted = false\n\n[[sub_problem]]'
MOVED = {
    "rough.no_hearing": "rigid",  # 以罚代管
    "rigid.entrapment": "profit_driven",  # 钓鱼执法
    "irregular.inaction": "inaction",
}


def moved_scheme() -> str:
    """Return the scheme with another map and a sixth category."""
    text = SCHEME.replace("[[sub_problem]]", SIXTH, 1)
    for code, category in MOVED.items():
        line = f'sub_problem_code = "{code}"\ncategory_code = "{code.split(".")[0]}"'
        assert text.count(line) == 1
        text = text.replace(line, f'sub_problem_code = "{code}"\ncategory_code = "{category}"')
    return text


def without(code: str) -> str:
    parts = SCHEME.split("[[sub_problem]]")
    kept = [part for part in parts if f'sub_problem_code = "{code}"' not in part]
    assert len(kept) == len(parts) - 1
    return "[[sub_problem]]".join(kept)


def with_scheme(site: SitePaths, folder: Path, text: str) -> SitePaths:
    folder.mkdir(exist_ok=True)
    (folder / "scheme.toml").write_text(text, "utf-8")
    return replace(site, codebook=folder)


def untrainable(*_: object) -> None:
    raise AssertionError("a model was trained")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose reviewer put one complaint in scope, for inaction and attitude; two nights."""
    folder = build_site(tmp_path_factory.mktemp("site"))
    site = copy_site(folder, tmp_path_factory.mktemp("reviewed"))
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED))
    run_night(site, AS_OF)
    return site.processed.parent


@pytest.fixture
def site(built: Path, tmp_path: Path) -> SitePaths:
    return copy_site(built, tmp_path / "copy")


def by_category(site: SitePaths) -> dict[str, set[str]]:
    """Return the sub-problems that the problem list shows under each category."""
    sheet = openpyxl.load_workbook(site.processed / "问题清单.xlsx")["问题清单"]
    rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    head = next(row for row in rows if "问题类别" in row)
    category, name = head.index("问题类别"), head.index("问题小类")
    found: dict[str, set[str]] = {}
    for row in rows[rows.index(head) + 1 :]:
        found.setdefault(row[category], set()).add(row[name])
    return found


def test_another_map_moves_problems_without_relabelling_or_training(
    site: SitePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(site)
    assert "推诿" not in "".join(by_category(site).get("不作为乱作为", ()))
    monkeypatch.setattr(training, "prepare_lesson", untrainable)
    put(site, "12328工单9.csv", ("交警乱罚款", "交警无依据乱罚款，罚款太高。"), first=22039001)
    own = with_scheme(site, tmp_path / "codebook", moved_scheme())
    run_night(own, AS_OF)
    name = load_scheme().sub_problems["irregular.inaction"].name
    assert name in by_category(own)["不作为乱作为"]
    assert name not in by_category(own).get("执法不规范", ())
    assert "不作为乱作为" in own.digest.read_text("utf-8")
    after = tables(own)
    ids = before["problems"]["problem_id"]
    kept = after["problems"][after["problems"]["problem_id"].isin(ids)].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, before["problems"])
    judged = after["gate_decisions"].set_index("complaint_id")
    old, new = before["runs"]["codebook_version"].iloc[-1], codebook_version(own.codebook)
    assert old != new
    assert judged.loc[LIGHT_ID, "codebook_version"] == old
    assert judged.loc["L22039001", "codebook_version"] == new
    assert len(set(judged["model_id"])) == 1
    (event,) = after["events"].query("kind == 'codebook_changed'")["payload"]
    assert event == f'{{"from": "{old}", "to": "{new}"}}'
    assert load_scheme(kept_codebook(own, old)) == load_scheme()
    assert load_scheme(kept_codebook(own, new)) == load_scheme(own.codebook)


def test_figures_of_the_past_are_made_again_from_the_kept_codebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = small_site(tmp_path, monkeypatch)
    model = ensure_model(paths.models, paths.codebook)["model_id"]
    file = write_rows(tmp_path / "标注.csv", labelled_rows(60))
    before = evaluate_labels(paths, file)
    for kind in ("tickets", "posts"):
        (paths.raw / kind).mkdir(parents=True)
    run_night(paths, AS_OF)
    version = codebook_version(paths.codebook)
    with_scheme(paths, paths.codebook, moved_scheme())
    run_night(paths, AS_OF)
    assert ensure_model(paths.models, paths.codebook)["model_id"] == model
    now = evaluate_labels(paths, file)
    again = evaluate_labels(paths, file, model, kept_codebook(paths, version))
    pd.testing.assert_frame_equal(again.evaluation.summary, before.evaluation.summary)
    pd.testing.assert_frame_equal(again.evaluation.per_label, before.evaluation.per_label)
    parts = [e.evaluation.per_label.set_index("label") for e in (before, now)]
    assert "inaction" in parts[1].index
    codes = [code for code in parts[0].index if "." in code]
    pd.testing.assert_frame_equal(parts[0].loc[codes], parts[1].loc[codes])
    with_scheme(paths, paths.codebook, SCHEME + ENTRY)
    ensure_model(paths.models, paths.codebook)
    with pytest.raises(HotlineError, match="不是按这份代码本"):
        evaluate_labels(paths, file, model)
    pd.testing.assert_frame_equal(
        evaluate_labels(paths, file, model, kept_codebook(paths, version)).evaluation.summary, before.evaluation.summary
    )


@pytest.mark.parametrize("version", ["", "2026.1-00000000", "../models", "../../raw-00000000"])
def test_a_codebook_that_was_not_kept_is_one_line(site: SitePaths, version: str) -> None:
    with pytest.raises(UsageError, match="没有留存代码本"):
        kept_codebook(site, version)


def test_moving_an_entry_about_does_not_ask_for_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = small_site(tmp_path, monkeypatch)
    card = ensure_model(paths.models, paths.codebook)
    head, *entries = SCHEME.split("[[sub_problem]]")
    with_scheme(paths, paths.codebook, "[[sub_problem]]".join([head, *reversed([f"{e}\n" for e in entries])]))
    monkeypatch.setattr(training, "prepare_lesson", untrainable)
    assert ensure_model(paths.models, paths.codebook) == card
    rows = pd.DataFrame(labelled_rows(10))
    assert len(label_table(rows, paths.models / card["model_id"], paths.codebook)) == 10


def test_an_added_sub_problem_is_never_chosen_until_people_labelled_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = small_site(tmp_path, monkeypatch, site_label_weight=20.0)
    plain = ensure_model(paths.models, paths.codebook)
    with_scheme(paths, paths.codebook, SCHEME + ENTRY)
    card = ensure_model(paths.models, paths.codebook)
    assert card["model_id"] != plain["model_id"]
    assert ADDED in card["sub_problems_without_examples"]
    assert ADDED in report_card(card, paths).split("还没有例子")[0]
    rows = labelled_rows(60)
    scored = label_table(pd.DataFrame(rows), paths.models / card["model_id"], paths.codebook)
    assert scored["codes"].map(bool).any()
    assert not scored["codes"].str.contains(ADDED).any()

    for number, row in enumerate(r for r in rows if r["codes"]):
        if number % 2:
            row["codes"] = ADDED
            row["text"] += "专挑半夜来抄牌，一抄一整条街。"
    file = write_rows(tmp_path / "标注.csv", rows)
    report = evaluate_labels(paths, file)
    measured = report.evaluation.per_label.set_index("label").loc[ADDED]
    assert (measured["count"], measured["recall"]) == (15, 0)
    assert "夜间集中抄牌" in report_evaluation(report, load_scheme(paths.codebook))

    learned = train_site(paths, [file], is_forced=True).card
    assert ADDED not in learned["sub_problems_without_examples"]
    again = label_table(pd.DataFrame(rows), paths.models / learned["model_id"], paths.codebook)
    assert again["codes"].str.contains(ADDED).any()


def test_a_problem_of_an_added_sub_problem_stands_in_the_list(site: SitePaths, tmp_path: Path) -> None:
    own = with_scheme(site, tmp_path / "codebook", SCHEME + ENTRY)
    models = tmp_path / "models"
    own = replace(own, models=models)
    with pytest.MonkeyPatch.context() as patch:
        few = small_site(tmp_path, patch)
        own = replace(own, settings=few.settings)
        record(
            own,
            review(
                LIGHT_ID, OUT_OF_SCOPE, **INCLUDED | {"codes": ADDED, "is_final": True, "reason": "本单位新设的小类"}
            ),
        )
        run_night(own, AS_OF)
    assert "夜间集中抄牌" in by_category(own)["执法不规范"]
    problems = tables(own)["problems"].set_index("sub_problem_code")
    assert problems.loc[ADDED, "statement"] == "反映夜间集中抄牌的问题"


@pytest.mark.parametrize("code", ["irregular.inaction", "irregular.procedure"])
def test_a_used_sub_problem_cannot_be_removed_and_nothing_is_begun(site: SitePaths, tmp_path: Path, code: str) -> None:
    own = with_scheme(site, tmp_path / "codebook", without(code))
    assert code in set(tables(site)["problems"]["sub_problem_code"])
    before = {name: len(frame) for name, frame in tables(site).items()}
    with pytest.raises(SettingsError, match=f"用过的小类 {code} 不在 scheme.toml 里"):
        run_night(own, AS_OF)
    assert {name: len(frame) for name, frame in tables(site).items()} == before


def test_training_refuses_a_scheme_without_what_reviewers_or_the_corpus_use(site: SitePaths, tmp_path: Path) -> None:
    own = with_scheme(site, tmp_path / "codebook", without("irregular.inaction"))
    with pytest.raises(SettingsError, match=r"人工复核用过的小类 irregular\.inaction"):
        reviewed_labels(own, load_scheme(own.codebook))
    with pytest.raises(SettingsError, match=r"未知的小类 irregular\.inaction（scheme\.toml 里没有"):
        ensure_model(tmp_path / "models", own.codebook)
    assert Registry(tmp_path / "models").in_use() is None
