"""How closed problems are looked back at: `look_back.toml`, typed and checked."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analysis.codebook import Review, read_codebook


class Method(BaseModel):
    """One way of looking, and the questions that are printed for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z_]+$")
    name: str
    questions: tuple[str, ...]


class LookBackBook(BaseModel):
    """`look_back.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    method: tuple[Method, ...]

    @model_validator(mode="after")
    def _methods_differ(self) -> Self:
        for values in ([m.code for m in self.method], [m.name for m in self.method]):
            if len(set(values)) != len(values) or not values:
                raise ValueError("方式为空，或有两种同名")
        return self


def load_look_back(directory: Path | None = None) -> LookBackBook:
    """Load the site's own `look_back.toml`, else the shipped one."""
    return read_codebook("look_back.toml", LookBackBook, directory)
