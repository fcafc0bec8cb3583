"""Training on a site's labels, and the models of a site: compared, kept, rolled back, never holding a site's word."""

import json
import shutil
import stat
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.classify.evaluate import differences, outcomes, resample, summarise
from analysis.classify.labels import SiteLabels
from analysis.classify.model import log_odds
from analysis.classify.model_store import CARD_FILE, MODEL_FILE, Arrays
from analysis.classify.registry import CURRENT_FILE, Registry
from analysis.codebook.scheme import load_scheme
from analysis.errors import HotlineError
from analysis.pipeline.model_report import report_card, report_comparison, report_models, report_validation
from analysis.pipeline.site_labels import import_labels, site_labels
from analysis.pipeline.site_training import compare_models, model_list, train_site
from analysis.site import SitePaths
from analysis.site_validation import validate
from analysis.training import build, ensure_model, label_table, load_classifier, shipped_lesson, use_model
from tests.label_files import custom_rows, labelled_rows, small_site, write_rows

CANARY = "鎏鏊獒鼗"
"""A word that no text of the repository has."""
SPELLINGS = ("utf-8", "utf-16-le", "utf-32-le", "gb18030", "unicode_escape")


@pytest.fixture(scope="module")
def patched() -> pytest.MonkeyPatch:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, patched: pytest.MonkeyPatch) -> tuple[SitePaths, str, str]:
    """A site with a custom of its own: its paths, the cold model, and the one that learned the custom from labels."""
    folder = tmp_path_factory.mktemp("site")
    paths = small_site(folder, patched, site_label_weight=20.0)
    cold = ensure_model(paths.models, paths.codebook)
    file = write_rows(folder / "标注.csv", custom_rows(60, CANARY))
    done = train_site(paths, [file])
    assert done.validation is not None
    return paths, str(cold["model_id"]), str(done.card["model_id"])


@pytest.fixture
def site(trained: tuple[SitePaths, str, str], tmp_path: Path) -> SitePaths:
    """A copy of that site to change at will."""
    paths = trained[0]
    shutil.copytree(paths.settings, tmp_path / "copy")
    moved = {
        n: tmp_path / "copy" / getattr(paths, n).relative_to(paths.settings) for n in ("raw", "processed", "models")
    }
    return replace(paths, **moved, settings=tmp_path / "copy", codebook=tmp_path / "copy" / "codebook")


def set_weight(paths: SitePaths, weight: float) -> None:
    text = f"[train]\nmin_site_labels = 10\nvalidation_repeats = 1\nsite_label_weight = {weight}\n"
    (paths.settings / "hotline.toml").write_text(text, "utf-8")


def in_use(paths: SitePaths) -> str:
    note = Registry(paths.models).in_use()
    assert note is not None
    return note.model_id


def test_labels_change_what_is_judged_and_the_better_model_is_put_in_use(trained: tuple[SitePaths, str, str]) -> None:
    paths, cold, own = trained
    assert cold != own
    assert in_use(paths) == own
    unseen = pd.DataFrame(custom_rows(90))[60:]
    scored = [label_table(unseen, paths.models / m)["scope_score"].to_numpy() for m in (cold, own)]
    is_custom = (unseen["in_scope"] == "1").to_numpy()
    gain = scored[1] - scored[0]
    assert gain[is_custom].mean() > 0.2 > gain[~is_custom].mean()


def test_the_card_names_the_labels_and_their_figures(trained: tuple[SitePaths, str, str]) -> None:
    paths, cold, own = trained
    card = json.loads((paths.models / own / CARD_FILE).read_text("utf-8"))
    assert card["complaint_count"] == 160
    learned = card["site_labels"]
    assert (learned["count"], learned["in_scope_count"], learned["weight"]) == (60, 30, 20)
    assert card["site_validation"]["label_count"] == 60
    figure = card["site_validation"]["figures"]["scope_f1"]
    assert figure["low"] <= figure["value"] <= figure["high"]
    plain = json.loads((paths.models / cold / CARD_FILE).read_text("utf-8"))
    assert plain["site_labels"] is None
    assert plain["cross_validation"].keys() == card["cross_validation"].keys()


