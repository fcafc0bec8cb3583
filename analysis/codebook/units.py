"""Responsible units: `units.toml`, typed and checked."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from analysis.codebook import Review, read_codebook
from analysis.contracts import UNIT_KINDS


class Level(StrEnum):
    """Who leads a unit: a district can direct its own, must ask a vertical one, and hands up to the city."""

    DISTRICT = "district"
    VERTICAL = "vertical"
    CITY = "city"


class Unit(BaseModel):
    """One unit that a problem can be handed to, and the days on which it exists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit_id: str
    name: str
    short_name: str
    unit_kind: str
    level: Level
    aliases: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None

    def is_valid_on(self, day: date) -> bool:
        """Say whether the unit exists on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class UnitRegister(BaseModel):
    """All units of a site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    unit: tuple[Unit, ...]

    @model_validator(mode="after")
    def _units_are_unique_and_of_known_kinds(self) -> Self:
        ids = [u.unit_id for u in self.unit]
        if len(set(ids)) != len(ids):
            raise ValueError("unit_id 重复")
        unknown = {u.unit_kind for u in self.unit} - set(UNIT_KINDS)
        if unknown:
            raise ValueError(f"未知的单位类型 {sorted(unknown)}")
        return self

    def of_kind(self, unit_kind: str, day: date) -> list[Unit]:
        """Return the units of a coarse kind that exist on `day`."""
        return [u for u in self.unit if u.unit_kind == unit_kind and u.is_valid_on(day)]

    def __getitem__(self, unit_id: str) -> Unit:
        return next(u for u in self.unit if u.unit_id == unit_id)


def load_units(directory: Path | None = None) -> UnitRegister:
    """Load the register: the site's own from `directory`, else the shipped one."""
    return read_codebook("units.toml", UnitRegister, directory)
