"""A panel for a notebook: the review queue one complaint at a time, and the decision on it into the ledger."""

import json
from html import escape
from typing import Any

import ipywidgets as widgets
import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.contracts import DECISIONS, REVIEW_DECISIONS, UNIT_KINDS
from analysis.errors import HotlineError
from analysis.exchange.evidence_html import Evidence, marked_html
from analysis.exchange.ledger_view import as_text
from analysis.exchange.review_columns import sub_problem_labels
from analysis.ledger.review_checks import InvalidReviewsError
from analysis.ledger.reviews import join_codes
from analysis.pipeline.night import today
from analysis.pipeline.reviewing import record_reviews, review_queue
from analysis.site import SitePaths

SOURCE_FILE = "复核与标注.ipynb"
_NO_UNIT = ("（请选择）", None)
_GOOD, _BAD = "#1b5e20", "#c00000"


class ReviewPanel:
    """Shows what waits for a reviewer, the most valuable first; show `panel.widget` in a cell.

    Decisions take the same way into the ledger as those of a 复核表, with the same checks.

    Args:
        paths: the site.
        limit: at most so many complaints.
        with_leads: also complaints that may hold a lead of a restricted category; few may see them.

    Raises:
        UsageError: nothing was run yet.
    """

    def __init__(self, paths: SitePaths, limit: int | None = None, *, with_leads: bool = False) -> None:
        queue = review_queue(paths)
        shown = queue if with_leads else queue[~queue["has_lead"]]
        self._items: list[dict[Any, Any]] = shown.head(len(shown) if limit is None else limit).to_dict("records")
        self._paths = paths
        self._labels = sub_problem_labels(load_scheme(paths.codebook))
        self._position = 0
        self._make_controls()
        self.widget = self._laid_out()
        self._show()

    def _make_controls(self) -> None:
        wide = widgets.Layout(width="auto")
        choices = [(label, code) for code, label in self._labels.items()]
        decisions = [(word, decision) for decision, word in REVIEW_DECISIONS.items()]
        self.progress = widgets.HTML()
        self.document = widgets.HTML()
        self.message = widgets.HTML()
        self.reviewer = widgets.Text(description="复核人")
        self.decision = widgets.ToggleButtons(description="结论", options=decisions, value=None)
        self.codes = widgets.SelectMultiple(description="小类", options=choices, rows=10, layout=wide)
        self.unit = widgets.Dropdown(description="单位", options=[_NO_UNIT, *((kind, kind) for kind in UNIT_KINDS)])
        self.reason = widgets.Textarea(description="理由", layout=wide)
        self.is_final = widgets.Checkbox(description="裁定（只用于复核意见不一致，须写理由）", indent=False)
        self.save = widgets.Button(description="记入，看下一件", button_style="primary")
        self.skip = widgets.Button(description="跳过")
        self.back = widgets.Button(description="上一件")
        self.decision.observe(self._on_decision, names="value")
        self.save.on_click(lambda _: self._record())
        self.skip.on_click(lambda _: self._move(1))
        self.back.on_click(lambda _: self._move(-1))

    def _laid_out(self) -> Any:
        buttons = widgets.HBox([self.save, self.skip, self.back])
        form = [self.reviewer, self.decision, self.codes, self.unit, self.reason, self.is_final, buttons, self.message]
        return widgets.VBox([self.progress, self.document, *form])

    @property
    def current(self) -> dict[Any, Any] | None:
        """The complaint that is shown, a row of the queue; None when all were shown."""
        return self._items[self._position] if self._position < len(self._items) else None

    def _move(self, steps: int) -> None:
        self._position = min(max(self._position + steps, 0), len(self._items))
        self.message.value = ""
        self._show()

    def _show(self) -> None:
        item = self.current
        self.decision.value = None
        self.codes.value = ()
        self.unit.value = None
        self.reason.value = ""
        self.is_final.value = False
        self._on_decision()
        self.save.disabled = self.skip.disabled = item is None
        self.back.disabled = self._position == 0
        if item is None:
            self.progress.value = f"共 {len(self._items)} 件，已经看完。"
            self.document.value = ""
            return
        self.progress.value = f"第 {self._position + 1} 件，共 {len(self._items)} 件　{escape(self._about(item))}"
        self.document.value = self._document(item)

    def _about(self, item: dict[Any, Any]) -> str:
        judged = DECISIONS.get(as_text(item["decision"]), "待重新判断")
        score = "" if pd.isna(item["scope_score"]) else f"（{item['scope_score']:.2f}）"
        proposals = "、".join(self._label(code) for code in as_text(item["codes"]).split(";") if code)
        words = [item["complaint_id"], as_text(item["reasons"]), f"系统判断：{judged}{score}", proposals]
        return "　".join(filter(None, [*words, as_text(item["unit_kind"]), as_text(item["opinions"])]))

    def _document(self, item: dict[Any, Any]) -> str:
        spans = [Evidence(e["start"], e["end"], self._label(e["code"])) for e in json.loads(item["evidence"])]
        return marked_html(as_text(item["title"]), item["text"], spans)

    def _label(self, code: str) -> str:
        return self._labels.get(code, code)

    def _on_decision(self, _change: object = None) -> None:
        """Offer sub-problems and unit only to what is put in scope."""
        is_in_scope = self.decision.value == "in_scope"
        self.codes.disabled = self.unit.disabled = not is_in_scope
        if not is_in_scope:
            self.codes.value = ()
            self.unit.value = None

    def _record(self) -> None:
        item = self.current
        if item is None:
            return
        if self.decision.value is None:
            self._say("请先选结论：纳入或不纳入。", _BAD)
            return
        try:
            counts = record_reviews(self._paths, pd.DataFrame([self._review(item)]))
        except InvalidReviewsError as error:
            self._say("没有记入：" + "；".join(fault.reason for fault in error.faults) + "。", _BAD)
            return
        except HotlineError as error:
            self._say(f"没有记入：{error}", _BAD)
            return
        self._move(1)
        done = "已记入，下次 hotline run 生效。" if counts["recorded"] else "以前已记入同样的意见，没有变化。"
        self._say(f"{item['complaint_id']}：{done}", _GOOD)

    def _review(self, item: dict[Any, Any]) -> dict[str, Any]:
        return {
            "complaint_id": item["complaint_id"],
            "text_digest": item["text_digest"],
            "decision": self.decision.value,
            "codes": join_codes(self.codes.value),
            "unit_kind": self.unit.value,
            "reviewer": self.reviewer.value,
            "reason": self.reason.value,
            "is_final": self.is_final.value,
            "reviewed_on": today(load_settings(self._paths.settings)),
            "source": "notebook",
            "source_file": SOURCE_FILE,
            "source_row": None,
        }

    def _say(self, words: str, colour: str) -> None:
        self.message.value = f'<span style="color:{colour}">{escape(words)}</span>'