def test_from_30_labels_of_each_side_on_they_set_the_thresholds_however_little_each_teaches(
    trained: tuple[SitePaths, str, str],
) -> None:
    """A site that sees more sub-problems in its posts than the corpus would has them chosen at lower scores."""
    paths = trained[0]
    texts = pd.DataFrame(labelled_rows(60))[["complaint_id", "title", "text", "codes", "unit"]]
    more = ("irregular.procedure", "rough.attitude", "rigid.mechanical", "irregular.selective")
    texts["codes"] = [tuple(sorted({*codes.split(";"), *more})) if codes else () for codes in texts["codes"]]
    lowest = {}
    for labels in (SiteLabels(texts, 1e-6), SiteLabels(texts[1:], 1e-6)):
        lesson = shipped_lesson(paths.codebook).with_site(labels.texts, labels.weight)
        arrays, card = build(lesson, paths.codebook, labels)
        lowest[card["calibrated_on"]] = lowest_score(arrays, card)
        if card["calibrated_on"] == "site_labels":
            assert card["site_labels"]["in_scope_count"] == 30
            assert card["assumed_share_in_scope"] is None
            assert "得分和门槛按标注定" in report_card(card, paths)
        else:
            assert card["site_labels"]["in_scope_count"] == 29
            assert card["assumed_share_in_scope"] == 0.26
            assert "得分和门槛仍按语料定" in report_card(card, paths)
    assert lowest["site_labels"] < lowest["corpus"] - 0.1


def lowest_score(arrays: Arrays, card: dict[str, Any]) -> float:
    """Return the linear score from which on sub-problems are chosen."""
    slope, offset = arrays["code_calibration"]
    limits = np.array([card["thresholds"]["code"][str(code)] for code in arrays["codes"]])
    known = limits < 1
    return float(np.median((log_odds(limits[known]) - offset[known]) / slope[known]))


def test_no_word_of_a_label_is_in_a_model(trained: tuple[SitePaths, str, str]) -> None:
    paths, cold, own = trained
    assert any(CANARY in f.read_text("utf-8") for f in paths.labels.iterdir())
    arrays = [Registry(paths.models).read(m)[0] for m in (cold, own)]
    for name in ("character_keys", "character_idf"):
        np.testing.assert_array_equal(arrays[0][name], arrays[1][name])
    assert not np.array_equal(arrays[0]["gate_weights"], arrays[1]["gate_weights"])
    with zipfile.ZipFile(paths.models / own / MODEL_FILE) as archive:
        unpacked = b"".join(archive.read(name) for name in archive.namelist())
    everything = unpacked + (paths.models / own / CARD_FILE).read_bytes() + (paths.models / CURRENT_FILE).read_bytes()
    for part in (CANARY, CANARY[:2], CANARY[1:3], CANARY[2:]):
        assert not [spelling for spelling in SPELLINGS if part.encode(spelling) in everything]
    grams = [sum(ord(c) << (21 * i) for i, c in enumerate(reversed(CANARY[a : a + 2]))) for a in range(3)]
    assert not set(grams) & set(arrays[1]["character_keys"].tolist())


def test_the_labels_a_model_learned_from_are_kept_private(trained: tuple[SitePaths, str, str]) -> None:
    folder = trained[0].models / "labels"
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_trained_again_on_the_same_it_is_the_same_to_the_last_byte(site: SitePaths) -> None:
    before = {n: (site.models / in_use(site) / n).read_bytes() for n in (MODEL_FILE, CARD_FILE)}
    again = train_site(site)
    assert again.validation is not None
    assert again.validation.gain is None
    card = json.loads(before[CARD_FILE])
    assert again.card == card
    rows = pd.DataFrame(labelled_rows(20))
    one = label_table(rows, site.models / in_use(site))
    (site.models / in_use(site) / MODEL_FILE).write_bytes(before[MODEL_FILE])
    pd.testing.assert_frame_equal(one, label_table(rows, site.models / in_use(site)), check_exact=True)


