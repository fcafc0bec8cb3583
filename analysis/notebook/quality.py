"""How well the model in use judges, as a notebook shows it: measured by labels that it did not learn from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.classify.evaluate import FIGURE_NAMES
from analysis.codebook.scheme import load_scheme
from analysis.figures import BY_ID
from analysis.figures.canvas import as_png
from analysis.figures.quality import draw_confusion, draw_figures, draw_precision_recall
from analysis.notebook.listing import Listing
from analysis.notebook.picture import Picture, picture_of
from analysis.pipeline.model_report import evaluation_tables
from analysis.pipeline.site_training import Report, evaluate_labels
from analysis.site import SitePaths
from analysis.training import ensure_model


def open_quality(paths: SitePaths, labels: Path) -> "Quality":
    """Measure the model in use by a table of labels.

    Raises:
        UsageError, HotlineError: see `evaluate_labels`.
    """
    card = ensure_model(paths.models, paths.codebook)
    report = evaluate_labels(paths, labels)
    return Quality(card, report, evaluation_tables(report, load_scheme(paths.codebook)), labels.name)


@dataclass(frozen=True)
class Quality:
    """What a notebook shows of one evaluation; `open_quality` makes it.

    Attributes:
        card: the card of the model.
        report: the evaluation.
        tables: its sheets, see `evaluation_tables`.
        file_name: the table of labels.
    """

    card: Mapping[str, Any]
    report: Report
    tables: Mapping[str, pd.DataFrame]
    file_name: str

    def about(self) -> Listing:
        """Return which model was measured by what."""
        report = self.report
        rows = [
            ("模型", report.model_id),
            ("训练用的语料（条）", str(self.card["complaint_count"])),
            ("标注表", self.file_name),
            ("检验用的标注（条）", str(report.label_count)),
            ("　其中应纳入（条）", str(report.in_scope_count)),
            ("模型学过、不算的（条）", str(report.learned_count)),
        ]
        return Listing("检验的是什么", pd.DataFrame(rows, columns=["", "内容"]))

    def cross_validation(self) -> Picture:
        """Return the figures of the model's card."""
        found, source = self.card["cross_validation"], f"来源：模型 {self.report.model_id} 的说明（card.json）。"
        numbers = pd.DataFrame(found).T
        return _drawn("语料上的交叉验证", numbers, lambda: draw_figures(found, FIGURE_NAMES, source=source))

    def scores(self) -> Listing:
        """Return the figures on the labels, with their intervals."""
        return Listing("这批标注上的分数（95% 区间）", self.tables["指标"])

    def reliability(self) -> Picture:
        """Return whether scores can be read as probabilities."""
        return picture_of(BY_ID["reliability"], self.report.evaluation.reliability, self._source)

    def precision_recall(self) -> Picture:
        """Return what a stricter or a laxer threshold would do."""
        curve, threshold = self.report.precision_recall, self.card["thresholds"]["gate"]
        return _drawn(
            BY_ID["precision_recall"].title,
            curve,
            lambda: draw_precision_recall(curve, threshold, source=self._source),
            picture_of(BY_ID["precision_recall"], curve, "").words,
        )

    def abstention(self) -> Picture:
        """Return what is gained by leaving more to people."""
        return picture_of(BY_ID["abstention"], self.report.abstention, self._source)

    def confusion(self) -> Picture:
        """Return which categories are taken for which."""
        counts = self.report.confusion
        return _drawn("类别混淆", counts, lambda: draw_confusion(counts, source=self._source))

    def per_label(self) -> Listing:
        """Return how well each category, sub-problem and kind of unit that occurs is found."""
        shown = self.tables["分项"].drop(columns="代码")
        return Listing("各分项", shown[shown["应有件数"] > 0], "没有应纳入的标注。")

    def mistakes(self, limit: int = 20) -> Listing:
        """Return the ids of what was judged wrongly, and how."""
        rows = self.tables["错例"]
        return Listing("错例", rows.head(limit), "没有判错的。", len(rows))

    @property
    def _source(self) -> str:
        return f"来源：{self.file_name}，标注 {self.report.label_count} 条；模型 {self.report.model_id}。"


def _drawn(
    title: str, numbers: pd.DataFrame, draw: Callable[[], Axes], words: Mapping[str, str] | None = None
) -> Picture:
    def png(dpi: int) -> bytes:
        figure = draw().figure
        assert isinstance(figure, Figure)
        return as_png(figure, dpi)

    return Picture(title, numbers, png, words or {})
