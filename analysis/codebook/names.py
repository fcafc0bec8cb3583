"""What a person means who writes the name of a unit or of a category: in filters of searches and of notebooks."""

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import UnitRegister
from analysis.contracts import UNIT_KINDS
from analysis.errors import UsageError


def units_named(units: UnitRegister, name: str) -> tuple[tuple[str, ...], str | None]:
    """Return the ids of the units of that id, name, short name or alias, and the kind of unit of that name, or None.

    Raises:
        UsageError: it is neither.
    """
    known = {u.unit_id: {u.unit_id, u.name, u.short_name, *u.aliases} for u in units.unit}
    unit_ids = tuple(unit_id for unit_id, names in known.items() if name in names)
    if not unit_ids and name not in UNIT_KINDS:
        short_names = "、".join(u.short_name for u in units.unit)
        raise UsageError(f"没有单位“{name}”。单位有：{short_names}；类型有：{'、'.join(UNIT_KINDS)}。")
    return unit_ids, name if name in UNIT_KINDS else None


def codes_named(scheme: Scheme, name: str) -> tuple[str, ...]:
    """Return the sub-problems of that code or name, or of the category of that code or name.

    Raises:
        UsageError: there are none.
    """
    categories = {c.category_code for c in scheme.category if name in (c.category_code, c.name)}
    codes = tuple(
        s.sub_problem_code
        for s in scheme.sub_problem
        if name in (s.sub_problem_code, s.name) or s.category_code in categories
    )
    if not codes:
        raise UsageError(f"没有类别或小类“{name}”。类别有：{'、'.join(c.name for c in scheme.category)}。")
    return codes
