"""Calibration, thresholds, decisions and the model file."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.classify.decide import Thresholds, choose_codes, in_scope, needs_review
from analysis.classify.model import best_f1, fit_calibration, folds, log_odds
from analysis.classify.model_store import CARD_FILE, MODEL_FILE, read_model, write_model
from analysis.errors import HotlineError

CODES = ("rough.attitude", "rigid.one_size")
LIMITS = Thresholds(0.4, 0.3, 0.6, {"rough.attitude": 0.5, "rigid.one_size": 0.2})


def test_review_is_the_band_around_the_gate_threshold() -> None:
    scores = np.array([0.1, 0.35, 0.45, 0.7])
    assert in_scope(scores, LIMITS).tolist() == [False, False, True, True]
    assert needs_review(scores, LIMITS).tolist() == [False, True, True, False]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_a_complaint_in_scope_always_has_a_code(rows: list[tuple[float, float]]) -> None:
    chosen = choose_codes(np.array(rows), CODES, LIMITS)
    assert chosen.any(axis=1).all()


def test_without_a_passing_score_the_nearest_to_its_threshold_is_taken() -> None:
    assert choose_codes(np.array([[0.3, 0.15]]), CODES, LIMITS).tolist() == [[False, True]]
    assert choose_codes(np.array([[0.6, 0.25]]), CODES, LIMITS).tolist() == [[True, True]]


@pytest.mark.parametrize(
    "entry",
    [None, {"gate": 0.5}, {"gate": 0.2, "review_low": 0.3, "review_high": 0.6, "code": {}}, {"gate": "x"}, []],
)
def test_a_card_without_sound_thresholds_is_refused(entry: object) -> None:
    with pytest.raises(HotlineError, match="门槛"):
        Thresholds.from_card({"thresholds": entry})


def test_thresholds_survive_the_card() -> None:
    assert Thresholds.from_card({"thresholds": json.loads(json.dumps(LIMITS.as_card()))}) == LIMITS


def test_calibration_recovers_shares_and_shifts_to_another_share() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(4000, 1))
    target = rng.random((4000, 1)) < 1 / (1 + np.exp(-(2 * scores - 1)))
    fitted = fit_calibration(scores, target)
    assert fitted.slope[0] == pytest.approx(2, abs=0.2)
    assert fitted.offset[0] == pytest.approx(-1, abs=0.2)
    assert fitted.probability(scores).mean() == pytest.approx(target.mean(), abs=0.01)
    lower = fitted.shifted(float(log_odds(0.1) - log_odds(0.5)))
    assert (lower.probability(scores) < fitted.probability(scores)).all()


def test_the_threshold_of_the_best_f1_separates_what_can_be_separated() -> None:
    f1, threshold = best_f1(np.array([0.1, 0.2, 0.7, 0.9]), np.array([False, False, True, True]))
    assert f1 == 1
    assert 0.2 < threshold < 0.7


@settings(max_examples=40)
@given(st.lists(st.integers(0, 12), min_size=10, max_size=60))
def test_folds_keep_groups_together(groups: list[int]) -> None:
    fold = folds(np.array(groups), 5)
    assert all(len(set(fold[np.array(groups) == g])) == 1 for g in groups)


ARRAYS = {"weights": np.arange(6.0).reshape(2, 3), "words": np.array(["违停", "罚单"])}


def test_the_model_file_reads_back_and_skops_itself_agrees(tmp_path: Path) -> None:
    from skops.io import load

    write_model(tmp_path, ARRAYS, {"model_id": "m"})
    arrays, card = read_model(tmp_path)
    assert card["model_id"] == "m"
    other = load(tmp_path / MODEL_FILE, trusted=[])
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array)
        assert np.array_equal(other[name], array)


def rewrite(path: Path, change: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | change
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def test_a_model_file_with_another_type_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path, ARRAYS, {"model_id": "m"})
    schema = json.loads(zipfile.ZipFile(tmp_path / MODEL_FILE).read("schema.json"))
    schema["content"]["weights"].update({"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"})
    rewrite(tmp_path / MODEL_FILE, {"schema.json": json.dumps(schema).encode()})
    with pytest.raises(HotlineError, match="不可信"):
        read_model(tmp_path)


def test_a_pickled_array_inside_is_refused_unread(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "sprung",))  # type: ignore[return-value]

    write_model(tmp_path, ARRAYS, {"model_id": "m"})
    np.save(tmp_path / "trap.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    name = next(n for n in zipfile.ZipFile(tmp_path / MODEL_FILE).namelist() if n.endswith(".npy"))
    rewrite(tmp_path / MODEL_FILE, {name: (tmp_path / "trap.npy").read_bytes()})
    with pytest.raises(HotlineError, match="不可信"):
        read_model(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_changed_numbers_do_not_match_the_card(tmp_path: Path) -> None:
    write_model(tmp_path / "a", ARRAYS, {"model_id": "m"})
    write_model(tmp_path / "b", {**ARRAYS, "weights": ARRAYS["weights"] + 1}, {"model_id": "m"})
    (tmp_path / "a" / MODEL_FILE).write_bytes((tmp_path / "b" / MODEL_FILE).read_bytes())
    with pytest.raises(HotlineError, match="对不上"):
        read_model(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "content"), [(MODEL_FILE, b"PK\x03\x04"), (MODEL_FILE, b""), (CARD_FILE, b"{"), (CARD_FILE, b"[]")]
)
def test_a_damaged_file_is_one_chinese_line(tmp_path: Path, name: str, content: bytes) -> None:
    write_model(tmp_path, ARRAYS, {"model_id": "m"})
    (tmp_path / name).write_bytes(content)
    with pytest.raises(HotlineError, match="hotline train"):
        read_model(tmp_path)


@pytest.mark.parametrize("name", [MODEL_FILE, CARD_FILE])
def test_a_missing_file_is_one_chinese_line(tmp_path: Path, name: str) -> None:
    write_model(tmp_path, ARRAYS, {"model_id": "m"})
    (tmp_path / name).unlink()
    with pytest.raises(HotlineError, match="没有模型"):
        read_model(tmp_path)
