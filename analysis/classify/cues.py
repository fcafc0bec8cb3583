"""Finds the cues of the codebook: actors, term sets, and rules over them at the level of clauses."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, model_validator

from analysis.classify.arrays import Bits, Flags, Floats, Indices
from analysis.classify.clauses import ClauseTable
from analysis.classify.patterns import compile_literals, compile_terms
from analysis.classify.ragged import Ragged
from analysis.classify.term_index import TermIndex
from analysis.classify.terms import beginnings
from analysis.codebook import Review, kept_while_unchanged, read_codebook
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS
from analysis.errors import SettingsError

Role = Literal["enforcer", "contractor", "implied", "government", "legislator"]
ROLES = get_args(Role)
ROLE_WORDS: dict[Role, str] = {
    "enforcer": "执法机关及人员",
    "contractor": "受托企业",
    "implied": "没有点明单位的执法者",
    "government": "政府或部门",
    "legislator": "作出规定的机关",
}

NEAR_CLAUSES = 2
"""How many clauses before and after count as near."""

_BETWEEN = "\n"
"""Stands between clauses that are searched together: it is in none of them, and no «.» of a term reaches across it."""


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


def _index(term_sets: Sequence[TermSet]) -> TermIndex:
    """Make term sets ready for searching; SettingsError names the term that is wrong."""
    try:
        return TermIndex.build([s.terms for s in term_sets])
    except (re.error, ValueError):
        for term_set, term in ((s, t) for s in term_sets for t in s.terms):
            try:
                beginnings(term)
            except (re.error, ValueError) as error:
                raise SettingsError(
                    f"代码本 cues.toml 的词组 {term_set.set_id} 里“{term}”不是合格的式样：{error}，请改正。"
                ) from error
        raise


@dataclass(frozen=True)
class CueMatches:
    """What was found in a batch, as pairs: no clause has more than a few of the many sets and rules.

    set_clause, set_index: one entry a clause and set (term set or group of actors) that occurs in it.
    rule_clause, rule_index: one entry a clause and rule that holds in it.
    actor_clause, actor_index: one entry a mention of an actor.
    """

    set_clause: Indices
    set_index: Indices
    rule_clause: Indices
    rule_index: Indices
    actor_clause: Indices
    actor_index: Indices


@dataclass(frozen=True)
class _Condition:
    """One entry of a rule, resolved: the sets of which any must hold, as masks of words of bits, in which reach."""

    masks: tuple[tuple[int, np.uint64], ...]
    reach: Literal["clause", "near", "post"]
    is_denied: bool

    def is_met(self, bits: Bits) -> Flags:
        """Say where the condition is met; bits of shape (words, clauses), spread by its reach."""
        any_of = np.zeros(bits.shape[1], dtype=bool)
        for word, mask in self.masks:
            any_of |= (bits[word] & mask) != 0
        return ~any_of if self.is_denied else any_of


class CueFinder:
    """The compiled codebook: finds every cue of a batch of clauses in one pass per term set."""

    def __init__(self, actors: ActorLexicon, book: CueBook, scheme: Scheme) -> None:
        self.actors = actors.actor
        self.rules = book.rule
        self.versions = (actors.review.version, book.review.version)
        self._actor_of_alias = {alias: i for i, a in enumerate(self.actors) for alias in a.aliases}
        self._actor_pattern = compile_literals(self._actor_of_alias)
        self._terms = _index(book.term_set)
        self._term_sets = book.term_set
        groups = ["actor.any", *(f"actor.{role}" for role in ROLES), *(f"unit.{kind}" for kind in UNIT_KINDS)]
        self.set_names = [s.set_id for s in book.term_set] + groups
        self._column = {name: i for i, name in enumerate(self.set_names)}
        self._groups = [np.array([self._column[n] for n in self._groups_of(actor)]) for actor in self.actors]
        self._conditions = [self._resolve(rule) for rule in self.rules]
        for rule in self.rules:
            if rule.code is not None and rule.code not in scheme.sub_problems:
                raise SettingsError(f"代码本 cues.toml 的规则 {rule.rule_id} 用了未知的小类 {rule.code}，请改正。")

    @staticmethod
    def _groups_of(actor: Actor) -> list[str]:
        names = [f"actor.{actor.role}", f"unit.{actor.unit_kind}"]
        return [*names, "actor.any"] if actor.role not in ("government", "legislator") else names

    def _resolve(self, rule: Rule) -> list[_Condition]:
        """Return the conditions of a rule, those on the clause itself and not denied first."""
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
                    columns = np.array([self._column[name] for name in entry.split("|")])
                    bits = _pack(np.zeros_like(columns), columns, 1, len(self._column))[:, 0]
                    masks = tuple((int(word), bits[word]) for word in np.flatnonzero(bits))
                    conditions.append(_Condition(masks, reach, is_denied))  # type: ignore[arg-type]
        return conditions

    @cached_property
    def rule_codes(self) -> list[str | None]:
        """The sub-problem of each rule, None for rules of the gate."""
        return [rule.code for rule in self.rules]

    @cached_property
    def rule_weights(self) -> Floats:
        """The weight of each rule."""
        return np.array([rule.weight for rule in self.rules], dtype=np.float64)

    @cached_property
    def rule_polarities(self) -> npt.NDArray[np.str_]:
        """What each rule speaks for."""
        return np.array([rule.polarity for rule in self.rules])

    @cached_property
    def rule_ranks(self) -> Indices:
        """The place of each rule in the order of their weights, from the weakest; equal ones by rule_id."""
        order = sorted(range(len(self.rules)), key=lambda i: (self.rules[i].weight, self.rules[i].rule_id))
        return np.argsort(order)

    def supports(self, code: str) -> Flags:
        """Say of each rule whether it supports a sub-problem."""
        return np.array([own == code for own in self.rule_codes], dtype=bool)

    def find(self, clauses: ClauseTable) -> CueMatches:
        """Find all sets, actors and rules in the clauses.

        Each distinct clause is searched once: call-takers' formulas and copied petitions repeat.
        """
        bounds = zip(clauses.start.tolist(), clauses.end.tolist(), strict=True)
        words = [clauses.text[start:end] for start, end in bounds]
        distinct, number = _numbered(words)
        text = _BETWEEN.join(distinct) + _BETWEEN
        clause_of = np.repeat(np.arange(len(distinct)), [len(w) + 1 for w in distinct])
        repeats = Ragged.of(number, np.arange(len(number)), len(distinct))
        actor_at, actor_index = self._find_actors(text)
        set_clause, set_index = self._find_sets(text, clause_of, clause_of[actor_at], actor_index)
        actor_clause, actor_index = _spread(repeats, clause_of[actor_at], actor_index)
        set_clause, set_index = _spread(repeats, set_clause, set_index)
        bits = _pack(set_clause, set_index, len(clauses), len(self.set_names))
        rule_clause, rule_index = self._evaluate(clauses, bits)
        return CueMatches(set_clause, set_index, rule_clause, rule_index, actor_clause, actor_index)

    def _find_actors(self, text: str) -> tuple[Indices, Indices]:
        found = [(m.start(), self._actor_of_alias[m.group()]) for m in self._actor_pattern.finditer(text)]
        pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def _find_sets(
        self, text: str, clause_of: Indices, actor_clause: Indices, actor_index: Indices
    ) -> tuple[Indices, Indices]:
        places, numbers = self._terms.find(text)
        clauses, columns = [clause_of[places]], [numbers]
        for index, groups in enumerate(self._groups):
            mentioned = actor_clause[actor_index == index]
            clauses.append(np.repeat(mentioned, len(groups)))
            columns.append(np.tile(groups, len(mentioned)))
        keys = np.unique(np.concatenate(clauses) * len(self.set_names) + np.concatenate(columns))
        return keys // len(self.set_names), keys % len(self.set_names)

    def _evaluate(self, clauses: ClauseTable, bits: Bits) -> tuple[Indices, Indices]:
        reach = {"clause": bits, "near": _near(clauses, bits), "post": _anywhere(clauses, bits)}
        holding = []
        for conditions in self._conditions:
            candidates = np.flatnonzero(conditions[0].is_met(bits))
            for condition in conditions[1:]:
                candidates = candidates[condition.is_met(reach[condition.reach][:, candidates])]
            holding.append(candidates)
        rule_index = np.repeat(np.arange(len(holding)), [len(h) for h in holding])
        rule_clause = np.concatenate([*holding, np.zeros(0, dtype=np.int64)])
        order = np.lexsort((rule_index, rule_clause))
        return rule_clause[order], rule_index[order]

    @cached_property
    def set_meanings(self) -> list[str]:
        """What each set stands for, in Chinese; in the order of `set_names`."""
        kinds = [*UNIT_KINDS[:-1], "其他单位"]
        groups = ["提到执法主体", *(f"提到{ROLE_WORDS[role]}" for role in ROLES), *(f"提到{kind}" for kind in kinds)]
        return [*(s.meaning for s in self._term_sets), *groups]

    def mentions(self, text: str) -> list[tuple[str, Actor]]:
        """Return the actors that a folded text names: the words that name them, and who is meant."""
        found = (match.group() for match in self._actor_pattern.finditer(text))
        return [(words, self.actors[self._actor_of_alias[words]]) for words in found]

    def term(self, set_index: int, text: str, mentions: Sequence[tuple[str, Actor]]) -> str:
        """Return the first words of a folded text that belong to a set (term set or group of actors); "" if none.

        mentions: result of `mentions` for the text.
        """
        if set_index < len(self._term_sets):
            match = compile_terms(self._term_sets[set_index].terms).search(text)
            return match.group() if match else ""
        name = self.set_names[set_index]
        return next((words for words, actor in mentions if name in self._groups_of(actor)), "")


def _numbered(words: Sequence[str]) -> tuple[list[str], Indices]:
    """Return the distinct ones of some texts in the order of their first occurrence, and the number of each text."""
    seen: dict[str, int] = {}
    first = np.fromiter(map(seen.setdefault, words, range(len(words))), np.int64, len(words))
    is_new = first == np.arange(len(words))
    return list(seen), (np.cumsum(is_new) - 1)[first]


def _spread(repeats: Ragged, distinct: Indices, values: Indices) -> tuple[Indices, Indices]:
    """Repeat pairs of distinct clause and value for every clause of the same words, in the order of clauses."""
    origin, clause = repeats.taken(distinct)
    order = np.argsort(clause, kind="stable")
    return clause[order], values[origin[order]]


def _pack(rows: Indices, columns: Indices, row_count: int, column_count: int) -> Bits:
    """Return pairs as bit sets; shape (64-bit words, rows)."""
    bits = np.zeros((column_count // 64 + 1, row_count), dtype=np.uint64)
    np.bitwise_or.at(bits, (columns // 64, rows), np.uint64(1) << (columns % 64).astype(np.uint64))
    return bits


def _near(clauses: ClauseTable, bits: Bits) -> Bits:
    """Spread bits to the clauses up to `NEAR_CLAUSES` before and after in the same complaint."""
    spread = bits.copy()
    for step in range(1, NEAR_CLAUSES + 1):
        same = clauses.document[step:] == clauses.document[:-step]
        spread[:, step:] |= bits[:, :-step] * same
        spread[:, :-step] |= bits[:, step:] * same
    return spread


def _anywhere(clauses: ClauseTable, bits: Bits) -> Bits:
    """Spread bits to all clauses of their complaint."""
    return np.asarray(np.bitwise_or.reduceat(bits, clauses.first, axis=1)[:, clauses.document])


def hit_table(finder: CueFinder, clauses: ClauseTable, matches: CueMatches) -> pd.DataFrame:
    """Return one row per rule that holds in a clause.

    Columns: row (complaint, from 0), clause (number in the batch), rule_id, code (None for rules of the gate),
    polarity, weight, start and end (the clause's offsets into «title + newline + text»).
    """
    clause, rule = matches.rule_clause, matches.rule_index
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


@kept_while_unchanged("actors.toml", "cues.toml")
def load_cues(scheme: Scheme, directory: Path | None = None) -> CueFinder:
    """Load actors, term sets and rules: the site's own from `directory`, else the shipped ones.

    Raises:
        SettingsError: a file is malformed, a rule names an unknown set or sub-problem.
    """
    actors = read_codebook("actors.toml", ActorLexicon, directory)
    return CueFinder(actors, read_codebook("cues.toml", CueBook, directory), scheme)
