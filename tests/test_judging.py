"""The judging stage in real nights: profile and elusion sample are kept once, whatever interrupts it."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.pipeline import judging
from analysis.pipeline.reviewing import review_queue
from analysis.site import SitePaths, site_paths
from tests.review_site import (
    AS_OF,
    BENCH,
    BENCH_ID,
    IN_SCOPE,
    INCLUDED,
    LIGHT_ID,
    OUT_OF_SCOPE,
    build_site,
    copy_site,
    next_night,
    put,
    record,
    review,
    tables,
)


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(first_night: Path, tmp_path: Path) -> SitePaths:
    return copy_site(first_night, tmp_path)


def test_the_model_says_how_sure_it_is(site: SitePaths) -> None:
    gate = tables(site)["gate_decisions"].set_index("decision")
    assert set(gate["decided_by"]) == {"model"}
    assert gate["unknown_wording_share"].between(0, 1).all()
    assert gate.loc["in_scope", "cue_balance"] > 0
    assert gate.loc["in_scope", "is_sub_problem_sure"] in (True, False)
    assert gate.loc["out_of_scope", "is_sub_problem_sure"].isna().all()


def test_a_night_leaves_a_profile_and_a_sample_and_the_next_one_nothing(site: SitePaths) -> None:
    found = tables(site)
    assert found["judgement_profiles"]["judged_count"].tolist() == [3]
    assert found["judgement_profiles"]["in_scope_share"].iloc[0] == pytest.approx(1 / 3)
    assert set(found["elusion_samples"]["complaint_id"]) == {LIGHT_ID, BENCH_ID}
    assert set(found["elusion_samples"]["month"]) == {"2026-11"}
    assert next_night(site)["sampled"] == 0
    again = tables(site)
    for name in ("judgement_profiles", "elusion_samples"):
        pd.testing.assert_frame_equal(found[name], again[name], obj=name)
    assert set(review_queue(site).query("reasons == '抽查'")["complaint_id"]) == {LIGHT_ID, BENCH_ID}


def test_what_people_decided_is_in_no_profile_and_out_of_the_sample_only_once_reviewed(site: SitePaths) -> None:
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED), review(BENCH_ID, BENCH, source_row=6))
    assert next_night(site)["decided_by_reviewers"] == 2
    found = tables(site)
    assert len(found["judgement_profiles"]) == 1
    assert set(found["elusion_samples"]["complaint_id"]) == {LIGHT_ID, BENCH_ID}
    assert not review_queue(site)["reasons"].str.contains("抽查").any()


def test_each_month_has_its_own_sample(site: SitePaths) -> None:
    put(site, "12328工单2.csv", ("路灯", "巷子里的路灯坏了。"), first=22030009)
    assert next_night(site, date(2026, 12, 1))["sampled"] == 1
    samples = tables(site)["elusion_samples"].set_index("complaint_id")["month"]
    assert samples.to_dict() == {LIGHT_ID: "2026-11", BENCH_ID: "2026-11", "L22030009": "2026-12"}


def test_stopped_between_two_batches_the_next_run_makes_the_same_of_it(
    first_night: Path, site: SitePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = site_paths(tmp_path / "raw", tmp_path / "again")
    monkeypatch.setattr(judging, "_BATCH", 1)
    judge, calls = judging._judge, iter(range(9))

    def fail_at_the_second(*arguments: object) -> object:
        if next(calls) == 1:
            raise OSError
        return judge(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "_judge", fail_at_the_second)
    with pytest.raises(OSError):  # noqa: PT011  # any will do
        next_night(paths)
    assert len(tables(paths)["gate_decisions"]) == 1
    assert next_night(paths, AS_OF)["judged"] == 2
    undisturbed, found = tables(site), tables(paths)
    for name in ("judgement_profiles", "elusion_samples", "gate_decisions"):
        expected, real = (t[name].drop(columns="run_id") for t in (undisturbed, found))
        pd.testing.assert_frame_equal(expected, real, obj=name)
    assert IN_SCOPE[0] in set(found["complaints"]["title"])
