"""Says who is accused: the coarse kind of unit, by the actors named where the evidence lies and by the model."""

import numpy as np
import pandas as pd

from analysis.classify.arrays import Floats
from analysis.classify.cues import CueFinder
from analysis.classify.features import Batch
from analysis.contracts import UNIT_KINDS

ROLE_WEIGHT = {"enforcer": 1.0, "contractor": 0.8, "implied": 0.3, "government": 0.0, "legislator": 0.8}
"""An enforcer that is named outweighs a «大队» or «执法人员» that could be anybody's."""

EVIDENCE_WEIGHT, NEAR_WEIGHT, ELSEWHERE_WEIGHT = 2.0, 1.0, 0.4
"""Weight of a mention in a clause with evidence, within two clauses of one, and elsewhere."""

ACTOR_TRUST = 0.5
"""How much the named actors count against the model's scores."""


def actor_scores(finder: CueFinder, batch: Batch, hits: pd.DataFrame) -> Floats:
    """Return the weighed mentions of each kind of unit; shape (complaints, kinds), damped by the logarithm."""
    clauses, matches = batch.clauses, batch.matches
    reach = np.full(len(clauses), ELSEWHERE_WEIGHT)
    accusing = hits.loc[hits["code"].notna(), "clause"].to_numpy(dtype=np.int64)
    for distance, weight in ((2, NEAR_WEIGHT), (1, NEAR_WEIGHT), (0, EVIDENCE_WEIGHT)):
        for step in (-distance, distance):
            near = accusing + step
            inside = (near >= 0) & (near < len(clauses))
            near, origin = near[inside], accusing[inside]
            near = near[clauses.document[near] == clauses.document[origin]]
            reach[near] = np.maximum(reach[near], weight)
    kind_of = np.array([UNIT_KINDS.index(actor.unit_kind) for actor in finder.actors])
    weight_of = np.array([ROLE_WEIGHT[actor.role] for actor in finder.actors])
    total = np.zeros((clauses.document_count, len(UNIT_KINDS)))
    index = matches.actor_index
    place = (clauses.document[matches.actor_clause], kind_of[index])
    np.add.at(total, place, weight_of[index] * reach[matches.actor_clause])
    return np.log1p(total)


def choose_unit_kinds(model_scores: Floats, actors: Floats) -> list[str]:
    """Return the kind of unit of each complaint: the named actors and the model's scores together."""
    combined = model_scores + ACTOR_TRUST * actors
    return [UNIT_KINDS[i] for i in combined.argmax(axis=1)]