def test_a_worse_model_is_refused_with_both_figures_unless_forced(
    trained: tuple[SitePaths, str, str], site: SitePaths
) -> None:
    own = trained[2]
    set_weight(site, 0.01)
    with pytest.raises(HotlineError) as error:
        train_site(site)
    told = str(error.value)
    assert error.value.exit_code == 1
    assert told.count("[") >= 4
    assert "纳入 F1 新" in told
    assert f"新模型不如在用的 {own}，没有替换" in told
    assert "--force" in told
    assert in_use(site) == own
    assert {p.name for p in site.models.glob("m-*")} == {trained[1], own}
    forced = train_site(site, is_forced=True)
    assert in_use(site) == forced.card["model_id"] != own
    assert forced.validation is not None
    assert forced.validation.loss > 0.01
    assert "在用的模型" in report_validation(forced.validation)


def test_too_few_labels_or_none_any_more_change_nothing(
    trained: tuple[SitePaths, str, str], site: SitePaths, tmp_path: Path
) -> None:
    shutil.rmtree(site.labels)
    with pytest.raises(HotlineError, match="学过本单位的标注"):
        train_site(site)
    with pytest.raises(HotlineError, match="标注只有 4 条，不到 10 条"):
        train_site(site, [write_rows(tmp_path / "4.csv", labelled_rows(4))])
    assert in_use(site) == trained[2]
    assert len(site_labels(site, load_scheme())) == 4
    shutil.rmtree(site.labels)
    assert train_site(site, is_forced=True).card["model_id"] == trained[1]


def test_ensure_model_keeps_what_fits_and_builds_it_again_from_the_same_labels(
    trained: tuple[SitePaths, str, str], site: SitePaths
) -> None:
    own = trained[2]
    shutil.rmtree(site.labels)  # the model remembers its own
    stamp = (site.models / own / MODEL_FILE).stat().st_mtime_ns
    assert ensure_model(site.models, site.codebook)["model_id"] == own
    assert (site.models / own / MODEL_FILE).stat().st_mtime_ns == stamp
    expected = Registry(site.models).read(own)[0]
    (site.models / own / MODEL_FILE).write_bytes(b"damaged")
    assert ensure_model(site.models, site.codebook)["site_labels"]["count"] == 60
    for name, array in Registry(site.models).read(own)[0].items():
        np.testing.assert_array_equal(array, expected[name])
    shutil.rmtree(site.models / own)
    shutil.rmtree(site.models / "labels")
    with pytest.raises(HotlineError, match=r"学过的标注 .* 不见了"):
        ensure_model(site.models, site.codebook)


def test_a_changed_codebook_trains_anew_on_the_same_labels_and_the_old_model_cannot_be_used(
    trained: tuple[SitePaths, str, str], site: SitePaths
) -> None:
    from analysis.codebook import read_codebook_bytes

    site.codebook.mkdir()
    (site.codebook / "cues.toml").write_bytes(read_codebook_bytes("cues.toml") + b"\n# a site's remark\n")
    card = ensure_model(site.models, site.codebook)
    assert card["model_id"] not in trained[1:]
    assert card["site_labels"]["count"] == 60
    with pytest.raises(HotlineError, match="与现在的代码本不符"):
        use_model(site.models, trained[1], site.codebook)
    assert in_use(site) == card["model_id"]


def test_rolled_back_to_an_earlier_model_it_judges_as_before(
    trained: tuple[SitePaths, str, str], site: SitePaths
) -> None:
    _, cold, own = trained
    rows = pd.DataFrame(labelled_rows(10))
    expected = label_table(rows, site.models / cold)
    assert use_model(site.models, cold, site.codebook)["model_id"] == cold
    assert load_classifier(site.models, site.codebook).model_id == cold
    pd.testing.assert_frame_equal(label_table(rows, site.models / in_use(site)), expected)
    text = report_models(model_list(site))
    assert f"*  {cold}" in text
    assert own in text


@pytest.mark.parametrize("model_id", ["m-000000000000", "../..", "labels", "", "m-000000000000/.."])
def test_a_model_that_is_not_there_is_one_line(site: SitePaths, model_id: str) -> None:
    for act in (lambda: use_model(site.models, model_id), lambda: compare_models(site, model_id, in_use(site))):
        with pytest.raises(HotlineError, match="没有模型") as error:
            act()
        assert "\n" not in str(error.value)


