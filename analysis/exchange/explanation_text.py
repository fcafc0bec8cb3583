"""Tells an explanation of a judgement in Chinese that a reader without training in statistics can follow."""

from collections.abc import Callable, Sequence
from math import exp
from typing import Literal

from analysis.codebook.scheme import Scheme
from analysis.config import Explain
from analysis.contracts import ASSESSORS, DECISIONS
from analysis.explanation import (
    Clause,
    Evidence,
    Explanation,
    HumanDecision,
    SubProblem,
    is_decisive,
    strongest_first,
)

_DECISIVE, _STRONG, _SLIGHT = "起决定作用", "有较大作用", "略有作用"
_KINDS = {"rule": "规则", "set": "词组"}
_CONCLUSION, _SUM, _FOR, _AGAINST, _TAKEN, _UNIT, _VERSION = (
    "结论",
    "分数怎么来的",
    "支持纳入的句子",
    "反对纳入的句子",
    "小类",
    "被反映的单位",
    "版本",
)
SECTIONS = (_CONCLUSION, _SUM, _FOR, _AGAINST, _TAKEN, _UNIT, _VERSION)
"""Headings of the text, each on a line of its own between 【 and 】."""

_Outcome = Callable[[float], object]
_Strength = Callable[[float], str]


def explanation_text(found: Explanation, scheme: Scheme, rules: Explain, human: Sequence[HumanDecision] = ()) -> str:
    """Return the explanation as lines of text; it quotes clauses of the complaint.

    Args:
        found: result of the judging stage.
        scheme: names of categories and sub-problems.
        rules: how much is told.
        human: what reviewers decided about this text.
    """
    sections = (
        (_CONCLUSION, [_conclusion(found), *(_human(decision, scheme) for decision in human)]),
        (_SUM, _sum(found)),
        (_FOR, _clauses(found, 1, rules)),
        (_AGAINST, _clauses(found, -1, rules)),
        (_TAKEN, _sub_problems(found, scheme, rules)),
        (_UNIT, _concerned(found)),
        (_VERSION, [f"模型 {found.model_id}，代码本 {found.codebook_version}"]),
    )
    return "\n".join(f"【{name}】\n" + "\n".join(lines) for name, lines in sections)


