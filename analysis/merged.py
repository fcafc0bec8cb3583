"""Problems that were merged into others: which one stands for each of them now."""

import pandas as pd


def merged_into(problems: pd.DataFrame) -> dict[str, str]:
    """Return of each problem that was merged the one that it was merged into.

    Args:
        problems: columns of PROBLEMS.
    """
    merged = problems.dropna(subset=["merged_into_id"])
    return {str(one): str(other) for one, other in zip(merged["problem_id"], merged["merged_into_id"], strict=True)}


def final_homes(problems: pd.DataFrame) -> dict[str, str]:
    """Return of each problem that was merged the one that now stands for it, at the end of all mergers.

    Args:
        problems: columns of PROBLEMS; none is merged into itself by way of others.
    """
    targets = merged_into(problems)
    found = {}
    for problem_id, home in targets.items():
        while home in targets:
            home = targets[home]
        found[problem_id] = home
    return found
