"""Reviewed domain knowledge as data, and the one way to read it."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.errors import SettingsError
from analysis.validation import describe

Content = TypeVar("Content", bound=BaseModel)


class Review(BaseModel):
    """Who answers for a codebook file: the table `[review]` that each of them starts with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    author: str
    basis: str
    reviewed_on: str
    next_review: str


def read_codebook_bytes(name: str, directory: Path | None = None) -> bytes:
    """Return the bytes of a codebook file: the site's own in `directory` if it has one, else the shipped one."""
    if directory is not None and (directory / name).is_file():
        return (directory / name).read_bytes()
    return files("analysis.codebook").joinpath(name).read_bytes()


def read_codebook(name: str, model: type[Content], directory: Path | None = None) -> Content:
    """Read codebook file `name` (TOML) into `model`.

    Raises:
        SettingsError: the file is not TOML, or does not fit `model`; the message names file and key.
    """
    try:
        content: dict[str, Any] = tomllib.loads(read_codebook_bytes(name, directory).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"代码本 {name} 不是合格的 TOML 文件：{error}。请按模板修改后重试。") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        place, reason = describe(error.errors()[0])
        raise SettingsError(f"代码本 {name} 的“{place}”有误：{reason}。请按模板修改后重试。") from error