def split_sections(text: str) -> dict[str, str]:
    """Return the sections of an explanation by their headings, whatever the clauses that it quotes contain."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.split("\n"):
        name = line[1:-1] if line.startswith("【") and line.endswith("】") else ""
        if name in SECTIONS:
            current = sections.setdefault(name, [])
        else:
            current.append(line)
    return {name: "\n".join(lines) for name, lines in sections.items()}


def _conclusion(found: Explanation) -> str:
    bounds, score = found.bounds, found.score
    to_include, to_review = bounds.include_from - score, bounds.review_from - score
    margin = {
        "in_scope": f"比直接纳入的门槛高 {-to_include:.2f}",
        "review": f"离直接纳入差 {to_include:.2f}，比不纳入高 {-to_review:.2f}",
        "out_of_scope": f"离交人工复核差 {to_review:.2f}",
    }[found.decision]
    said = f"模型判断：{DECISIONS[found.decision]}。纳入分 {score:.2f}（0 到 1 的可能性，不是查证结果），{margin}。"
    limits = f"{bounds.include_from:.2f} 起直接纳入，{bounds.review_from:.2f} 起交人工复核，更低的不纳入"
    return f"{said}\n门槛：{limits}。"


def _human(decision: HumanDecision, scheme: Scheme) -> str:
    names = "、".join(_name(code, scheme) for code in decision.codes)
    kind = "人工裁定" if decision.is_final else "人工复核"
    parts = [
        f"{kind}：{decision.reviewer}于 {decision.reviewed_on:%Y-%m-%d} 认定{DECISIONS[decision.decision]}",
        f"小类 {names}" if names else "",
        f"单位 {decision.unit_kind}" if decision.unit_kind else "",
        f"理由：{_on_one_line(decision.reason)}" if decision.reason else "",
    ]
    return "；".join(part for part in parts if part) + "。人工决定优先于模型。"


def _sum(found: Explanation) -> list[str]:
    scope = found.scope
    parts = {
        "起点": scope.base,
        "规则": scope.total("rule"),
        "词组": scope.total("set"),
        "措辞": scope.wording,
        "篇幅": scope.length,
        "合计": scope.log_odds,
    }
    told = "，".join(f"{name} {_signed(part)}" for name, part in parts.items())
    return [
        f"{told}，折合纳入分 {found.score:.2f}。",
        "正数支持纳入，负数反对；合计为 0 折合 0.50，每多 0.69，可能与不可能之比翻一倍。",
        f"“{_DECISIVE}”指没有它结论就会变。",
    ]


def _clauses(found: Explanation, sign: Literal[1, -1], rules: Explain) -> list[str]:
    clauses = strongest_first(found.scope.clauses, sign)
    told = [c for c in clauses[: rules.shown_clauses] if abs(c.contribution) >= rules.told_from]
    strength = _strength(found.scope, _scope_outcome(found), rules)
    lines = [line for clause in told for line in _clause(clause, strength, rules)]
    others = clauses[len(told) :]
    if others:
        rest = _signed(sum(c.contribution for c in others))
        lines.append(f"{'其余' if told else '只有作用很小的'} {len(others)} 句，合计 {rest}。")
    return lines or ["没有。"]


def _scope_outcome(found: Explanation) -> _Outcome:
    return lambda log_odds: found.bounds.decide(_probability(log_odds))


def _clause(clause: Clause, strength: _Strength, rules: Explain) -> list[str]:
    lines = [f"{_quoted(clause)}：{strength(clause.contribution)}"]
    told = [c for c in clause.cues[: rules.shown_cues] if abs(c.contribution) >= rules.told_from]
    for cue in told:
        words = f"，见于“{'”“'.join(cue.terms)}”" if any(cue.terms) else ""
        name = f"{_KINDS[cue.kind]}{f' {cue.cue_id} ' if cue.kind == 'rule' else ''}“{cue.meaning}”"
        lines.append(f"　· {name}{words}：{strength(cue.contribution)}")
    others = clause.cues[len(told) :]
    if others:
        rest = _signed(sum(c.contribution for c in others))
        lines.append(f"　· {'另' if told else '只有作用很小的'} {len(others)} 条规则和词组，合计 {rest}")
    if abs(clause.wording) >= rules.told_from:
        words = f"，如“{'”“'.join(clause.phrases)}”" if clause.phrases else ""
        lines.append(f"　· 措辞与学过的诉求相比{words}：{strength(clause.wording)}")
    return lines


def _strength(evidence: Evidence, outcome: _Outcome, rules: Explain) -> _Strength:
    log_odds = evidence.log_odds

    def told(contribution: float) -> str:
        if is_decisive(contribution, log_odds, outcome):
            word = _DECISIVE
        else:
            word = _STRONG if abs(contribution) >= rules.strong_from else _SLIGHT
        return f"{word}（{_signed(contribution)}）"

    return told


def _sub_problems(found: Explanation, scheme: Scheme, rules: Explain) -> list[str]:
    lines = [line for taken in found.sub_problems for line in _taken(taken, found, scheme, rules)]
    if found.sub_problems and not any(taken.is_sure for taken in found.sub_problems):
        lines.append("没有一个小类的得分过门槛，取了最接近的；小类没有把握，只说得准类别。")
    for other in found.alternatives:
        gap = other.threshold - other.score
        state = f"差 {gap:.2f}" if gap > 0 else "得分过了门槛，但诉求不纳入"
        lines.append(
            f"没有采用：{_name(other.code, scheme)}，得分 {other.score:.2f}，门槛 {other.threshold:.2f}，{state}。"
        )
    return lines


def _taken(taken: SubProblem, found: Explanation, scheme: Scheme, rules: Explain) -> list[str]:
    number = next((c.number for c in taken.evidence.clauses if c.end > taken.start), 1)
    evidence = _on_one_line(found.document[taken.start : taken.end])
    rule = f"，规则 {taken.cue_id}" if taken.cue_id else ""
    state = "过了门槛" if taken.is_sure else f"离门槛差 {taken.threshold - taken.score:.2f}"
    verb = "采用" if found.decision == "in_scope" else "若纳入则采用"
    strength = _strength(taken.evidence, lambda log_odds: _probability(log_odds) >= taken.threshold, rules)
    reasons = "；".join(
        f"第 {clause.number} 句{strength(clause.contribution)}"
        for clause in strongest_first(taken.evidence.clauses, 1)[: rules.shown_cues]
        if clause.contribution >= rules.told_from
    )
    return [
        f"{verb}：{_name(taken.code, scheme)}，得分 {taken.score:.2f}，门槛 {taken.threshold:.2f}，{state}。",
        f"　依据：第 {number} 句“{evidence}”（{ASSESSORS[taken.assessor]}{rule}）。",
        f"　得分主要来自：{reasons or '整体的措辞'}。",
    ]


def _name(code: str, scheme: Scheme) -> str:
    if code not in scheme.sub_problems:
        return code
    return f"{scheme.category_of(code).name}·{scheme.sub_problems[code].name}"


def _concerned(found: Explanation) -> list[str]:
    unit = found.unit
    lines = [
        f"{unit.kind}，比其次的“{unit.runner_up}”高 {unit.lead:.2f} 分（其中点名得 {unit.named:.2f} 分，其余凭措辞）。"
    ]
    named = [f"第 {m.clause} 句“{m.words}”（{m.unit_kind}，{m.role}）" for m in unit.mentions]
    told = list(dict.fromkeys(named))
    lines.append(f"文中点到的：{'、'.join(told)}。" if told else "文中没有点名，凭措辞推断。")
    return lines


def _quoted(clause: Clause) -> str:
    words = _on_one_line(clause.text)
    return f"第 {clause.number} 句“{words}”" if words else "标题空着"


def _on_one_line(text: str) -> str:
    """Return a text without line breaks: no quotation can pass for a heading or a line of the explanation."""
    return " ".join(text.split())


def _signed(number: float) -> str:
    """Return a number with its sign, a minus of full width that no spreadsheet reads as a formula."""
    text = f"{abs(number):.2f}"
    if text == "0.00":
        return text
    return f"{'+' if number > 0 else '−'}{text}"


def _probability(log_odds: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, log_odds))))
