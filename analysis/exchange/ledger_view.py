"""The ledger as people read it: one row per problem with its reach, places, unit and time left."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import Level, UnitRegister
from analysis.contracts import ASSESSORS, PENDING_UNIT, PROBLEM_SOURCES, PROBLEM_STATUSES
from analysis.errors import IntegrityError, SettingsError
from analysis.exchange.places import CoarsePlaces
from analysis.exchange.style import Tone
from analysis.time_left import Standing, TimeLeft, TimeLeftOf

LEVEL_WORDS = {
    Level.DISTRICT: "区属：直接交办",
    Level.VERTICAL: "垂直管理：提请整改并上报",
    Level.CITY: "市属：移送上级",
}
COUNTING_RULE = (
    "诉求数按件计；人数按反映人的密钥摘要去重，没有电话、账号或姓名的诉求每件按一人计；事项数按同一地点、同一件事去重。"
)
"""How complaints, complainants and matters are counted; stands wherever the counts do."""

UNKNOWN_TIME = "不详"
"""Stands for the time of receipt, or the first and last of a problem, where the sources tell none."""
TIME_RULE = "没有受理时间的诉求（来源的表没有时间列）不参加首次、最近反映的计算，一件有时间的也没有的写“不详”。"
"""What first and last times leave out."""

REACH = ["complaint_count", "complainant_count", "matter_count"]


@dataclass(frozen=True)
class LedgerRules:
    """What decides how a problem is shown.

    Attributes:
        time_left: tells how a problem stands to its deadline.
        places: finds the roads and subdistricts in addresses.
    """

    time_left: TimeLeftOf
    places: CoarsePlaces


def _column(values: Iterable[Any]) -> "pd.Series[Any]":
    """Return values as a column of Python objects, dates and tuples left as they are."""
    return pd.Series(list(values), dtype=object)


def as_date(value: Any) -> date | None:
    """Return a DATE or TIMESTAMP value of a table as a plain date, a missing one as None."""
    if value is None or pd.isna(value):
        return None
    return value.date() if isinstance(value, datetime) else value


def count_reach(links: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Return distinct complaints, complainants and matters per group of links, indexed by the group."""
    counts = links.groupby(by)[["complaint_id", "person_key", "matter_id"]].nunique()
    return counts.set_axis(REACH, axis="columns")


def total_reach(links: pd.DataFrame) -> dict[str, int]:
    """Return distinct complaints, complainants and matters of all links together."""
    columns = ["complaint_id", "person_key", "matter_id"]
    return {name: int(links[column].nunique()) for name, column in zip(REACH, columns, strict=True)}


def build_ledger(
    problems: pd.DataFrame,
    links: pd.DataFrame,
    scheme: Scheme,
    units: UnitRegister,
    as_of: date,
    rules: LedgerRules,
) -> pd.DataFrame:
    """Return the ledger: one row per problem, the most complained of first, then in the order of the scheme.

    Args:
        problems: the contract's table.
        links: columns of `sql/links.sql`: which complaints support which problem, by whom, when, where and about
            what they are, and how they were judged.
        scheme: names and order of categories and sub-problems.
        units: the register that the problems' units stand in.
        as_of: the day to which time left is counted.
        rules: thresholds, calendar and place names.

    Returns:
        The columns of `problems`, and: `category_code`, `category_name`, `is_restricted`, `sub_problem_name`,
        `source_label`, `status_label`, `unit_name`, `unit_short_name`, `level_words`, `complaint_count`,
        `complainant_count`, `matter_count`, `first_received_on`, `last_received_on` (None where no
        complaint has a time), `places` (tuples of name and number of distinct complainants, most named first),
        `received_by` (tuples of person and day),
        `judged_by`, `score_range`, `natural_days_left` (negative: days overdue; missing where no deadline runs),
        `working_days_left`, `tone`, `time_words`, `elapsed_share` (序时进度; missing likewise).

    Raises:
        SettingsError: a problem has a sub-problem or a unit that the codebook no longer has.
        IntegrityError: a problem refers to a complaint that is not there.
    """
    _require_known(problems, scheme, units)
    _require_complaints(links)
    ledger = problems.merge(count_reach(links, "problem_id"), on="problem_id", how="left")
    ledger[REACH] = ledger[REACH].fillna(0).astype(int)
    ledger = _with_names(ledger, scheme, units)
    ledger = _with_times(ledger, links, as_of, rules)
    places = _places_by_problem(links, rules.places)
    received = _received_by_problem(links)
    judged = _judgement_by_problem(links)
    order = {code: position for position, code in enumerate(_codes_by_category(scheme))}
    ids = [str(problem_id) for problem_id in ledger["problem_id"]]
    return (
        ledger.assign(
            places=_column(places.get(problem, ()) for problem in ids),
            received_by=_column(received.get(problem, ()) for problem in ids),
            judged_by=[judged.get(problem, ("", ""))[0] for problem in ids],
            score_range=[judged.get(problem, ("", ""))[1] for problem in ids],
            order=ledger["sub_problem_code"].map(order),
        )
        .sort_values(["complaint_count", "order", "problem_id"], ascending=[False, True, True])
        .drop(columns="order")
        .reset_index(drop=True)
    )


