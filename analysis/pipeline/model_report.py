"""Says in Chinese how well models judge: the text of the commands train, models and evaluate."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.classify.evaluate import FIGURE_NAMES, as_card
from analysis.classify.registry import Entry
from analysis.codebook.scheme import Scheme
from analysis.pipeline.site_training import Figures, ModelComparison, Report, figure_text
from analysis.site import SitePaths
from analysis.site_validation import Validation

_SHOWN_MISTAKES = 30
_GAP = "  "


def report_card(card: Mapping[str, Any], paths: SitePaths) -> str:
    """Say which model is in use and what it learned from."""
    site = card.get("site_labels")
    learned = _labels_told(site, card["calibrated_on"]) if site else ""
    if site and (guessed := site.get("guessed")):
        counts = f"{guessed['count']} 条（其中纳入 {guessed['in_scope_count']} 条"
        learned += f"，自训练 {counts}，每条抵 {guessed['weight']:g} 条）"
    said = f"模型　{card['model_id']}，语料 {card['complaint_count']} 条{learned}，在 {paths.models}"
    blind = card["sub_problems_without_examples"]
    if not blind:
        return said
    return f"{said}\n　　　小类 {'、'.join(blind)} 还没有例子，模型不会判成它，只能由人工认定；认定过的会用于下次训练"


def _labels_told(site: Mapping[str, Any], calibrated_on: str) -> str:
    by = "得分和门槛按标注定" if calibrated_on == "site_labels" else "纳入的或不纳入的太少，得分和门槛仍按语料定"
    return f"，本单位标注 {site['count']} 条（每条抵语料 {site['weight']:g} 条；{by}）"


def report_validation(found: Validation) -> str:
    """Say how the new way to train does on the site's labels, beside the model in use."""
    new = as_card(found.new)
    head = f"交叉验证　在本单位 {found.label_count} 条标注上（其中纳入 {found.in_scope_count} 条），95 % 区间在方括号里"
    if found.old is None:
        return f"{head}\n{_figures(new)}"
    old = as_card(found.old)
    rows = [(FIGURE_NAMES[n], figure_text(new.get(n)), figure_text(old.get(n))) for n in FIGURE_NAMES if n in new]
    return f"{head}\n{_aligned([('', '新模型', '在用的模型'), *rows])}"


def report_models(entries: Sequence[Entry]) -> str:
    """Return the list of models; a damaged one with what is wrong with it."""
    if not entries:
        return "还没有模型。请执行 hotline train。"
    head = ("", "模型", "训练时间", "语料", "标注", "代码本", "纳入 F1（语料）", "类别宏 F1（语料）", "纳入 F1（标注）")
    rows = [head, *(_model_row(entry) for entry in entries if not entry.fault)]
    lines = [_aligned(rows), *(f"{e.model_id}　不能使用：{e.fault}" for e in entries if e.fault)]
    return "\n".join([*lines, "* 为在用的模型；（语料）（标注）为交叉验证的分数，方括号为 95 % 区间。"])


def _model_row(entry: Entry) -> tuple[str, ...]:
    card = entry.card
    site = card.get("site_validation") or {"figures": {}}
    corpus = card["cross_validation"]
    return (
        "*" if entry.is_in_use else " ",
        entry.model_id,
        f"{entry.trained_at:%Y-%m-%d %H:%M}" if entry.trained_at else "—",
        str(card["complaint_count"]),
        str((card.get("site_labels") or {"count": 0})["count"]),
        str(card["codebook_version"]),
        figure_text(corpus.get("scope_f1")),
        figure_text(corpus.get("category_macro_f1")),
        figure_text(site["figures"].get("scope_f1")),
    )


def report_comparison(one: str, other: str, found: ModelComparison) -> str:
    """Return the figures of two models side by side."""
    parts = [_side_by_side("语料上交叉验证", one, other, found.corpus)]
    if any(found.site):
        counts = "、".join(f"{count} 条" if count else "没有学过标注" for count in found.site_counts)
        parts.append(_side_by_side(f"各自学过的本单位标注上交叉验证（{counts}）", one, other, found.site))
    if found.unseen_count:
        parts.append(
            _side_by_side(f"两个模型都没有学过的本单位标注（{found.unseen_count} 条）", one, other, found.unseen)
        )
    return "\n\n".join(parts)


