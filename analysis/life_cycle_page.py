"""The life of a problem as a Markdown page, drawn from the declared state machine so that it cannot drift."""

from analysis.contracts import FINISHED_STATUSES, LIFE_CYCLE_KINDS, PROBLEM_STATUSES, PROBLEMS
from analysis.ledger.life_cycle import ROLE_NAMES, LifeCycle, Step

_HEAD = """# 问题的一生

由 `hotline dictionary --life-cycle` 从 `analysis/codebook/life_cycle.toml` 生成，勿手改。
每一步是一项只增不改的事件；不合规定的步骤会被拒绝并说明原因。

- 责任单位的“完成”只是申请：只有监督单位核查通过才销号。
- 线索类问题（执法“寻租”）不交给被反映单位，只能移送有权处理的机关。
- 走到{finished}的问题没有人要再做什么，不再计时限。

"""


def life_cycle_page(life_cycle: LifeCycle) -> str:
    """Return the states as a Mermaid diagram and the steps as a table: from where to where, who, with what."""
    finished = "、".join(f"“{PROBLEM_STATUSES[status]}”" for status in FINISHED_STATUSES)
    return "\n".join(
        [
            _HEAD.format(finished=finished) + "```mermaid",
            "stateDiagram-v2",
            *(f'    state "{name}" as {status}' for status, name in PROBLEM_STATUSES.items()),
            *(line for step in life_cycle.step for line in _arrows(step)),
            "```",
            "",
            "| 步骤 | 从 | 到 | 谁 | 必须写明 | 还可以写 |",
            "|---|---|---|---|---|---|",
            *map(_row, life_cycle.step),
            "",
        ]
    )


def _arrows(step: Step) -> list[str]:
    """Return the arrows of a step that changes the state; one that leaves it as it is stands in the table alone."""
    name = LIFE_CYCLE_KINDS[step.kind]
    return [f"    {start} --> {step.to} : {name}" for start in step.starts or ("[*]",) if step.to and start != step.to]


def _row(step: Step) -> str:
    note = "；线索类问题不可" if step.not_restricted else ""
    cells = (
        LIFE_CYCLE_KINDS[step.kind],
        "、".join(PROBLEM_STATUSES[s] for s in step.starts) or "（新问题）",
        PROBLEM_STATUSES[step.to] if step.to else "不变",
        "、".join(ROLE_NAMES[role] for role in step.by) + note,
        *("、".join(PROBLEMS[column].heading for column in columns) for columns in (step.must_carry, step.may_carry)),
    )
    return f"| {' | '.join(cells)} |"
