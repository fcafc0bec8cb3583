"""How far reviewers agree and where they do not, as a notebook shows it."""

import pandas as pd

from analysis.ledger.agreement import Estimate
from analysis.notebook.listing import Listing
from analysis.pipeline.reviewing import review_agreement
from analysis.site import SitePaths

_HEADINGS = ["复核人", "复核人（另一）", "都看过（件）", "纳入与否一致（件）", "κ", "κ 的 95% 区间", "都纳入（件）",
             "小类全同（件）", "单位相同（件）"]  # fmt: skip


def agreement(paths: SitePaths) -> Listing:
    """Return how far every two reviewers agree; see `review_agreement`."""
    pairs, _ = review_agreement(paths)
    rows = [
        (
            p.first, p.second, p.text_count, p.same_count, p.decision.value, _interval(p.decision),
            p.both_in_scope_count, p.same_codes_count, p.same_unit_count,
        )
        for p in pairs
    ]  # fmt: skip
    return Listing("一致率", pd.DataFrame(rows, columns=_HEADINGS), "还没有两个人都看过的诉求。")


def disputes(paths: SitePaths) -> Listing:
    """Return the complaints on which reviewers are not agreed, and who said what; see `review_agreement`."""
    _, found = review_agreement(paths)
    rows = pd.DataFrame(list(found.items()), columns=["诉求编号", "意见"])
    return Listing("有待裁定的分歧", rows, "没有分歧。")


def _interval(kappa: Estimate) -> str:
    return "" if kappa.low is None or kappa.high is None else f"{kappa.low:.2f}～{kappa.high:.2f}"
