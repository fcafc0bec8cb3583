"""Which unit of the register answers for a complaint, or why that is still open."""

import re
from dataclasses import dataclass
from datetime import date

from analysis.codebook.units import Unit, UnitRegister
from analysis.config import Site


@dataclass(frozen=True)
class Attribution:
    """A unit of the register, or None with the reason; the reason is one of a fixed few and quotes nobody."""

    unit: Unit | None
    reason: str


@dataclass(frozen=True)
class Attributor:
    """Attributes complaints to the units of one site."""

    units: UnitRegister
    site: Site

    def attribute(self, unit_kind: str, said: str, handling_unit: str, day: date) -> Attribution:
        """Return who answers for a complaint against a coarse kind of unit.

        Args:
            unit_kind: the coarse kind that the classifier found to be accused.
            said: title, text, place and district of the complaint.
            handling_unit: the unit that the source platform sent it to, or an empty string.
            day: the day on which the unit must exist.
        """
        of_kind = self.units.of_kind(unit_kind, day)
        named = [u for u in of_kind if any(a in said or a in handling_unit for a in (u.name, u.short_name, *u.aliases))]
        if self._is_elsewhere(said):
            return Attribution(None, "待定：诉求所述地点不在本辖区")
        if len(named) == 1:
            return Attribution(named[0], "诉求或承办信息指明该单位")
        if len(of_kind) == 1:
            return Attribution(of_kind[0], f"本辖区负责的{unit_kind}类单位")
        if of_kind:
            return Attribution(None, f"待定：名录中有多个{unit_kind}类单位")
        return Attribution(None, f"待定：名录中没有{unit_kind}类单位")

    def _is_elsewhere(self, said: str) -> bool:
        if any(name in said for name in self.site.district_names):
            return False
        return any(re.search(pattern, said) for pattern in self.site.foreign_district_patterns)
