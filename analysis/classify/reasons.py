"""Says in Chinese what each decision rests on: names of rules only, never words of the complaint."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from analysis.classify.arrays import Flags
from analysis.classify.cues import CueFinder
from analysis.classify.features import Batch

_MOST_NAMED = 2
"""More rules would not be read."""


def reasons(finder: CueFinder, batch: Batch, included: Flags, kinds: Sequence[str]) -> list[str]:
    """Return for each complaint the strongest rules that speak for what was decided.

    Args:
        finder: whose rules were looked for.
        batch: the complaints.
        included: which of them are in scope by best guess.
        kinds: the kind of unit that each one concerns.
    """
    named = _strongest(finder, batch, included)
    words = [f"“{rule.meaning}”一类的说法（规则 {rule.rule_id}）" for rule in finder.rules]
    found = []
    for row, kind in enumerate(kinds):
        rules = "，".join(words[i] for i in named[row])
        if included[row]:
            found.append(f"{rules or '整体措辞与纳入的诉求相近'}；指向{kind}")
        else:
            found.append(rules or "没有看到对交通执法的指控")
    return found


def _strongest(finder: CueFinder, batch: Batch, included: Flags) -> dict[int, list[int]]:
    """Return the rules to name for each complaint, by row: for scope where it is included, else against it."""
    document, matches = batch.clauses.document[batch.matches.rule_clause], batch.matches
    wanted = np.where(included, "for", "against")[document]
    speaks = finder.rule_polarities[matches.rule_index] == wanted
    named: dict[int, list[int]] = defaultdict(list)
    for row, rule in zip(document[speaks].tolist(), matches.rule_index[speaks].tolist(), strict=True):
        if rule not in named[row]:
            named[row].append(rule)
    for rules in named.values():
        rules.sort(key=lambda i: (-finder.rules[i].weight, finder.rules[i].rule_id))
        del rules[_MOST_NAMED:]
    return named
