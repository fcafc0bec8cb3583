"""Turns scores into decisions: in scope, out of scope or review; which sub-problems; thresholds from the card."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from analysis.classify.arrays import Flags, Floats
from analysis.errors import HotlineError

NEVER = 2.0
"""Threshold of a sub-problem that is never chosen; no probability reaches it."""


@dataclass(frozen=True)
class Thresholds:
    """Where decisions change.

    gate: in scope from here on. review_low, review_high: between them a human decides. code: per sub-problem.
    """

    gate: float
    review_low: float
    review_high: float
    code: dict[str, float]

    @property
    def never_chosen(self) -> list[str]:
        """Sub-problems that are never chosen, as the model saw no example of them."""
        return sorted(code for code, threshold in self.code.items() if threshold > 1)

    def as_card(self) -> dict[str, Any]:
        """Return the entry of the card."""
        return asdict(self)

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> Self:
        """Read the entry of the card.

        Raises:
            HotlineError: the entry is missing or its values are not in order.
        """
        try:
            entry = card["thresholds"]
            read = cls(
                float(entry["gate"]),
                float(entry["review_low"]),
                float(entry["review_high"]),
                {str(k): float(v) for k, v in entry["code"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HotlineError(
                "模型说明 card.json 缺少判断门槛（thresholds），请运行 hotline train 重新训练。"
            ) from error
        if not 0 <= read.review_low <= read.gate <= read.review_high <= 1:
            raise HotlineError("模型说明 card.json 的判断门槛次序不对（下限 ≤ 门槛 ≤ 上限），请改正。")
        return read


def in_scope(gate_scores: Floats, thresholds: Thresholds) -> Flags:
    """Say for each complaint whether it is in scope by best guess."""
    return np.asarray(gate_scores >= thresholds.gate)


def needs_review(gate_scores: Floats, thresholds: Thresholds) -> Flags:
    """Say for each complaint whether its score is too near to the threshold to stand without a human."""
    return np.asarray((gate_scores >= thresholds.review_low) & (gate_scores < thresholds.review_high))


def choose_codes(code_scores: Floats, codes: tuple[str, ...], thresholds: Thresholds) -> Flags:
    """Choose the sub-problems of complaints in scope; shape (complaints, codes).

    Each one whose score passes its threshold; where none does, the one that comes nearest to its own, so that
    a complaint in scope always has one; but one without examples never.
    """
    limits = np.array([thresholds.code[code] for code in codes])
    chosen = code_scores >= limits
    nearest = np.where(limits <= 1, code_scores / np.maximum(limits, 1e-9), -1.0).argmax(axis=1)
    chosen[np.arange(len(chosen)), nearest] |= ~chosen.any(axis=1)
    return np.asarray(chosen)
