"""What an explanation of a judgement is made of: the meeting point of the judging stage and of what people read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

Decision = Literal["in_scope", "out_of_scope", "review"]


@dataclass(frozen=True)
class Cue:
    """A rule or a word set that was found in a clause.

    Attributes:
        kind: rule of the codebook, or word set (of words, or of names of actors).
        cue_id: its id in the codebook.
        meaning: what it stands for, in Chinese.
        terms: the words of the clause that it was found by; none for a rule that only its neighbours' words hold up.
        contribution: what it adds to the log odds by being in this clause.
    """

    kind: Literal["rule", "set"]
    cue_id: str
    meaning: str
    terms: tuple[str, ...]
    contribution: float


@dataclass(frozen=True)
class Clause:
    """One clause, and what it adds to the log odds.

    Attributes:
        number: its place in the complaint, from 1.
        text: its words as they stand in the complaint.
        start: its offset in «title + newline + text».
        end: where it ends there (exclusive).
        cues: the rules and word sets found in it, the strongest first.
        wording: what its n-grams add, beyond the cues.
        phrases: the pieces of it that weigh most in `wording`.
    """

    number: int
    text: str
    start: int
    end: int
    cues: tuple[Cue, ...]
    wording: float
    phrases: tuple[str, ...] = ()

    @property
    def contribution(self) -> float:
        """What the clause adds to the log odds: its cues and its wording."""
        return self.wording + sum(cue.contribution for cue in self.cues)


@dataclass(frozen=True)
class Evidence:
    """How the log odds of one score come about: `log_odds` is `base` plus `length` plus what the clauses add.

    Attributes:
        base: the log odds before anything was read.
        length: what the number of clauses adds.
        clauses: all clauses of the complaint, in their order.
    """

    base: float
    length: float
    clauses: tuple[Clause, ...]

    def total(self, kind: Literal["rule", "set"]) -> float:
        """Return what all rules, or all word sets, add."""
        return sum(cue.contribution for clause in self.clauses for cue in clause.cues if cue.kind == kind)

    @property
    def wording(self) -> float:
        """What the wording of all clauses adds."""
        return sum(clause.wording for clause in self.clauses)

    @property
    def log_odds(self) -> float:
        """The log odds of the score."""
        return self.base + self.length + sum(clause.contribution for clause in self.clauses)


@dataclass(frozen=True)
class Bounds:
    """From which scores on a complaint is reviewed by a human, and from which it is in scope without one."""

    review_from: float
    include_from: float

    def decide(self, score: float) -> Decision:
        """Return the decision that a score leads to."""
        if score >= self.include_from:
            return "in_scope"
        return "review" if score >= self.review_from else "out_of_scope"


@dataclass(frozen=True)
class SubProblem:
    """A sub-problem that was taken: its score against its threshold, and what it rests on.

    Attributes:
        code: the sub-problem.
        score: its probability, 0 to 1.
        threshold: from which it counts as sure.
        assessor: key of contracts.ASSESSORS.
        cue_id: the rule that chose the evidence, if one did.
        start: where the evidence begins in «title + newline + text».
        end: where it ends (exclusive).
        evidence: how the score comes about.
    """

    code: str
    score: float
    threshold: float
    assessor: str
    cue_id: str | None
    start: int
    end: int
    evidence: Evidence

    @property
    def is_sure(self) -> bool:
        """Whether the score passes its threshold."""
        return self.score >= self.threshold


@dataclass(frozen=True)
class Alternative:
    """A sub-problem that was not taken."""

    code: str
    score: float
    threshold: float


@dataclass(frozen=True)
class Mention:
    """An actor that the complaint names: in which clause, by which words, and what the codebook takes it for."""

    clause: int
    words: str
    unit_kind: str
    role: str


@dataclass(frozen=True)
class Unit:
    """Whom the complaint most likely concerns.

    Attributes:
        kind: the kind of unit chosen.
        runner_up: the next kind.
        lead: by how much the chosen one is ahead of it, in points of the model.
        named: how much of the chosen one's points come from actors that are named; the rest is wording.
        mentions: the actors named, in the order of the text.
    """

    kind: str
    runner_up: str
    lead: float
    named: float
    mentions: tuple[Mention, ...]


@dataclass(frozen=True)
class Explanation:
    """What a judgement of the model rests on."""

    complaint_id: str
    document: str
    decision: Decision
    score: float
    bounds: Bounds
    scope: Evidence
    sub_problems: tuple[SubProblem, ...]
    alternatives: tuple[Alternative, ...]
    unit: Unit
    model_id: str
    codebook_version: str


@dataclass(frozen=True)
class HumanDecision:
    """What one reviewer decided about the present text of a complaint."""

    reviewer: str
    decision: Decision
    codes: tuple[str, ...]
    unit_kind: str | None
    reason: str
    is_final: bool
    reviewed_on: date


def is_decisive(contribution: float, log_odds: float, outcome: Callable[[float], object]) -> bool:
    """Say whether an outcome, which depends on the log odds, would be another one without a contribution."""
    return outcome(log_odds - contribution) != outcome(log_odds)


def strongest_first(clauses: Iterable[Clause], sign: Literal[1, -1]) -> list[Clause]:
    """Return the clauses that add to the log odds (1) or take from them (-1), the strongest first."""
    return sorted((c for c in clauses if c.contribution * sign > 0), key=lambda c: (-c.contribution * sign, c.number))
