"""A closed problem that is complained about again is open again, with rates before and after and their interval."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.contracts import PROBLEMS
from analysis.ledger.life_cycle import Role, load_life_cycle
from analysis.ledger.recurrence import find_recurrences, rate_ratio
from analysis.ledger.steps import Moment, Request, take_steps
from analysis.pipeline.night import open_ledger
from analysis.pipeline.stages import run_night
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from tests.review_site import next_night, tables

CLOSED_ON = date(2026, 6, 1)
AS_OF = date(2026, 7, 1)
SETTINGS = load_settings().recurrence


@pytest.mark.parametrize(
    ("counts", "months", "expected"),
    [
        ((11, 21), (800, 3011), (1.971488, 0.8584264, 4.2772659)),  # poisson.test of R, its own example
        ((1, 1), (1, 1), (1.0, 1 / (1 / (1 - 0.975**0.5) - 1), 1 / (1 - 0.975**0.5) - 1)),  # solved by hand
        ((0, 5), (1, 1), (0.0, 0.0, 1.0913)),
    ],
)
def test_the_ratio_of_rates_has_its_known_interval(
    counts: tuple[int, int], months: tuple[float, float], expected: tuple[float, float, float]
) -> None:
    found = rate_ratio(*counts, *months, 0.95)
    assert (found.value, found.low, found.high) == pytest.approx(expected, rel=2e-4)


def test_without_anything_before_the_ratio_has_no_upper_bound() -> None:
    found = rate_ratio(4, 0, 1, 12, 0.95)
    share = 0.025 ** (1 / 4)
    assert found.value is None
    assert (found.low, found.high) == (pytest.approx(12 * share / (1 - share)), float("inf"))


@given(after=st.integers(0, 40), before=st.integers(1, 40), scale=st.floats(0.1, 10))
def test_the_interval_is_where_the_conditional_binomial_leaves_its_tails(after: int, before: int, scale: float) -> None:
    """At either end of the interval, what was seen or worse is as rare as the confidence says."""
    found = rate_ratio(after, before, 1.0, scale, 0.9)
    assert found.low <= (found.value or 0) <= found.high
    total = after + before
    at_high, at_low = (end / (end + scale) for end in (found.high, found.low))
    assert binom.cdf(after, total, at_high) == pytest.approx(0.05, abs=1e-6)
    if after:
        assert binom.sf(after - 1, total, at_low) == pytest.approx(0.05, abs=1e-6)


def reach(*rows: tuple[str, date | None, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["complaint_id", "received_at", "person_key", "matter_id"])
    return frame.assign(problem_id="P", received_at=pd.to_datetime(frame["received_at"]).astype("datetime64[us]"))


def found(rows: pd.DataFrame, *fresh: str, observed_from: date = date(2020, 1, 1)) -> list[str]:
    closed = pd.DataFrame([{"problem_id": "P", "closed_on": CLOSED_ON}])
    tonight = pd.DataFrame({"problem_id": "P", "complaint_id": list(fresh)}, dtype=object)
    return [r.words for r in find_recurrences(closed, rows, tonight, observed_from, AS_OF, SETTINGS)]


OLD = [(f"old{n}", CLOSED_ON - timedelta(days=30 * n), f"p{n}", f"m{n % 2}") for n in range(6)]
AFTER = CLOSED_ON + timedelta(days=10)


def test_somebody_new_or_something_new_opens_the_problem_again_and_the_rates_are_told() -> None:
    (words,) = found(reach(*OLD, ("new", AFTER, "p9", "m0")), "new")
    assert words == (
        "2026-06-01销号后又有新的反映：销号后1.0个月1件、1人、1项，每月1.01件；"
        "销号前12.0个月6件、6人、2项，每月0.50件。销号后与销号前每月件数之比2.03，95%区间0.04～16.71"
    )
    assert found(reach(*OLD, ("new", AFTER, "p1", "m9")), "new")


def test_one_caller_who_repeats_his_old_matter_does_not_open_it_again_but_counts_in_the_rates() -> None:
    repeats = [("again1", AFTER, "p1", "m1"), ("again2", AFTER, "p1", "m1")]
    assert found(reach(*OLD, *repeats), "again1", "again2") == []
    (words,) = found(reach(*OLD, *repeats, ("new", AFTER, "p9", "m1")), "new")
    assert "销号后1.0个月3件、2人、1项" in words


@pytest.mark.parametrize("received", [CLOSED_ON - timedelta(days=400), CLOSED_ON, None])
def test_what_was_received_before_the_closing_and_arrives_late_does_not_count(received: date | None) -> None:
    assert found(reach(*OLD, ("late", received, "p9", "m9")), "late") == []


def test_only_tonights_complaints_open_a_problem() -> None:
    """Else a recurrence that the supervisor corrected would come back every night."""
    assert found(reach(*OLD, ("known", AFTER, "p9", "m9"))) == []


def test_the_time_before_is_no_longer_than_the_ledger_looks_back() -> None:
    (words,) = found(reach(*OLD, ("new", AFTER, "p9", "m0")), "new", observed_from=date(2026, 4, 1))
    assert "销号前2.0个月3件" in words
    (words,) = found(reach(("new", AFTER, "p9", "m0")), "new", observed_from=CLOSED_ON)
    assert "之比无法计算（销号前没有）" in words
    assert "无上限" in words


# --- nights -------------------------------------------------------------------------------------------------------

HEAD = "受理编号,登记时间,来电号码,标题,工单内容\n"
TEXT = "交警贴单不告知,交警贴了罚单从来不发短信告知，要求规范执法程序。"


def put(site: SitePaths, serial: int, received: str, phone: str, said: str = TEXT) -> None:
    row = f"{serial},{received} 09:00,{phone},{said}\n"
    (site.raw / "tickets" / f"12328工单{serial}.csv").write_text(HEAD + row, encoding="utf-8")


def close(site: SitePaths, problem_id: str, day: date) -> None:
    """Take a problem from where it is to 已销号."""
    moment = Moment("", pd.Timestamp(day).to_pydatetime(), day)
    filed = {"handler": "张某", "measure": "培训", "completed_on": day, "evidence": "记录", "evidence_on": day}
    verified = {"verification": "属实", "verified_by": "李某", "verified_on": day}
    requests = [
        Request(problem_id, "closure_requested", Role.UNIT, "芙蓉交警", filed),
        Request(problem_id, "closed", Role.SUPERVISOR, "李某", verified),
    ]
    scheme = load_scheme()
    with open_ledger(site) as store:
        problems = store.table(PROBLEMS)
        taken = take_steps(
            requests, problems, load_life_cycle(), lambda code: scheme.category_of(code).is_restricted, moment
        )
        assert not taken.refusals
        with store.transaction():
            store.put_problems(taken.problems)
            store.append_events(taken.events)
        store.keep_head()


@pytest.fixture
def site(tmp_path: Path) -> SitePaths:
    for kind in ("tickets", "posts"):
        (tmp_path / "raw" / kind).mkdir(parents=True)
    paths = site_paths(tmp_path / "raw", tmp_path / "processed")
    put(paths, 1, "2026-03-05", "13800138000")
    next_night(paths, date(2026, 3, 6))
    close(paths, "FR-2026-0001", date(2026, 4, 1))
    return paths


def problem(site: SitePaths) -> dict[str, object]:
    problems = tables(site)["problems"]
    assert problems["problem_id"].tolist() == ["FR-2026-0001"]
    return dict(problems.iloc[0])


def test_a_closed_problem_is_open_again_after_a_new_complaint_with_a_deadline_from_tonight(site: SitePaths) -> None:
    put(site, 2, "2026-03-20", "13900139000")  # before the closing, arriving late
    assert next_night(site, date(2026, 5, 4))["relapsed_problems"] == 0
    put(site, 3, "2026-05-03", "13800138000")  # the same caller, the same matter
    assert next_night(site, date(2026, 5, 4))["relapsed_problems"] == 0
    assert problem(site)["status"] == "closed"
    put(site, 4, "2026-05-04", "13700137000")
    assert run_night(site, date(2026, 5, 5))["relapsed_problems"] == 1
    after = problem(site)
    assert (after["status"], after["relapse_count"], after["look_back"]) == ("relapsed", 1, "relapsed")
    assert "销号后1.1个月2件、2人" in str(after["status_reason"])
    assert after["deadline_rule"] == "2026.1：反弹后 30 个工作日"
    assert after["due_on"].date() > date(2026, 6, 10)
    assert next_night(site, date(2026, 5, 6))["relapsed_problems"] == 0
    assert [f.differences for f in verify_ledger(site) if f.differences and f.name != "快照"] == []
    digest = site.digest.read_text(encoding="utf-8")
    assert digest.index("## 反弹") < digest.index("## 新登记的问题")
    assert "FR-2026-0001" in digest[digest.index("## 反弹") : digest.index("## 新登记的问题")]


def test_a_complaint_about_the_same_matter_comes_home_to_the_closed_problem_whatever_unit_it_names(
    site: SitePaths,
) -> None:
    elsewhere = TEXT.replace("交警", "城管")
    put(site, 5, "2026-05-04", "13700137000", elsewhere)
    counts = next_night(site, date(2026, 5, 5))
    assert len(set(tables(site)["complaint_matters"]["matter_id"])) == 1
    assert set(tables(site)["problem_complaints"]["problem_id"]) == {"FR-2026-0001"}
    assert counts["relapsed_problems"] == 1
