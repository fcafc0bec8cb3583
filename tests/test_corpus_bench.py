"""The figures about the corpus are what they say, and the readings of it fit the labels it has."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from analysis.classify.training_texts import corpus_files, read_corpus
from analysis.codebook.scheme import load_scheme
from bench.corpus_figures import (
    NO_VOICE,
    Agreement,
    grams,
    heaps_exponent,
    nearest_containment,
    nearest_cosine,
    shared_clause_share,
    vocabulary_growth,
    voice_group,
    wilson,
)
from bench.label_suspects import SCOPE, HeldOut, suspects

ROOT = Path(__file__).parent.parent


def reading(name: str) -> pd.DataFrame:
    table = pd.read_csv(corpus_files()[0].parent / name, dtype=str, keep_default_na=False)
    assert list(table.columns) == ["id", "codes", "unit"]
    assert table["id"].is_unique
    return table.set_index("id")


def codes_of(cell: str) -> set[str]:
    return set(filter(None, cell.split(";")))


def test_grams_skip_white_space_and_a_short_text_is_its_own() -> None:
    assert grams("交 警\n不来", 3) == ["交警不", "警不来"]
    assert grams("交警", 5) == ["交警"]


def test_containment_is_measured_by_the_shorter_text_and_never_with_itself() -> None:
    short, long, other = "abcdefg", "abcdefghijklmnop", "zyxwvuts"
    assert nearest_containment([short, long, other], 5).tolist() == [1.0, 1.0, 0.0]
    assert nearest_containment(["abcdefg", "abcdeXY"], 5).tolist() == pytest.approx([1 / 3, 1 / 3])
    many = [f"{number:07d}" for number in range(1203)]  # more rows than are compared at once
    assert nearest_containment([*many, many[700]], 7).sum() == 2


def test_cosine_is_that_of_the_nearest_other_row() -> None:
    rows = sparse.csr_array(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    assert nearest_cosine(rows).tolist() == pytest.approx([0.6, 0.8, 0.8])


def test_vocabulary_growth_counts_types_and_tokens_at_the_marks() -> None:
    assert vocabulary_growth([["a", "b"], ["b"], ["c", "a", "c"]], [1, 3]) == ([2, 6], [2, 3])


def test_heaps_exponent_is_recovered_and_zero_without_new_words() -> None:
    tokens = [100, 1000, 5000, 20000]
    assert heaps_exponent(tokens, [round(1000 * n**0.6) for n in tokens]) == pytest.approx(0.6, abs=1e-3)
    assert heaps_exponent(tokens, [7, 7, 7, 7]) == pytest.approx(0)


def test_a_clause_repeated_within_one_text_is_not_shared() -> None:
    assert shared_clause_share([["甲", "甲", "乙"], ["乙"], ["丙"]]) == (2, 5)


def test_agreement_of_two_readers() -> None:
    first = np.array([True] * 25 + [False] * 25)
    second = np.array([True] * 20 + [False] * 5 + [True] * 10 + [False] * 15)
    found = Agreement.of(first, second)
    assert (found.both, found.only_first, found.only_second, found.neither) == (20, 5, 10, 15)
    assert found.kappa == pytest.approx(0.4)  # 0.70 observed, 0.50 by chance
    assert found.f1 == pytest.approx(40 / 55)
    assert Agreement.of(first, first).kappa == 1
    nobody = Agreement.of(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool))
    assert math.isnan(nobody.f1)
    assert math.isnan(nobody.kappa)


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 100, 0.0, 0.0370), (100, 100, 0.9630, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_interval(successes: int, count: int, low: float, high: float) -> None:
    assert wilson(successes, count) == pytest.approx((low, high), abs=1e-4)


def test_a_voice_belongs_to_the_first_group_with_a_word_of_it() -> None:
    groups = {"一": ["辅警"], "二": ["家属"]}
    assert [voice_group(v, groups) for v in ("辅警家属", "患者家属", "股民", "")] == ["一", "二", "其他", NO_VOICE]


def test_planted_wrong_labels_are_suspected_and_others_are_not() -> None:
    truth = np.arange(200) % 2 == 0
    probability = np.where(truth, 0.95, 0.05)
    scope, code = truth.copy(), truth[:, None].copy()
    scope[[3, 4]] = [True, False]
    code[8, 0] = False
    found = suspects(scope, code, HeldOut(probability, probability[:, None]), ("rough.attitude",))
    of_scope = found[found["label"] == SCOPE]
    assert dict(zip(of_scope["row"], of_scope["is_given"], strict=True)) == {3: True, 4: False}
    assert found["probability"].tolist() == pytest.approx([0.05] * len(found))
    of_code = found[found["label"] == "rough.attitude"]
    assert 8 in of_code["row"].tolist()
    assert set(of_code["row"]) <= {3, 8}


def test_final_labels_lie_between_what_both_readers_and_what_either_gave() -> None:
    texts = read_corpus(corpus_files(), load_scheme()).texts.set_index("complaint_id")
    second, first = reading("second_reading.csv"), reading("first_reading.csv")
    assert set(second.index) == set(texts.index)
    assert set(first.index) <= set(texts.index)
    for complaint_id, codes in texts["codes"].items():
        own = codes_of(first["codes"][complaint_id]) if complaint_id in first.index else set(codes)
        other = codes_of(second["codes"][complaint_id])
        assert own & other <= set(codes) <= own | other, complaint_id
        assert complaint_id not in first.index or own != set(codes), complaint_id


def test_every_verdict_on_evidence_is_given_and_every_failure_has_its_reason() -> None:
    verdicts = pd.read_csv(ROOT / "bench" / "evidence_verdicts.csv", dtype=str, keep_default_na=False)
    assert verdicts.groupby("kind").size().to_dict() == {"corpus": 100, "model": 100}
    assert set(verdicts["is_supporting"]) == {"0", "1"}
    assert ((verdicts["is_supporting"] == "0") == (verdicts["reason"] != "")).all()
    texts = read_corpus(corpus_files(), load_scheme()).texts.set_index("complaint_id")
    for row in verdicts[verdicts["kind"] == "corpus"].itertuples():
        assert row.span in "\n".join(texts.loc[row.complaint_id, ["title", "text"]])
