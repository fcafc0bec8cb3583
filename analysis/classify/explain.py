"""Explains judgements: which clauses and cues speak for and against, by how much, and what was nearly decided."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.classify.arrays import Floats, Indices
from analysis.classify.attribution import Attribution, Shares
from analysis.classify.classifier import Classifier, documents_of
from analysis.classify.cues import ROLE_WORDS, Actor, hit_table
from analysis.classify.features import Batch, prepare
from analysis.classify.model import Scores
from analysis.classify.unit_kind import ACTOR_TRUST, actor_scores
from analysis.contracts import UNIT_KINDS
from analysis.explanation import Alternative, Bounds, Clause, Cue, Evidence, Explanation, Mention, SubProblem, Unit

_CHUNK = 500
"""Complaints per pass: bounds memory."""

_MOST_PHRASES = 2
"""More pieces of a clause would be nearly all of it."""


def explain(classifier: Classifier, complaints: pd.DataFrame, alternative_count: int) -> list[Explanation]:
    """Explain how a classifier judges complaints.

    Args:
        classifier: the judge, with the bounds that the judgement is made by.
        complaints: columns complaint_id (each once), title (None where there is none), text.
        alternative_count: how many sub-problems that were not taken are told of.

    Returns:
        One explanation a complaint, in their order.
    """
    explanations: list[Explanation] = []
    for start in range(0, len(complaints), _CHUNK):
        explanations.extend(_Chunk(classifier, complaints.iloc[start : start + _CHUNK]).explanations(alternative_count))
    return explanations


class _Found:
    """What was found in the clauses of a batch, as pairs sorted by clause: which pairs are those of a clause."""

    def __init__(self, clause: Indices, clause_count: int) -> None:
        self._first: list[int] = np.searchsorted(clause, np.arange(clause_count + 1)).tolist()

    def of(self, clause: int) -> range:
        """Return the pairs of one clause."""
        return range(self._first[clause], self._first[clause + 1])


class _Chunk:
    """A batch of complaints with everything that their explanations are drawn from."""

    def __init__(self, classifier: Classifier, complaints: pd.DataFrame) -> None:
        self.classifier = classifier
        self.finder, self.model = classifier.finder, classifier.model
        self.ids = [str(i) for i in complaints["complaint_id"]]
        self.documents = documents_of(complaints)
        self.judgement = classifier.classify(complaints)
        self.batch: Batch = prepare(self.documents, self.finder)
        self.attribution = Attribution(self.finder, self.model.space, self.batch)
        self.scores: Scores = self.model.scores(self.attribution.features)
        matches = self.batch.matches
        count = len(self.batch.clauses)
        self.rules, self.sets = _Found(matches.rule_clause, count), _Found(matches.set_clause, count)
        self.grams = _Found(self.attribution.grams.clause, count)
        self.clauses = _Found(self.batch.clauses.document, len(self.ids))
        self._terms: dict[tuple[int, int], str] = {}
        self._mentions: dict[int, list[tuple[str, Actor]]] = {}

    def explanations(self, alternative_count: int) -> Iterator[Explanation]:
        scope = self._scaled(self.model.gate.weights[:, 0], float(self.model.gate_calibration.slope[0]))
        calibration = self.model.gate_calibration
        base = float(calibration.slope[0] * self.model.gate.intercepts[0] + calibration.offset[0])
        limits = self.classifier.thresholds
        assessed = defaultdict(list)
        for assessment in self.judgement.assessments.to_dict("records"):
            assessed[str(assessment["complaint_id"])].append(assessment)
        for row, gate in enumerate(self.judgement.gate.to_dict("records")):
            taken = [self._sub_problem(row, assessment) for assessment in assessed[self.ids[row]]]
            yield Explanation(
                complaint_id=self.ids[row],
                document=self.documents[row],
                decision=gate["decision"],
                score=float(gate["scope_score"]),
                bounds=Bounds(limits.review_low, limits.review_high),
                scope=self._evidence(row, scope, base, has_phrases=True),
                sub_problems=tuple(sorted(taken, key=lambda s: (-s.score, s.code))),
                alternatives=self._alternatives(row, {s.code for s in taken}, alternative_count),
                unit=self._unit(row, gate["unit_kind"]),
                model_id=self.classifier.model_id,
                codebook_version=self.classifier.codebook_version,
            )

    def _scaled(self, weights: Floats, slope: float) -> Shares:
        return self.attribution.shares(weights * slope)

    @cached_property
    def _code_shares(self) -> dict[int, Shares]:
        """The shares of the sub-problems that any complaint of the batch was found to have."""
        codes = self.judgement.assessments["sub_problem_code"].unique()
        numbers = [self.model.codes.index(code) for code in codes]
        slopes = self.model.code_calibration.slope
        return {k: self._scaled(self.model.code.weights[:, k], float(slopes[k])) for k in numbers}

    def _sub_problem(self, row: int, assessment: dict[Any, Any]) -> SubProblem:
        code = str(assessment["sub_problem_code"])
        k = self.model.codes.index(code)
        calibration = self.model.code_calibration
        base = float(calibration.slope[k] * self.model.code.intercepts[k] + calibration.offset[k])
        return SubProblem(
            code=code,
            score=float(assessment["score"]),
            threshold=self.classifier.thresholds.code[code],
            assessor=str(assessment["assessor"]),
            cue_id=assessment["cue_id"] if isinstance(assessment["cue_id"], str) else None,
            start=int(assessment["evidence_start"]),
            end=int(assessment["evidence_end"]),
            evidence=self._evidence(row, self._code_shares[k], base, has_phrases=False),
        )

    def _alternatives(self, row: int, taken: set[str], count: int) -> tuple[Alternative, ...]:
        """Return the sub-problems that come nearest to their thresholds, measured as in `choose_codes`."""
        limits = self.classifier.thresholds.code
        scores = zip(self.model.codes, map(float, self.scores.code[row]), strict=True)
        others = [Alternative(code, score, limits[code]) for code, score in scores if code not in taken]
        others.sort(key=lambda a: (-a.score / max(a.threshold, 1e-9), a.code))
        return tuple(others[:count])

    def _evidence(self, row: int, shares: Shares, base: float, *, has_phrases: bool) -> Evidence:
        clauses = [
            self._clause(row, clause, number, shares, has_phrases=has_phrases)
            for number, clause in enumerate(self.clauses.of(row), 1)
        ]
        return Evidence(base, float(shares.length[row]), tuple(clauses))

    def _clause(self, row: int, clause: int, number: int, shares: Shares, *, has_phrases: bool) -> Clause:
        table = self.batch.clauses
        origin = int(table.document_start[row])
        start, end = int(table.start[clause]) - origin, int(table.end[clause]) - origin
        own = self.grams.of(clause)
        wording = shares.gram[own.start : own.stop]
        total = float(wording.sum())
        return Clause(
            number=number,
            text=self.documents[row][start:end],
            start=start,
            end=end,
            cues=tuple(sorted(self._cues(clause, shares), key=lambda c: (-abs(c.contribution), c.kind, c.cue_id))),
            wording=total,
            phrases=self._phrases(clause, wording * np.sign(total)) if has_phrases else (),
        )

    def _cues(self, clause: int, shares: Shares) -> Iterator[Cue]:
        matches = self.batch.matches
        sets = [int(matches.set_index[i]) for i in self.sets.of(clause)]
        for i in self.rules.of(clause):
            rule = self.finder.rules[matches.rule_index[i]]
            named = {name for entry in rule.all for name in entry.split("|")}
            terms = [self._term(clause, s) for s in sets if self.finder.set_names[s] in named]
            yield Cue("rule", rule.rule_id, rule.meaning, tuple(dict.fromkeys(terms)), float(shares.rule[i]))
        for i, s in zip(self.sets.of(clause), sets, strict=True):
            meaning = self.finder.set_meanings[s]
            yield Cue("set", self.finder.set_names[s], meaning, (self._term(clause, s),), float(shares.set[i]))

    def _text(self, clause: int) -> str:
        table = self.batch.clauses
        return table.text[table.start[clause] : table.end[clause]]

    def _named(self, clause: int) -> list[tuple[str, Actor]]:
        if clause not in self._mentions:
            self._mentions[clause] = self.finder.mentions(self._text(clause))
        return self._mentions[clause]

    def _term(self, clause: int, set_index: int) -> str:
        key = (clause, set_index)
        if key not in self._terms:
            self._terms[key] = self.finder.term(set_index, self._text(clause), self._named(clause))
        return self._terms[key]

    def _phrases(self, clause: int, strength: Floats) -> tuple[str, ...]:
        """Return the n-grams of several characters that weigh most in a clause, none over another."""
        grams, end, text = self.attribution.grams, int(self.batch.clauses.end[clause]), self.batch.clauses.text
        first = self.grams.of(clause).start
        chosen: list[tuple[int, int]] = []
        for index in np.argsort(-strength, kind="stable").tolist():
            start, size = int(grams.start[first + index]), int(grams.size[first + index])
            if strength[index] <= 0 or len(chosen) == _MOST_PHRASES:
                break
            is_word = size > 1 and start + size <= end and text[start : start + size].isalnum()
            if is_word and all(start >= e or start + size <= s for s, e in chosen):
                chosen.append((start, start + size))
        return tuple(dict.fromkeys(text[s:e] for s, e in sorted(chosen)))

    @cached_property
    def _actors(self) -> Floats:
        return actor_scores(self.finder, self.batch, hit_table(self.finder, self.batch.clauses, self.batch.matches))

    def _unit(self, row: int, kind: str) -> Unit:
        named = ACTOR_TRUST * self._actors[row]
        points = self.scores.unit[row] + named
        chosen = UNIT_KINDS.index(kind)
        others = np.where(np.arange(len(points)) == chosen, -np.inf, points)
        second = int(others.argmax())
        lead = float(points[chosen] - points[second])
        mentions = [
            Mention(number, words, actor.unit_kind, ROLE_WORDS[actor.role])
            for number, clause in enumerate(self.clauses.of(row), 1)
            for words, actor in self._named(clause)
        ]
        return Unit(kind, UNIT_KINDS[second], lead, float(named[chosen]), tuple(mentions))