def _side_by_side(title: str, one: str, other: str, figures: tuple[Figures, Figures]) -> str:
    rows = [
        (FIGURE_NAMES[n], figure_text(figures[0].get(n)), figure_text(figures[1].get(n)))
        for n in FIGURE_NAMES
        if n in figures[0] or n in figures[1]
    ]
    return f"{title}\n{_aligned([('', one, other), *rows])}"


def report_cross_validation(card: Mapping[str, Any]) -> str:
    """Return the cross-validated figures of a card."""
    corpus = _figures(card["cross_validation"])
    head = f"模型 {card['model_id']}，在语料上交叉验证（{card['complaint_count']} 条，95 % 区间在方括号里"
    text = f"{head}；类别按代码本 {card['codebook_version']}）\n{corpus}"
    site = card.get("site_validation")
    if site:
        text += f"\n\n在本单位 {site['label_count']} 条标注上交叉验证\n{_figures(site['figures'])}"
    return text + "\n语料是书面写成的，真实诉求上的分数请用 hotline evaluate --labels 检验。"


def _figures(figures: Figures) -> str:
    return _aligned([(FIGURE_NAMES[n], figure_text(figures[n])) for n in FIGURE_NAMES if n in figures])


def report_evaluation(report: Report, scheme: Scheme) -> str:
    """Return figures, per-category errors and the first mistakes of an evaluation."""
    counts = f"{report.label_count} 条标注（其中纳入 {report.in_scope_count} 条）"
    head = f"模型 {report.model_id}，{counts}，95 % 区间在方括号里"
    if report.learned_count:
        head += f"\n另有 {report.learned_count} 条模型学过，没有计入。"
    shown = report.mistakes.head(_SHOWN_MISTAKES)
    wrong = [("编号", "错在", "判为", "应为", "纳入分"), *_text_rows(shown.itertuples(index=False, name=None))]
    mistakes = f"错例 {len(report.mistakes)} 处" + (
        f"，以下 {len(shown)} 处；全部见 --output 写出的表" if len(report.mistakes) > len(shown) else ""
    )
    return "\n".join(
        [
            head,
            _figures(as_card(report.evaluation.summary)),
            "",
            "分项（只列出现过的）",
            _aligned([tuple(map(str, r)) for r in _per_label_rows(report, scheme)]),
            "",
            mistakes,
            *([_aligned(wrong)] if len(shown) else []),
        ]
    )


def _per_label_rows(report: Report, scheme: Scheme) -> list[tuple[object, ...]]:
    names = label_names(scheme)
    rows: list[tuple[object, ...]] = [("", "精确率", "召回率", "F1", "应有件数")]
    for label, precision, recall, f1, count in report.evaluation.per_label.itertuples(index=False, name=None):
        if count or precision:
            rows.append((names[label], f"{precision:.2f}", f"{recall:.2f}", f"{f1:.2f}", count))
    return rows


def label_names(scheme: Scheme) -> dict[str, str]:
    """Return the Chinese name of every label of an evaluation: scope, categories and sub-problems."""
    categories = {code: category.name for code, category in scheme.categories.items()}
    return {"scope": "纳入", **categories, **{code: f"　{s.name}" for code, s in scheme.sub_problems.items()}}


def _text_rows(rows: Iterable[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return [tuple(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows]


def evaluation_tables(report: Report, scheme: Scheme) -> dict[str, pd.DataFrame]:
    """Return the sheets of an evaluation's workbook, by name; the mistakes come last."""
    summary = report.evaluation.summary
    figures = pd.DataFrame(
        {
            "指标": summary["name"].map(FIGURE_NAMES),
            "数值": summary["value"].round(4),
            "区间下限": summary["low"].round(4),
            "区间上限": summary["high"].round(4),
        }
    )
    per_label = report.evaluation.per_label.round(4).rename(
        columns={"precision": "精确率", "recall": "召回率", "f1": "F1", "count": "应有件数"}
    )
    per_label.insert(0, "分项", per_label["label"].map(label_names(scheme)).str.strip())
    headings = {"complaint_id": "诉求编号", "kind": "错在", "said": "判为", "true": "应为", "scope_score": "纳入分"}
    return {
        "指标": figures,
        "分项": per_label.rename(columns={"label": "代码"}),
        "错例": report.mistakes.rename(columns=headings),
    }


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows with their columns below one another; a Chinese character is two places wide."""
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    padded = [
        _GAP.join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)) for row in rows
    ]
    return "\n".join(line.rstrip() for line in padded)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
