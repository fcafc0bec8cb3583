"""Cues: terms with gaps, rules over clauses, actors; a codebook that cannot work is refused by name."""

from pathlib import Path

import pytest

from analysis.classify.clauses import split_clauses
from analysis.classify.cues import CueFinder, hit_table, load_cues
from analysis.classify.patterns import compile_terms
from analysis.codebook.scheme import load_scheme
from analysis.errors import SettingsError

REVIEW = '[review]\nversion="1"\nauthor="甲"\nbasis="乙"\nreviewed_on="2026-01-01"\nnext_review="2027-01-01"\n'
SETS = """
[[term_set]]
set_id = "ignored"
meaning = "没人管"
terms = ["没人管", "不(来|管)"]
[[term_set]]
set_id = "road"
meaning = "路"
terms = ["违停"]
"""


@pytest.fixture(scope="module")
def shipped() -> CueFinder:
    return load_cues(load_scheme())


def rules_of(finder: CueFinder, document: str) -> set[str]:
    clauses = split_clauses([document])
    return set(hit_table(finder, clauses, finder.find(clauses))["rule_id"])


def codes_of(finder: CueFinder, document: str) -> set[str]:
    clauses = split_clauses([document])
    return set(hit_table(finder, clauses, finder.find(clauses))["code"].dropna())


def site(tmp_path: Path, rule: str, sets: str = SETS) -> CueFinder:
    (tmp_path / "cues.toml").write_text(REVIEW + sets + rule, encoding="utf-8")
    return load_cues(load_scheme(), tmp_path)


@pytest.mark.parametrize(
    ("terms", "text", "found"),
    [
        (("没~2管",), "没有人管", "没有人管"),
        (("没~2管",), "没,人管", None),
        (("(没|冇)人",), "冇人来", "冇人"),
        (("[两三]次",), "三次", "三次"),
        (("\\d+分",), "扣12分", "12分"),
        (("[一二三]+百",), "罚二三百", "二三百"),
        (("警车?停",), "警停", "警停"),
        (("黄牛|票贩",), "找票贩", "票贩"),
    ],
)
def test_terms(terms: tuple[str, ...], text: str, found: str | None) -> None:
    match = compile_terms(terms).search(text)
    assert (match.group() if match else None) == found


@pytest.mark.parametrize("term", ["", "(没|)?", "~管", "(没", "?管", "(?!没)管", "没[管"])
def test_a_term_that_cannot_work_is_refused(tmp_path: Path, term: str) -> None:
    sets = SETS + f'[[term_set]]\nset_id = "bad"\nmeaning = "坏"\nterms = ["{term}"]\n'
    with pytest.raises(SettingsError, match="bad"):
        site(tmp_path, '[[rule]]\nrule_id="R"\nmeaning="x"\nall=["road"]\n', sets)


def test_a_rule_holds_in_the_clause_only_where_all_and_none_say_so(tmp_path: Path) -> None:
    rule = '[[rule]]\nrule_id="R"\nmeaning="x"\ncode="irregular.inaction"\nall=["ignored"]\nnone=["road"]\n'
    finder = site(tmp_path, rule)
    assert rules_of(finder, "投诉\n没人管") == {"R"}
    assert rules_of(finder, "投诉\n违停没人管") == set()


def test_near_reaches_two_clauses_and_post_the_whole_complaint(tmp_path: Path) -> None:
    near = '[[rule]]\nrule_id="N"\nmeaning="x"\nall=["ignored"]\nnear=["road"]\n'
    post = '[[rule]]\nrule_id="P"\nmeaning="x"\nall=["ignored"]\npost=["road"]\n'
    finder = site(tmp_path, near + post)
    assert rules_of(finder, "题\n违停,一,没人管") == {"N", "P"}
    assert rules_of(finder, "题\n违停,一,二,三,没人管") == {"P"}


def test_no_condition_reaches_into_another_complaint(tmp_path: Path) -> None:
    finder = site(tmp_path, '[[rule]]\nrule_id="N"\nmeaning="x"\nall=["ignored"]\nnear=["road"]\n')
    clauses = split_clauses(["违停", "没人管"])
    assert len(hit_table(finder, clauses, finder.find(clauses))) == 0


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ('[[rule]]\nrule_id="R7"\nmeaning="x"\nall=["nowhere"]\n', "R7.*nowhere"),
        ('[[rule]]\nrule_id="R7"\nmeaning="x"\nall=["road"]\ncode="rough.unknown"\n', "R7.*rough.unknown"),
        ('[[rule]]\nrule_id="R7"\nmeaning="x"\n', "R7"),
        ('[[rule]]\nrule_id="R7"\nmeaning="x"\nall=["road"]\n' * 2, "R7"),
        ('[[rule]]\nrule_id="R7"\nmeaning="x"\nall=["road"]\nweigth=2\n', "weigth"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_by_name(tmp_path: Path, rule: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        site(tmp_path, rule)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("违停\n多次向交警反映，一直没有人来处理。", "irregular.inaction"),
        ("违停\n交警说归城管管，城管又说归交警，互相推诿。", "irregular.inaction"),
        ("查车\n拦下我的货车检查，没有出示执法证，也没穿制服。", "irregular.procedure"),
        ("罚款\n路边没有任何禁停标志，停车就被交警贴了罚单。", "profit_driven.trap"),
        ("罚款\n交警每个月都有罚款任务，凑够数才收工。", "profit_driven.quota"),
        ("限行\n三轮车一律禁行，不分情况一刀切，交警见车就扣。", "rigid.one_size"),
        ("打车\n运管的人假扮乘客上车，这是钓鱼执法。", "rigid.entrapment"),
        ("态度\n交警态度恶劣，开口就骂人，还说随便你去投诉。", "rough.attitude"),
        ("放行\n治超站收黑钱，给钱就放行，大货车照跑。", "rent_seeking.bribery"),
    ],
)
def test_the_shipped_codebook_finds_plain_accusations(shipped: CueFinder, document: str, code: str) -> None:
    assert code in codes_of(shipped, document)


@pytest.mark.parametrize(
    "document",
    ["路灯\n小区门口路灯坏了，请尽快维修。", "违停\n门口有人乱停车，请交警来管一管。", "咨询\n请问车管所周末上班吗？"],
)
def test_the_shipped_codebook_accuses_nobody_in_plain_requests(shipped: CueFinder, document: str) -> None:
    assert codes_of(shipped, document) == set()


def test_no_term_reaches_into_the_clause_that_happens_to_be_searched_next(shipped: CueFinder) -> None:
    """The score of a complaint would depend on which complaints stand beside it."""
    texts = ["打了几次都没回复", "核实以后再说"]
    alone = [shipped.find(split_clauses([text])) for text in texts]
    together = shipped.find(split_clauses(texts))
    assert len(together.set_index) == sum(len(found.set_index) for found in alone)


def test_the_longest_alias_wins(shipped: CueFinder) -> None:
    clauses = split_clauses(["高速交警拦车"])
    matches = shipped.find(clauses)
    assert [shipped.actors[i].actor_id for i in matches.actor_index] == ["expressway"]


def test_typed_wrong_police_are_still_police(shipped: CueFinder) -> None:
    clauses = split_clauses(["交井贴条"])
    assert shipped.actors[shipped.find(clauses).actor_index[0]].unit_kind == "交警"