def test_a_tampered_model_is_refused_and_the_one_in_use_stays(
    trained: tuple[SitePaths, str, str], site: SitePaths
) -> None:
    _, cold, own = trained
    shutil.copy(site.models / own / MODEL_FILE, site.models / cold / MODEL_FILE)
    with pytest.raises(HotlineError, match="对不上"):
        use_model(site.models, cold, site.codebook)
    shutil.copy(site.models / own / CARD_FILE, site.models / cold / CARD_FILE)
    with pytest.raises(HotlineError, match="另一个模型"):
        use_model(site.models, cold, site.codebook)
    assert in_use(site) == own
    assert f"{cold}　不能使用" in report_models(model_list(site))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model_id": "../x", "learned": null}', '{"model_id": 3}'])
def test_a_damaged_note_of_the_model_in_use_is_one_line_and_can_be_mended(
    trained: tuple[SitePaths, str, str], site: SitePaths, content: str
) -> None:
    (site.models / CURRENT_FILE).write_text(content, "utf-8")
    with pytest.raises(HotlineError, match="hotline models use"):
        ensure_model(site.models, site.codebook)
    assert trained[1] in report_models(model_list(site))
    use_model(site.models, trained[1], site.codebook)
    assert in_use(site) == trained[1]


def test_models_are_compared_on_corpus_and_on_labels_that_neither_knows(
    trained: tuple[SitePaths, str, str], site: SitePaths, tmp_path: Path
) -> None:
    _, cold, own = trained
    import_labels(site, [write_rows(tmp_path / "more.csv", custom_rows(80)[60:])])
    found = compare_models(site, cold, own)
    assert found.site_counts == (0, 60)
    assert found.unseen_count == 20
    assert found.unseen[1]["scope_f1"]["value"] > found.unseen[0]["scope_f1"]["value"]
    text = report_comparison(cold, own, found)
    assert "两个模型都没有学过的本单位标注（20 条）" in text
    assert "语料上交叉验证" in text


def test_near_duplicates_of_a_label_never_teach_the_model_that_judges_it(trained: tuple[SitePaths, str, str]) -> None:
    """Labels that are all alike form one group: whoever judges them learned from none of them."""
    paths = trained[0]
    row = pd.DataFrame(labelled_rows(2))[:1]
    texts = pd.concat(
        [row.assign(text=row["text"] + "，请处理" * n, codes=[()], unit="") for n in range(6)], ignore_index=True
    )
    texts = texts[["complaint_id", "title", "text", "codes", "unit"]]
    lesson = shipped_lesson(paths.codebook)
    found = validate(lesson, SiteLabels(texts, 50.0), None, None, 1, lambda *_: None)
    cold = label_table(texts, paths.models / trained[1])["in_scope"]
    assert (found.label_count, found.in_scope_count) == (6, 0)
    assert float(found.new.set_index("name").loc["scope_precision", "value"]) == 0.0
    assert cold.all()


def test_gains_are_drawn_together_so_that_equal_models_have_none() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(60) < 0.4
    codes = np.where(truth, "rough.attitude", "")
    labels = pd.DataFrame({"complaint_id": range(60), "in_scope": truth.astype(int), "codes": codes, "unit": ""})
    said = truth ^ (rng.random(60) < 0.2)
    scored = labels.assign(
        in_scope=said.astype(int), scope_score=said * 0.8, codes=np.where(said, "rough.attitude", "")
    )
    one = outcomes(labels, scored, load_scheme())
    perfect = outcomes(labels, labels.assign(scope_score=truth * 1.0), load_scheme())
    samples = resample(np.arange(60) // 2, 50)
    same = differences([one], [one], samples, ["scope_f1"])
    assert same[["value", "low", "high"]].to_numpy().tolist() == [[0, 0, 0], [0, 0, 0]]
    better = differences([perfect], [one, one], samples, ["scope_f1"]).iloc[-1]
    assert better["name"] == "overall"
    assert 0 < better["low"] <= better["value"] <= better["high"]
    table = summarise([one, perfect], samples).set_index("name")
    halfway = (summarise([one], samples)["value"][2] + 1) / 2
    assert table.loc["scope_f1", "value"] == pytest.approx(halfway)
