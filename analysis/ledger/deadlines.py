"""By when a problem must be mended: a rule per category, in working days."""

from dataclasses import dataclass
from datetime import date

from analysis.config import Ledger
from analysis.ledger.working_days import WorkingCalendar


@dataclass(frozen=True)
class Deadline:
    """A due date with the rule it came from, so that later changes of the rule do not move it."""

    due_on: date
    rule: str
    is_provisional: bool


def deadline(category_code: str, registered_on: date, rules: Ledger, calendar: WorkingCalendar) -> Deadline:
    """Return the deadline of a problem of a category that was registered on a day."""
    count = rules.deadline_working_days.get(category_code, rules.default_deadline_working_days)
    due_on, is_provisional = calendar.add_working_days(registered_on, count)
    return Deadline(due_on, f"{rules.deadline_rule_version}：登记后 {count} 个工作日", is_provisional)
