"""Reviewed domain knowledge as data, and the one way to read it."""

import tomllib
from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.errors import SettingsError
from analysis.validation import describe

Content = TypeVar("Content", bound=BaseModel)
Loaded = TypeVar("Loaded")
Given = ParamSpec("Given")
_KEPT_AT_ONCE = 4


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


def kept_while_unchanged(*names: str) -> Callable[[Callable[Given, Loaded]], Callable[Given, Loaded]]:
    """Decorate what loads codebook files `names`: in one process, the same content is prepared only once.

    The loader's last argument may be the directory of the site's own files; the others must be hashable, and what it
    returns must never change, since all callers share it.
    """

    def decorate(load: Callable[Given, Loaded]) -> Callable[Given, Loaded]:
        kept: dict[tuple[object, ...], Loaded] = {}

        @wraps(load)
        def loaded(*given: Given.args, **named: Given.kwargs) -> Loaded:
            arguments = (*given, *named.values())
            directory = next((value for value in arguments if isinstance(value, Path)), None)
            others = [value for value in arguments if value is not None and not isinstance(value, Path)]
            key = (*others, *(read_codebook_bytes(name, directory) for name in names))
            if key not in kept:
                if len(kept) == _KEPT_AT_ONCE:
                    del kept[next(iter(kept))]
                kept[key] = load(*given, **named)
            return kept[key]

        return loaded

    return decorate