def _codes_by_category(scheme: Scheme) -> list[str]:
    categories = list(scheme.categories)
    codes = scheme.sub_problems.values()
    return [s.sub_problem_code for s in sorted(codes, key=lambda s: categories.index(s.category_code))]


def _require_known(problems: pd.DataFrame, scheme: Scheme, units: UnitRegister) -> None:
    known_units = {u.unit_id for u in units.unit}
    for problem in problems.itertuples(index=False):
        scheme.require([str(problem.sub_problem_code)], f"问题 {problem.problem_id} ")
        if as_text(problem.unit_id) and problem.unit_id not in known_units:
            raise SettingsError(
                f"问题 {problem.problem_id} 的责任单位 {problem.unit_id} 不在 units.toml 里。"
                "撤销的单位请保留并填写 valid_to，不要删除。"
            )


def _require_complaints(links: pd.DataFrame) -> None:
    lost = links.loc[links["is_lost"].astype(bool), "problem_id"]
    if len(lost):
        raise IntegrityError(f"问题 {lost.iloc[0]} 等的 {len(lost)} 件诉求不在诉求表里。请用 hotline verify 核对台账。")


def as_text(value: Any) -> str:
    """Return a nullable text of a table, a missing one as the empty text."""
    return "" if value is None or pd.isna(value) else str(value)


def _with_names(ledger: pd.DataFrame, scheme: Scheme, units: UnitRegister) -> pd.DataFrame:
    register = {u.unit_id: u for u in units.unit}
    categories = [scheme.category_of(code) for code in ledger["sub_problem_code"]]
    responsible = [register.get(as_text(unit_id)) for unit_id in ledger["unit_id"]]
    pending = [f"{PENDING_UNIT}（{kind}）" for kind in ledger["unit_kind"]]
    return ledger.assign(
        category_code=[c.category_code for c in categories],
        category_name=[c.name for c in categories],
        is_restricted=pd.array([c.is_restricted for c in categories], dtype=bool),
        sub_problem_name=[scheme.sub_problems[code].name for code in ledger["sub_problem_code"]],
        source_label=ledger["source"].map(PROBLEM_SOURCES),
        status_label=ledger["status"].map(PROBLEM_STATUSES),
        unit_name=[u.name if u else p for u, p in zip(responsible, pending, strict=True)],
        unit_short_name=[u.short_name if u else p for u, p in zip(responsible, pending, strict=True)],
        level_words=[LEVEL_WORDS[u.level] if u else "先核定责任单位" for u in responsible],
    )


