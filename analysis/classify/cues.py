"""Finds the cues of the codebook: actors, term sets, and rules over them at the level of clauses."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, model_validator

from analysis.classify.arrays import Flags, Indices
from analysis.classify.clauses import ClauseTable
from analysis.classify.patterns import compile_terms
from analysis.codebook import Review, read_codebook
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS
from analysis.errors import SettingsError

Role = Literal["enforcer", "contractor", "implied", "government", "legislator"]
ROLES = get_args(Role)

NEAR_CLAUSES = 2
"""How many clauses before and after count as near."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(_Part):
    """A kind of body that can be accused, with all the ways people write it."""

    actor_id: str
    unit_kind: str
    role: Role
    aliases: tuple[str, ...]

    @model_validator(mode="after")
    def _kind_is_known(self) -> Self:
        if self.unit_kind not in UNIT_KINDS:
            raise ValueError(f"未知的单位类型 {self.unit_kind}")
        return self


class ActorLexicon(_Part):
    """All actors: `actors.toml`."""

    review: Review
    actor: tuple[Actor, ...]

    @model_validator(mode="after")
    def _aliases_are_unique(self) -> Self:
        counts = Counter(alias for actor in self.actor for alias in actor.aliases)
        repeated = [alias for alias, count in counts.items() if count > 1]
        if repeated:
            raise ValueError(f"别名重复 {repeated[:3]}")
        return self


class TermSet(_Part):
    """Words that mean the same to a rule.

    A term is a regular expression; `~` in it stands for a gap of up to six characters within the clause,
    `~3` for up to three.
    """

    set_id: str
    meaning: str
    terms: tuple[str, ...]


class Rule(_Part):
    """«Any of these sets and any of those and none of the others»: holds in a clause or not.

    all: each entry (`set` or `set|set`) occurs in the clause; near: within two clauses; post: anywhere in the
    complaint; none, none_near, none_post: the same, denied. A rule supports a sub-problem (`code`), or the gate
    (`polarity`: for or against scope), or is a signal that only the model weighs.
    """

    rule_id: str
    meaning: str
    code: str | None = None
    polarity: Literal["for", "against", "signal"] = "for"
    all: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    post: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    none_near: tuple[str, ...] = ()
    none_post: tuple[str, ...] = ()
    weight: float = 1.0
    basis: str = ""

    @model_validator(mode="after")
    def _has_an_anchor(self) -> Self:
        if not self.all:
            raise ValueError(f"规则 {self.rule_id} 缺少 all")
        return self


