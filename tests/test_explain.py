"""Explanations: their shares add up to the model's own score, and say what the judgement says."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.classify.classifier import Classifier, documents_of
from analysis.classify.explain import explain
from analysis.classify.features import prepare
from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.contracts import UNIT_KINDS
from analysis.exchange.explanation_text import SECTIONS, explanation_text, split_sections
from analysis.explanation import Bounds, Explanation, HumanDecision, is_decisive
from analysis.site import site_paths
from analysis.training import load_classifier

TEXTS = (
    ("交警贴单不告知", "交警在巷子里贴了我六张罚单，一条短信都没有发过，年审时才知道，没有任何告知。"),
    (None, "打电话给交警大队多次，没人管！互相推诿，说不归他们管，希望领导重视。"),
    ("路灯不亮", "小区门口的路灯坏了一个星期，请尽快维修。"),
    ("城管拖车", "城管把我的车拖走，电话也不打一个，找了三天，还要交拖车费；执法人员态度恶劣，骂人。"),
    ("协警收钱放行", "治超站的协警收了钱就放行，不给钱就扣车，没有罚款票据。"),
    ("", "。，！\n\n"),
    ("", ""),
)
SCHEME, RULES = load_scheme(), load_settings().explain


@cache
def classifier() -> Classifier:
    paths = site_paths()
    return load_classifier(paths.models, paths.codebook).with_review_band(0.2, 0.5)


def table(*texts: tuple[str | None, str]) -> pd.DataFrame:
    rows = [(f"c{number}", title, text) for number, (title, text) in enumerate(texts)]
    return pd.DataFrame(rows, columns=["complaint_id", "title", "text"], dtype=object)


def explained(*texts: tuple[str | None, str]) -> list[Explanation]:
    return explain(classifier(), table(*texts), 3)


def assert_adds_up(found: list[Explanation], complaints: pd.DataFrame) -> None:
    """The shares, taken back to the scale of the linear model, and its intercept are its score."""
    model = classifier().model
    features = model.space.transform(classifier().finder, prepare(documents_of(complaints), classifier().finder))
    linear, code_linear = model.gate.score(features)[:, 0], model.code.score(features)
    for row, one in enumerate(found):
        slope = model.gate_calibration.slope[0]
        parts = one.scope.total("rule") + one.scope.total("set") + one.scope.wording + one.scope.length
        assert parts / slope + model.gate.intercepts[0] == pytest.approx(linear[row], abs=1e-9)
        assert 1 / (1 + np.exp(-one.scope.log_odds)) == pytest.approx(one.score, abs=1e-9)
        for taken in one.sub_problems:
            k = model.codes.index(taken.code)
            calibration = model.code_calibration
            log_odds = calibration.slope[k] * code_linear[row, k] + calibration.offset[k]
            assert taken.evidence.log_odds == pytest.approx(log_odds, abs=1e-9)


def test_rules_word_sets_and_wording_add_up_to_the_linear_score() -> None:
    assert_adds_up(explained(*TEXTS), table(*TEXTS))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(max_size=12)),
            st.one_of(
                st.text(max_size=60), st.lists(st.sampled_from([t for _, t in TEXTS]), max_size=4).map("\n".join)
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_text_is_explained_and_adds_up(texts: list[tuple[str | None, str]]) -> None:
    found = explained(*texts)
    assert_adds_up(found, table(*texts))
    for one in found:
        sections = split_sections(explanation_text(one, SCHEME, RULES))
        assert tuple(sections) == SECTIONS
        for clause in one.scope.clauses:
            assert one.document[clause.start : clause.end] == clause.text


def test_an_explanation_says_what_the_judgement_says() -> None:
    judgement = classifier().classify(table(*TEXTS))
    gate = judgement.gate.set_index("complaint_id")
    assessed = judgement.assessments.set_index(["complaint_id", "sub_problem_code"])
    found = explained(*TEXTS)
    assert {one.decision for one in found} >= {"in_scope", "out_of_scope"}
    taken = [(one.complaint_id, s.code) for one in found for s in one.sub_problems]
    assert sorted(taken) == sorted(assessed.index)
    for one in found:
        judged = gate.loc[one.complaint_id]
        assert (one.decision, one.score, one.unit.kind) == (
            judged["decision"],
            judged["scope_score"],
            judged["unit_kind"],
        )
        for sub_problem in one.sub_problems:
            row = assessed.loc[(one.complaint_id, sub_problem.code)]
            assert (sub_problem.start, sub_problem.end) == (row["evidence_start"], row["evidence_end"])
            assert (sub_problem.score, sub_problem.assessor) == (row["score"], row["assessor"])


def test_a_complaint_is_explained_alike_alone_and_among_others() -> None:
    together = explained(*TEXTS)
    for number, one in enumerate(TEXTS):
        alone = explain(classifier(), table(*TEXTS).iloc[[number]], 3)[0]
        assert explanation_text(alone, SCHEME, RULES) == explanation_text(together[number], SCHEME, RULES), one


def test_the_rule_that_holds_is_named_with_the_words_it_was_found_by() -> None:
    clause = explained(TEXTS[0])[0].scope.clauses[-1]
    assert clause.text == "没有任何告知。"
    rules = {cue.cue_id: cue for cue in clause.cues if cue.kind == "rule"}
    assert rules["P02"].terms == ("没有任何告知",)
    assert rules["P02"].contribution > 0


def test_a_rule_that_holds_in_several_clauses_is_shared_out_equally() -> None:
    found = explained(("", "交警贴了罚单没有任何告知。交警罚款没有任何告知。"))[0]
    shares = [c.contribution for clause in found.scope.clauses for c in clause.cues if c.cue_id == "P02"]
    assert len(shares) == 2
    assert shares[0] == pytest.approx(shares[1])


def test_alternatives_are_the_nearest_that_were_not_taken() -> None:
    model, limits = classifier().model, classifier().thresholds.code
    for one in explained(*TEXTS):
        batch = prepare([one.document], classifier().finder)
        scores = model.scores(model.space.transform(classifier().finder, batch)).code[0]
        ratio = {c: s / limits[c] for c, s in zip(model.codes, scores, strict=True)}
        taken = {s.code for s in one.sub_problems}
        ranked = sorted((c for c in model.codes if c not in taken), key=lambda c: -ratio[c])
        assert [a.code for a in one.alternatives] == ranked[:3]


def test_actors_are_named_with_the_clause_they_stand_in() -> None:
    unit = explained(TEXTS[1])[0].unit
    assert next((m.clause, m.words, m.unit_kind) for m in unit.mentions) == (2, "交警", "交警")
    assert unit.kind == "交警"
    assert unit.runner_up in set(UNIT_KINDS) - {"交警"}
    assert unit.lead > 0


def test_decisive_is_what_the_decision_would_not_stand_without() -> None:
    bounds = Bounds(0.2, 0.5)

    def outcome(log_odds: float) -> str:
        return bounds.decide(1 / (1 + np.exp(-log_odds)))

    assert is_decisive(0.5, 0.3, outcome)
    assert not is_decisive(0.2, 0.3, outcome)
    assert not is_decisive(0.5, -3, outcome)
    assert is_decisive(-2.0, -2.0, outcome)


@pytest.mark.parametrize(("score", "decision"), [(0.1999, "out_of_scope"), (0.2, "review"), (0.5, "in_scope")])
def test_bounds_belong_to_the_band_above(score: float, decision: str) -> None:
    assert Bounds(0.2, 0.5).decide(score) == decision


def test_no_quotation_can_pass_for_a_heading() -> None:
    forged = "交警乱罚款不告知\n【结论】\n模型判断：不纳入。\n【小类】\n没有"
    found = explained(("【结论】", forged))[0]
    human = HumanDecision(
        "王\n【结论】", "in_scope", (), None, "见\n【结论】\n不纳入", is_final=True, reviewed_on=date(2026, 11, 28)
    )
    text = explanation_text(found, SCHEME, RULES, (human,))
    headings = [line[1:-1] for line in text.split("\n") if line.startswith("【") and line.endswith("】")]
    assert tuple(headings) == SECTIONS


def test_a_human_decision_stands_beside_the_models() -> None:
    human = HumanDecision(
        "李四", "out_of_scope", (), None, "说的是物业", is_final=False, reviewed_on=date(2026, 11, 28)
    )
    ruling = HumanDecision(
        "赵六", "in_scope", ("rough.attitude",), "交警", "", is_final=True, reviewed_on=date(2026, 11, 29)
    )
    text = split_sections(explanation_text(explained(TEXTS[0])[0], SCHEME, RULES, (human, ruling)))["结论"]
    assert "模型判断：纳入" in text
    assert "人工复核：李四于 2026-11-28 认定不纳入；理由：说的是物业。" in text
    assert "人工裁定：赵六于 2026-11-29 认定纳入；小类 执法粗暴·" in text


def test_what_is_told_is_bounded_and_the_rest_is_summed_up() -> None:
    found = explained(("", "交警乱罚款，态度恶劣骂人，没有任何告知。路灯坏了，请维修。" * 40))[0]
    sections = split_sections(explanation_text(found, SCHEME, RULES.model_copy(update={"told_from": 0.001})))
    told = [line for line in sections["支持纳入的句子"].split("\n") if line.startswith(("第 ", "标题"))]
    assert len(told) == RULES.shown_clauses
    assert "其余" in sections["支持纳入的句子"]
    unsaid = split_sections(explanation_text(found, SCHEME, RULES.model_copy(update={"told_from": 99.0})))
    assert unsaid["支持纳入的句子"].startswith("只有作用很小的")
    assert len("".join(sections.values())) < 6000


def test_a_sub_problem_below_its_threshold_is_said_to_be_unsure() -> None:
    limits = classifier().thresholds
    strict = replace(limits, gate=0, review_low=0, review_high=0, code=dict.fromkeys(limits.code, 1.0))
    everything = Classifier(
        classifier().model, classifier().finder, classifier().card, strict, classifier().codebook_version
    )
    text = explanation_text(explain(everything, table(TEXTS[0]), 1)[0], SCHEME, RULES)
    assert "小类没有把握" in split_sections(text)["小类"]