def _with_times(ledger: pd.DataFrame, links: pd.DataFrame, as_of: date, rules: LedgerRules) -> pd.DataFrame:
    received = links.groupby("problem_id")["received_at"].agg(["min", "max"])
    dates = {name: _column(map(as_date, ledger[name])) for name in ("registered_on", "time_starts_on", "due_on")}
    plain = ledger.assign(**dates)
    times = [
        rules.time_left({str(name): value for name, value in problem.items()}, problem["category_code"], as_of)
        for problem in plain.to_dict("records")
    ]
    return plain.assign(
        first_received_on=_column(as_date(received["min"].get(problem)) for problem in ledger["problem_id"]),
        last_received_on=_column(as_date(received["max"].get(problem)) for problem in ledger["problem_id"]),
        natural_days_left=pd.array([t.natural_days for t in times], dtype="Int64"),
        working_days_left=pd.array([t.working_days for t in times], dtype="Int64"),
        elapsed_share=pd.array([t.elapsed_share for t in times], dtype="Float64"),
        tone=_column(_TONES.get(t.standing, Tone.NONE) for t in times),
        time_words=[time_words(t) for t in times],
    )


_TONES = {Standing.OVERDUE: Tone.OVERDUE, Standing.DUE_SOON: Tone.DUE_SOON}


def time_words(left: TimeLeft) -> str:
    """Return in words how a problem stands to its deadline.

    >>> time_words(TimeLeft(Standing.DUE_SOON, natural_days=4, working_days=2))
    '临期，剩4天（2个工作日）'
    """
    days = left.natural_days
    if days is None:
        return "不计时限"
    remarks = [f"{left.working_days}个工作日"] * (days > 0) + ["暂估"] * left.is_provisional
    remark = f"（{'，'.join(remarks)}）" if remarks else ""
    if left.standing is Standing.OVERDUE:
        return f"超期{-days}天{remark}"
    if left.standing is Standing.DUE_SOON:
        return ("临期，今天到期" if not days else f"临期，剩{days}天") + remark
    return f"剩{days}天{remark}"


def _places_by_problem(links: pd.DataFrame, places: CoarsePlaces) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return for each problem the places that its complaints name, with the number of complainants naming each."""
    addresses = links[["problem_id", "person_key", "place", "district"]].drop_duplicates()
    find = cache(places.find)
    named = addresses.assign(
        name=_column(
            find(as_text(d), as_text(p)) for p, d in zip(addresses["place"], addresses["district"], strict=True)
        )
    )
    named = named.explode("name").dropna(subset="name")
    persons = named.groupby(["problem_id", "name"])["person_key"].nunique().reset_index(name="persons")
    persons = persons.sort_values(["problem_id", "persons", "name"], ascending=[True, False, True])
    return {
        str(problem): tuple(zip(group["name"], map(int, group["persons"]), strict=True))
        for problem, group in persons.groupby("problem_id")
    }


def _received_by_problem(links: pd.DataFrame) -> dict[str, tuple[tuple[str, date], ...]]:
    timed = links.dropna(subset=["received_at"])
    return {
        str(problem): tuple(zip(group["person_key"], group["received_at"].dt.date, strict=True))
        for problem, group in timed.groupby("problem_id")
    }


def _judgement_by_problem(links: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return for each problem how many of its complaints were judged by whom, and the range of their scores."""
    judged = links.dropna(subset=["assessor"])
    summary = {}
    for problem, group in judged.groupby("problem_id"):
        counts = group["assessor"].value_counts()
        by = "、".join(f"{label}{counts[code]}" for code, label in ASSESSORS.items() if code in counts)
        low, high = group["score"].min(), group["score"].max()
        summary[str(problem)] = (by, f"{low:.2f}" if low == high else f"{low:.2f}～{high:.2f}")
    return summary


def name_places(places: Iterable[tuple[str, int]], least: int = 1, longest: int = 3) -> Sequence[str]:
    """Return the names of the most named places, without those that fewer than `least` complainants name."""
    return [name for name, persons in places if persons >= least][:longest]