class CueBook(_Part):
    """All term sets and rules: `cues.toml`."""

    review: Review
    term_set: tuple[TermSet, ...]
    rule: tuple[Rule, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        for name, ids in (
            ("set_id", [s.set_id for s in self.term_set]),
            ("rule_id", [r.rule_id for r in self.rule]),
        ):
            repeated = [i for i, count in Counter(ids).items() if count > 1]
            if repeated:
                raise ValueError(f"{name} 重复 {repeated[:3]}")
        return self


def _compile(term_set: TermSet) -> re.Pattern[str]:
    """Compile a term set; SettingsError names the term that is wrong."""
    try:
        return compile_terms(term_set.terms)
    except (re.error, ValueError):
        for term in term_set.terms:
            try:
                compile_terms((term,))
            except (re.error, ValueError) as error:
                raise SettingsError(
                    f"代码本 cues.toml 的词组 {term_set.set_id} 里“{term}”不是合格的式样：{error}，请改正。"
                ) from error
        raise


@dataclass(frozen=True)
class CueMatches:
    """What was found in a batch.

    has_set: shape (clauses, sets), the term set or actor group occurs in the clause.
    has_rule: shape (clauses, rules). actor_clause, actor_index: one entry a mention of an actor.
    """

    has_set: Flags
    has_rule: Flags
    actor_clause: Indices
    actor_index: Indices


@dataclass(frozen=True)
class _Condition:
    """One entry of a rule, resolved: columns of which any must hold, in which reach."""

    columns: tuple[int, ...]
    reach: Literal["clause", "near", "post"]
    is_denied: bool


class CueFinder:
    """The compiled codebook: finds every cue of a batch of clauses in one pass per term set."""

    def __init__(self, actors: ActorLexicon, book: CueBook, scheme: Scheme) -> None:
        self.actors = actors.actor
        self.rules = book.rule
        self.versions = (actors.review.version, book.review.version)
        self._actor_of_alias = {alias: i for i, a in enumerate(self.actors) for alias in a.aliases}
        aliases = sorted(self._actor_of_alias, key=lambda alias: (-len(alias), alias))
        self._actor_pattern = re.compile("|".join(map(re.escape, aliases)))
        self._patterns = [_compile(s) for s in book.term_set]
        groups = ["actor.any", *(f"actor.{role}" for role in ROLES), *(f"unit.{kind}" for kind in UNIT_KINDS)]
        self.set_names = [s.set_id for s in book.term_set] + groups
        self._column = {name: i for i, name in enumerate(self.set_names)}
        self._actor_columns = [[self._column[n] for n in self._groups_of(actor)] for actor in self.actors]
        self._conditions = [self._resolve(rule) for rule in self.rules]
        for rule in self.rules:
            if rule.code is not None and rule.code not in scheme.sub_problems:
                raise SettingsError(f"代码本 cues.toml 的规则 {rule.rule_id} 用了未知的小类 {rule.code}，请改正。")

    @staticmethod
    def _groups_of(actor: Actor) -> list[str]:
        names = [f"actor.{actor.role}", f"unit.{actor.unit_kind}"]
        return [*names, "actor.any"] if actor.role not in ("government", "legislator") else names

    def _resolve(self, rule: Rule) -> list[_Condition]:
        conditions = []
        for reach, wanted, denied in (
            ("clause", rule.all, rule.none),
            ("near", rule.near, rule.none_near),
            ("post", rule.post, rule.none_post),
        ):
            for entries, is_denied in ((wanted, False), (denied, True)):
                for entry in entries:
                    unknown = [name for name in entry.split("|") if name not in self._column]
                    if unknown:
                        raise SettingsError(
                            f"代码本 cues.toml 的规则 {rule.rule_id} 用了未定义的词组 {unknown[0]}，请补上或改正。"
                        )
                    columns = tuple(self._column[name] for name in entry.split("|"))
                    conditions.append(_Condition(columns, reach, is_denied))  # type: ignore[arg-type]
        return conditions

    @cached_property
    def rule_codes(self) -> list[str | None]:
        """The sub-problem of each rule, None for rules of the gate."""
        return [rule.code for rule in self.rules]

    def find(self, clauses: ClauseTable) -> CueMatches:
        """Find all sets, actors and rules in the clauses."""
        has_set = np.zeros((len(clauses), len(self.set_names)), dtype=bool)
        for column, pattern in enumerate(self._patterns):
            starts = np.fromiter((m.start() for m in pattern.finditer(clauses.text)), dtype=np.int64)
            has_set[clauses.clause_of[starts], column] = True
        found = [(m.start(), self._actor_of_alias[m.group()]) for m in self._actor_pattern.finditer(clauses.text)]
        actor_clause = clauses.clause_of[np.array([f[0] for f in found], dtype=np.int64)]
        actor_index = np.array([f[1] for f in found], dtype=np.int64)
        for index, columns in enumerate(self._actor_columns):
            rows = actor_clause[actor_index == index]
            for column in columns:
                has_set[rows, column] = True
        return CueMatches(has_set, self._evaluate(clauses, has_set), actor_clause, actor_index)

    def _evaluate(self, clauses: ClauseTable, has_set: Flags) -> Flags:
        reach = {"clause": has_set, "near": dilate(clauses, has_set, NEAR_CLAUSES), "post": _anywhere(clauses, has_set)}
        has_rule = np.ones((len(clauses), len(self.rules)), dtype=bool)
        for index, conditions in enumerate(self._conditions):
            for condition in conditions:
                any_of = reach[condition.reach][:, list(condition.columns)].any(axis=1)
                has_rule[:, index] &= ~any_of if condition.is_denied else any_of
        return has_rule


def dilate(clauses: ClauseTable, flags: Flags, distance: int) -> Flags:
    """Spread each flag to the clauses up to `distance` before and after in the same complaint."""
    spread = flags.copy()
    for step in range(1, distance + 1):
        same = (clauses.document[step:] == clauses.document[:-step]).reshape(-1, *[1] * (flags.ndim - 1))
        spread[step:] |= flags[:-step] & same
        spread[:-step] |= flags[step:] & same
    return spread


def _anywhere(clauses: ClauseTable, flags: Flags) -> Flags:
    """Spread each flag to all clauses of its complaint."""
    first = np.searchsorted(clauses.document, np.arange(clauses.document_count))
    per_document = np.logical_or.reduceat(flags, first, axis=0)
    return np.asarray(per_document[clauses.document], dtype=bool)


def hit_table(finder: CueFinder, clauses: ClauseTable, matches: CueMatches) -> pd.DataFrame:
    """Return one row per rule that holds in a clause.

    Columns: row (complaint, from 0), clause (number in the batch), rule_id, code (None for rules of the gate),
    polarity, weight, start and end (the clause's offsets into «title + newline + text»).
    """
    clause, rule = np.nonzero(matches.has_rule)
    row = clauses.document[clause]
    offset = clauses.document_start[row]
    return pd.DataFrame(
        {
            "row": row,
            "clause": clause,
            "rule_id": [finder.rules[i].rule_id for i in rule],
            "code": [finder.rules[i].code for i in rule],
            "polarity": [finder.rules[i].polarity for i in rule],
            "weight": [finder.rules[i].weight for i in rule],
            "start": clauses.start[clause] - offset,
            "end": clauses.end[clause] - offset,
        }
    )


def load_cues(scheme: Scheme, directory: Path | None = None) -> CueFinder:
    """Load actors, term sets and rules: the site's own from `directory`, else the shipped ones.

    Raises:
        SettingsError: a file is malformed, a rule names an unknown set or sub-problem.
    """
    actors = read_codebook("actors.toml", ActorLexicon, directory)
    return CueFinder(actors, read_codebook("cues.toml", CueBook, directory), scheme)
