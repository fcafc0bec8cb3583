"""The columns of the 复核表 and the words that reviewers choose from, for who writes it and who reads it back."""

from collections.abc import Iterable, Mapping

from analysis.codebook.scheme import Scheme
from analysis.contracts import REVIEW_DECISIONS, UNIT_KINDS
from analysis.exchange.cells import plain_words
from analysis.exchange.sheets import Kind, SheetColumn
from analysis.exchange.style import Filler

SHEET_NAME = "复核表"
CODE_FIELDS = ("code_1", "code_2", "code_3")
"""Room for as many sub-problems as a complaint ever had in practice."""
FINAL_WORD = "是"

_SHOWN = (
    SheetColumn("number", "序号", 4.6, Kind.SHORT),
    SheetColumn("complaint_id", "诉求编号", 15.5, Kind.SHORT),
    SheetColumn("origin", "来源/受理时间", 15.5, Kind.SHORT),
    SheetColumn("statement", "标题与内容（已去隐私；红色粗体为判断依据）", 60),
    SheetColumn("reasons", "复核原因", 17),
    SheetColumn("scope_score", "纳入分", 6, Kind.SCORE),
    SheetColumn("judgement", "系统判断", 7, Kind.SHORT),
    SheetColumn("proposed_codes", "建议小类", 12.5, Kind.SHORT),
    SheetColumn("proposed_unit", "建议单位", 7.5, Kind.SHORT),
)
_KEYS = (
    SheetColumn("row_id", "行标识", 12, Kind.SHORT, is_hidden=True),
    SheetColumn("text_digest", "文本指纹", 12, Kind.SHORT, is_hidden=True),
)


def review_columns(scheme: Scheme) -> tuple[SheetColumn, ...]:
    """Return the columns in the order of the sheet; what the reviewer fills in stands right of what is shown."""
    names = tuple(sub_problem_labels(scheme).values())

    def filled(
        field: str, heading: str, width: float, kind: Kind = Kind.SHORT, choices: Iterable[str] = ()
    ) -> SheetColumn:
        return SheetColumn(field, heading, width, kind, Filler.REVIEWER, choices=tuple(choices))

    codes = (filled(field, f"小类{n}", 13, choices=names) for n, field in enumerate(CODE_FIELDS, 1))
    return (
        *_SHOWN,
        filled("decision", "复核结论", 8, choices=REVIEW_DECISIONS.values()),
        *codes,
        filled("unit_kind", "被反映单位", 9.5, choices=UNIT_KINDS),
        filled("reason", "理由", 18, Kind.TEXT),
        filled("reviewer", "复核人", 8.4),
        filled("reviewed_on", "复核日期", 11.4, Kind.DATE),
        filled("is_final", "裁定", 6, choices=(FINAL_WORD,)),
        *_KEYS,
    )


def sub_problem_labels(scheme: Scheme) -> dict[str, str]:
    """Return what reviewers choose from, by code: category and name, those of a category side by side."""
    order = list(scheme.categories)
    ranked = sorted(scheme.sub_problems.values(), key=lambda s: order.index(s.category_code))
    return {s.sub_problem_code: f"{scheme.categories[s.category_code].name}：{s.name}" for s in ranked}


def sub_problem_spellings(scheme: Scheme) -> dict[str, str]:
    """Return the codes by what a cell may say of them, `plain_words` of it: the label, the bare name, or the code."""
    labels = sub_problem_labels(scheme)
    names = {code: sub_problem.name for code, sub_problem in scheme.sub_problems.items()}
    codes = {code: code for code in names}
    return _by_word(codes) | _by_word(names) | _by_word(labels)


def _by_word(words: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, word in words.items():
        found.setdefault(plain_words(word), code)
    return found
