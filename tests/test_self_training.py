"""Self-training: near certain judgements of unlabelled complaints teach a little, and measure nothing."""

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.classify.guesses import guess_labels
from analysis.classify.labels import SiteLabels
from analysis.classify.registry import Registry
from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.contracts import REVIEWS
from analysis.errors import SettingsError
from analysis.pipeline.model_report import report_card
from analysis.pipeline.site_training import train_site
from analysis.site import SitePaths
from analysis.site_validation import validate
from analysis.text import text_digest
from analysis.training import ensure_model, fit_lesson, load_classifier, shipped_lesson
from tests.label_files import labelled_rows, small_site, write_rows

BOUNDS = {"guess_in_from": 0.7, "guess_out_below": 0.3, "guess_weight": 0.5, "guess_limit": 8}
REVIEWED = 60


def write_snapshot(paths: SitePaths, rows: list[dict[str, str]], reviewed: list[str]) -> None:
    """Write a snapshot of complaints, some of which a human reviewed in a version that is gone."""
    paths.processed.mkdir(parents=True)
    with duckdb.connect(str(paths.snapshot)) as connection:
        connection.execute("CREATE TABLE complaints (complaint_id VARCHAR, title VARCHAR, text VARCHAR)")
        connection.executemany("INSERT INTO complaints VALUES (?, ?, ?)", [
            (r["complaint_id"], r["title"], r["text"]) for r in rows
        ])  # fmt: skip
        columns = ", ".join(f"{column.name} {column.type.value}" for column in REVIEWS.columns)
        connection.execute(f"CREATE TABLE reviews ({columns})")
        connection.executemany(
            "INSERT INTO reviews BY NAME SELECT ? AS review_id, ? AS complaint_id, 'gone' AS text_digest,"
            " 'out_of_scope' AS decision, '' AS codes, '' AS reason, 'notebook' AS source, '甲' AS reviewer,"
            " FALSE AS is_final, current_date AS reviewed_on, now()::TIMESTAMP AS recorded_at",
            [(str(number), complaint_id) for number, complaint_id in enumerate(reviewed)],
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    """A site with a cold model, 40 labels in 标注.csv and 260 complaints in its snapshot, 60 of them reviewed."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        paths = small_site(folder, patch, **BOUNDS)
        text = (folder / "hotline.toml").read_text("utf-8")
        (folder / "hotline.toml").write_text(text + "self_training = true\ntolerated_loss = 1.0\n", "utf-8")
        ensure_model(paths.models, paths.codebook)
        rows = labelled_rows(300)
        labels = [rows[i] for i in range(0, 300, 8)]
        others = [row for row in rows if row not in labels]
        write_rows(folder / "标注.csv", labels)
        write_snapshot(paths, others + labels[:5], [row["complaint_id"] for row in others[:REVIEWED]])
        yield paths


def test_off_unless_switched_on() -> None:
    assert load_settings().train.self_training is False


def test_bounds_that_overlap_are_refused(tmp_path: Path) -> None:
    (tmp_path / "hotline.toml").write_text("[train]\nguess_in_from = 0.1\nguess_out_below = 0.2\n", "utf-8")
    with pytest.raises(SettingsError, match="guess_out_below"):
        load_settings(tmp_path)


def test_guesses_are_certain_balanced_capped_and_never_of_reviewed_or_labelled_texts(site: SitePaths) -> None:
    cold = load_classifier(site.models, site.codebook)
    done = train_site(site, [site.settings / "标注.csv"])
    card = done.card
    guessed = card["site_labels"]["guessed"]
    assert (guessed["count"], guessed["in_scope_count"], guessed["weight"]) == (16, 8, 0.5)
    assert "自训练 16 条（其中纳入 8 条，每条抵 0.5 条）" in report_card(card, site)
    learned = Registry(site.models).labels_of(card, load_scheme())
    assert learned is not None
    assert learned.guessed is not None
    texts = learned.guessed.texts
    judged = cold.classify(texts.assign(complaint_id=range(len(texts)))).gate["scope_score"]
    accuses = texts["codes"].map(bool)
    assert (judged[accuses] >= 0.7).all()
    assert (judged[~accuses] < 0.3).all()
    with duckdb.connect(str(site.snapshot), read_only=True) as connection:
        reviewed = {i for (i,) in connection.execute("SELECT complaint_id FROM reviews").fetchall()}
    assert len(reviewed) == REVIEWED
    assert not set(texts["complaint_id"]) & reviewed
    digests = [{text_digest(t, x) for t, x in zip(f["title"], f["text"], strict=True)} for f in (texts, learned.texts)]
    assert not digests[0] & digests[1]
    # the model can be built again from what was kept beside it, guesses and all
    arrays = card["arrays_sha256"]
    (site.models / card["model_id"] / "model.skops").write_bytes(b"damaged")
    assert ensure_model(site.models, site.codebook)["arrays_sha256"] == arrays


def test_without_labels_to_measure_by_there_is_none(tmp_path: Path, site: SitePaths) -> None:
    bare = replace(site, models=tmp_path / "models")
    done = train_site(bare)
    assert done.card["site_labels"] is None
    assert "没有本单位的标注" in done.note


@pytest.fixture(scope="module")
def guessed(site: SitePaths) -> SiteLabels:
    rows = pd.DataFrame(labelled_rows(300))
    cold, _ = fit_lesson(shipped_lesson())
    found = guess_labels(rows, cold, load_settings(site.settings).train)
    assert found is not None
    return found


def test_the_same_texts_in_another_order_give_the_same_guesses(site: SitePaths, guessed: SiteLabels) -> None:
    rows = pd.DataFrame(labelled_rows(300)).iloc[::-1]
    cold, _ = fit_lesson(shipped_lesson())
    again = guess_labels(rows, cold, load_settings(site.settings).train)
    assert again is not None
    assert again.sha256 == guessed.sha256
    assert guess_labels(rows[:0], cold, load_settings(site.settings).train) is None


def test_guesses_move_weights_but_not_what_is_measured_or_which_words_are_known(guessed: SiteLabels) -> None:
    lesson = shipped_lesson()
    rows = lesson.with_site(guessed.texts, 1e-9, is_guess=True)
    assert rows.corpus.is_guess.sum() == len(guessed.texts)
    without, figures = fit_lesson(lesson)
    weightless, same = fit_lesson(rows)
    for name in ("scope_f1", "scope_recall", "expected_calibration_error"):
        assert same[name]["value"] == pytest.approx(figures[name]["value"], abs=0.03)
    np.testing.assert_allclose(
        weightless.model.gate_calibration.offset, without.model.gate_calibration.offset, rtol=0.05
    )
    assert weightless.thresholds.gate == without.thresholds.gate
    heavy, _ = fit_lesson(lesson.with_site(guessed.texts, 5.0, is_guess=True))
    np.testing.assert_array_equal(heavy.model.space.character.keys, without.model.space.character.keys)
    assert np.abs(heavy.model.gate.weights - without.model.gate.weights).max() > 1e-3


def test_the_cross_validation_judges_labels_only_and_sees_what_guesses_do(guessed: SiteLabels) -> None:
    texts = pd.DataFrame(labelled_rows(40))
    texts = texts.assign(codes=[tuple(filter(None, c.split(";"))) for c in texts["codes"]])
    texts = texts[["complaint_id", "title", "text", "codes", "unit"]]
    lesson = shipped_lesson()
    wrong = guessed.texts.assign(
        codes=[() if codes else ("irregular.inaction",) for codes in guessed.texts["codes"]],
        unit=["" if codes else "交警" for codes in guessed.texts["codes"]],
    )
    plain = SiteLabels(texts, 1.0)
    poisoned = replace(plain, guessed=SiteLabels(wrong, 50.0))
    found = validate(lesson, poisoned, plain, None, 1, lambda *_: None)
    assert (found.label_count, found.in_scope_count) == (40, 20)
    assert found.loss > 0.05
    back = validate(lesson, plain, poisoned, None, 1, lambda *_: None)
    assert back.loss == pytest.approx(-found.loss)
