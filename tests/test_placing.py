"""Where people put complaints: moved, split, merged, one matter or two, through every later night."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import UsageError
from analysis.ledger.placing import NOBODY, ByHand, place_by_hand
from analysis.pipeline.night import open_ledger
from analysis.pipeline.placing import (
    Said,
    different_matters,
    merge_two_problems,
    move_complaints,
    same_matter,
    split_problem,
)
from analysis.site import SitePaths
from tests.review_site import copy_site, next_night, put
from tests.supervised_site import (
    LEAD,
    NOBODYS,
    NOTICE,
    NOTICE_2,
    NOTICE_3,
    POLICE_RUDE,
    SAID,
    URBAN_RUDE,
    assert_history_is_told,
    build_supervised_site,
    decide_scope,
    kinds,
    ledger,
    problem,
    problem_of,
)

BECAUSE = Said("王主任", "实为同一件事，联系电话13800138000")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_supervised_site(folder)
    return folder


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Iterator[SitePaths]:
    copied = copy_site(built, tmp_path / "site")
    yield copied
    assert_history_is_told(copied)


def members(site: SitePaths) -> dict[str, str]:
    return ledger(site)["problem_complaints"].set_index("complaint_id")["problem_id"].to_dict()


def matters(site: SitePaths) -> dict[str, str]:
    return ledger(site)["complaint_matters"].set_index("complaint_id")["matter_id"].to_dict()


def test_a_moved_complaint_stays_moved_while_it_is_in_scope(site: SitePaths) -> None:
    home, target = problem_of(site, NOTICE), problem_of(site, POLICE_RUDE)
    done = move_complaints(site, [NOTICE], target, BECAUSE)
    assert (done.problem_id, done.complaint_count, done.emptied) == (target, 1, ())
    assert problem_of(site, NOTICE) == target
    last = ledger(site)["events"].sort_values("sequence").tail(3)
    assert last["kind"].tolist() == ["complaint_placed", "complaint_withdrawn", "complaint_added"]
    assert set(last["actor"]) == {"王主任"}
    assert "13800138000" not in last["payload"].str.cat() + ledger(site)["placements"]["reason"].str.cat()
    for codes in ("irregular.fact_error", "irregular.discretion;irregular.fact_error"):
        decide_scope(site, **{NOTICE: codes})
        next_night(site)
        held = ledger(site)["problem_complaints"].query("complaint_id == @NOTICE")
        assert target in set(held["problem_id"]), codes
        assert home not in set(held["problem_id"]), codes
        assert len(held) == len(codes.split(";")), codes
    before = kinds(site, target)
    next_night(site)
    assert kinds(site, target) == before


def test_a_moved_complaint_leaves_with_the_scope_and_comes_back_to_where_it_was_put(site: SitePaths) -> None:
    target = problem_of(site, POLICE_RUDE)
    move_complaints(site, [NOTICE], target, BECAUSE)
    from tests.review_site import record, review

    record(site, review(NOTICE, SAID[0][:2]))
    next_night(site)
    assert NOTICE not in members(site)
    decide_scope(site, **{NOTICE: "irregular.fact_error"})
    next_night(site)
    assert members(site)[NOTICE] == target


def test_a_complaint_moved_again_forgets_where_it_was_put_before(site: SitePaths) -> None:
    home, target = problem_of(site, NOTICE), problem_of(site, POLICE_RUDE)
    move_complaints(site, [NOTICE], target, BECAUSE)
    decide_scope(site, **{NOTICE: "irregular.fact_error"})
    next_night(site)
    move_complaints(site, [NOTICE], home, BECAUSE)
    assert move_complaints(site, [NOTICE], home, BECAUSE).complaint_count == 0
    for codes in ("irregular.fact_error", "irregular.procedure"):
        decide_scope(site, **{NOTICE: codes})
        next_night(site)
        assert members(site)[NOTICE] == home
    move_complaints(site, [NOTICE], target, BECAUSE)
    assert members(site)[NOTICE] == target


def test_a_problem_is_split_and_its_complaints_to_come_stay_with_the_old_one(site: SitePaths) -> None:
    old = problem_of(site, NOTICE)
    assert {NOTICE, NOTICE_2, NOTICE_3} <= set(members(site))
    done = split_problem(site, old, [NOTICE, NOTICE_2], BECAUSE, "反映芙蓉路一带执法不告知的问题")
    new, was = problem(site, done.problem_id), problem(site, old)
    assert new["status"] == "awaiting_handover"
    assert [new[n] == was[n] for n in ("unit_id", "sub_problem_code", "due_on", "statement", "merge_key")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    put(site, "12328工单2.csv", SAID[0][:2], first=22039001)
    next_night(site)
    decide_scope(site)
    next_night(site)
    assert [members(site)[c] for c in (NOTICE, NOTICE_2, NOTICE_3)] == [done.problem_id, done.problem_id, old]


def test_problems_merge_and_part_with_their_complaints(site: SitePaths) -> None:
    one, other = problem_of(site, POLICE_RUDE), problem_of(site, NOTICE)
    assert merge_two_problems(site, one, other, BECAUSE).complaint_count == 1
    assert (problem(site, one)["status"], members(site)[POLICE_RUDE]) == ("merged", other)
    decide_scope(site)
    decide_scope(site, **{NOTICE: "irregular.procedure;rough.attitude"})
    next_night(site)
    assert next_night(site)["new_links"] == 0
    assert members(site)[POLICE_RUDE] == other
    with pytest.raises(UsageError, match=f"已经并入 {other}"):
        move_complaints(site, [URBAN_RUDE], one, BECAUSE)
    with pytest.raises(UsageError, match="已经并入"):
        merge_two_problems(site, other, one, BECAUSE)
    assert move_complaints(site, [URBAN_RUDE], other, BECAUSE).emptied


def test_what_cannot_be_is_refused_and_changes_nothing(site: SitePaths) -> None:
    home, lead = problem_of(site, NOTICE), problem_of(site, LEAD)
    before = len(ledger(site)["events"])
    refused = [
        (lambda: move_complaints(site, ["L1"], home, BECAUSE), "没有诉求 L1"),
        (lambda: move_complaints(site, [NOTICE], "FR-2026-0999", BECAUSE), "没有问题 FR-2026-0999"),
        (lambda: move_complaints(site, [LEAD], home, BECAUSE), "一个是线索类"),
        (lambda: move_complaints(site, [NOTICE], lead, BECAUSE), "一个是线索类"),
        (lambda: merge_two_problems(site, lead, home, BECAUSE), "线索不得交给被反映单位"),
        (lambda: merge_two_problems(site, home, home, BECAUSE), "不能并入自己"),
        (lambda: move_complaints(site, [NOTICE], home, Said("", "好")), "--person"),
        (lambda: move_complaints(site, [NOTICE], home, Said("王主任", " ")), "--reason"),
        (lambda: move_complaints(site, [NOTICE], home, BECAUSE, from_id=lead), "不在问题"),
        (lambda: split_problem(site, home, [POLICE_RUDE], BECAUSE), "不在问题"),
        (lambda: different_matters(site, NOTICE, NOTICE, BECAUSE), "两件不同"),
        (lambda: same_matter(site, [NOTICE, "L1"], BECAUSE), "没有诉求 L1"),
    ]
    for action, words in refused:
        with pytest.raises(UsageError, match=words):
            action()
    assert len(ledger(site)["events"]) == before


def test_matters_are_joined_and_parted_for_ever(site: SitePaths) -> None:
    assert same_matter(site, [POLICE_RUDE, NOBODYS], BECAUSE) == 1
    assert matters(site)[NOBODYS] == matters(site)[POLICE_RUDE]
    same_matter(site, [NOBODYS, URBAN_RUDE], BECAUSE)
    assert len({matters(site)[c] for c in (POLICE_RUDE, NOBODYS, URBAN_RUDE)}) == 1
    assert different_matters(site, POLICE_RUDE, NOBODYS, BECAUSE) == 1
    assert matters(site)[NOBODYS] == f"M-{NOBODYS}"
    with pytest.raises(UsageError, match="裁定为不同事项"):
        same_matter(site, [NOBODYS, URBAN_RUDE], BECAUSE)
    decided = matters(site)
    with open_ledger(site) as store:  # grouped from the start
        store._connection.execute("DELETE FROM matter_keys; DELETE FROM complaint_matters; DELETE FROM matters")
    next_night(site)
    assert {c: matters(site)[c] for c in (POLICE_RUDE, NOBODYS, URBAN_RUDE)} == {
        c: decided[c] for c in (POLICE_RUDE, NOBODYS, URBAN_RUDE)
    }
    assert same_matter(site, [POLICE_RUDE, NOBODYS], BECAUSE) == 1
    found = ledger(site)["events"]
    assert len(found[found["kind"] == "matter_ruled"]) == len(ledger(site)["matter_rulings"])


CODES = ("a", "b", "c")
PROBLEM_IDS = ("P1", "P2", "P3")


class OneComplaint:
    """A complaint that is judged, moved by people and merged along with its problems, by the pure functions alone."""

    def __init__(self) -> None:
        self.run = 0
        self.links: dict[tuple[str, str], int] = {}
        self.placements: dict[str, str] = {}
        self.merged: dict[str, str] = {}

    def home(self, problem_id: str) -> str:
        return self.merged.get(problem_id, problem_id)

    def judge(self, codes: Sequence[str]) -> None:
        """Judge anew; the rules would put each judgement into the problem of the same place in the alphabet."""
        self.run += 1
        self.night(codes)

    def night(self, codes: Sequence[str]) -> None:
        current = {code for (_, code), run in self.links.items() if run == self.run}
        scores = {code: 0.9 - 0.1 * n for n, code in enumerate(codes)}
        unlinked = pd.DataFrame(
            [("C", code, str(self.run), score) for code, score in scores.items() if code not in current],
            columns=["complaint_id", "sub_problem_code", "judged_run_id", "score"],
        )
        by_hand = ByHand(
            pd.DataFrame(
                [("C", code, problem_id, str(self.run)) for code, problem_id in self.placements.items()],
                columns=NOBODY.placements.columns,
            ),
            pd.DataFrame(
                [(p, "C", code, str(run), run == self.run) for (p, code), run in self.links.items()],
                columns=NOBODY.links.columns,
            ),
        )
        left, made = place_by_hand(unlinked, by_hand, self.merged)
        self.links = {link: run for link, run in self.links.items() if run == self.run}
        rows = made[["problem_id", "sub_problem_code"]].to_numpy().tolist()
        rows += [(self.home(PROBLEM_IDS[CODES.index(c)]), c) for c in left["sub_problem_code"]]
        for problem_id, code in rows:
            assert (problem_id, code) not in self.links
            self.links[problem_id, code] = self.run

    def move(self, from_id: str, to_id: str) -> None:
        moving = [(p, code) for p, code in self.links if p == from_id]
        for link in moving:
            self.links[to_id, link[1]] = self.links.pop(link)
        taken = {code for code, p in self.placements.items() if moving and self.home(p) == from_id}
        self.placements |= dict.fromkeys([*(code for _, code in moving), *taken], to_id)


@settings(deadline=None)
@given(st.data())
def test_wherever_a_complaint_was_put_it_stays_whatever_is_judged_later(data: st.DataObject) -> None:
    complaint = OneComplaint()
    for _ in range(data.draw(st.integers(2, 8))):
        codes = data.draw(st.permutations(CODES))[: data.draw(st.integers(0, 3))]
        complaint.judge(codes)
        wanted = {complaint.home(p) for p in complaint.placements.values()}
        assert wanted <= {p for p, _ in complaint.links}
        assert len({code for _, code in complaint.links}) == len(complaint.links)
        assert set(codes) <= {code for _, code in complaint.links}
        before = dict(complaint.links)
        complaint.night(codes)
        assert complaint.links == before
        held = sorted({p for p, _ in complaint.links})
        if held and data.draw(st.booleans()):
            from_id = data.draw(st.sampled_from(held))
            to_id = data.draw(st.sampled_from([p for p in PROBLEM_IDS if p not in complaint.merged]))
            if from_id != to_id:
                complaint.move(from_id, to_id)
