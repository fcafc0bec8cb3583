"""What the assistant is asked: the codebook's definitions, the form of the answer, and one masked complaint as data."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from analysis.codebook import Review, read_codebook
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS

LONGEST_QUOTE = 200
"""A longer quotation is no evidence, but the whole complaint."""
_DEFINITIONS, _UNIT_KINDS = "{definitions}", "{unit_kinds}"


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str

    @field_validator("system")
    @classmethod
    def _has_both_places(cls, system: str) -> str:
        if _DEFINITIONS not in system or _UNIT_KINDS not in system:
            raise ValueError(f"须有 {_DEFINITIONS} 和 {_UNIT_KINDS} 两处")
        return system


class _PromptFile(BaseModel):
    """The prompt: `assistant_prompt.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    prompt: _Words


@dataclass(frozen=True)
class Prompt:
    """What is the same for every complaint: instructions, form of the answer, and the version of both."""

    version: str
    system: str
    schema: dict[str, Any]

    def messages(self, title: str | None, text: str) -> list[dict[str, str]]:
        """Return the messages about one masked complaint, which stands in them as JSON: data, not instructions."""
        complaint = json.dumps({"title": title or "", "text": text}, ensure_ascii=False)
        return [{"role": "system", "content": self.system}, {"role": "user", "content": complaint}]


def load_prompt(scheme: Scheme, directory: Path | None = None) -> Prompt:
    """Return the prompt with the scheme's definitions filled in: the site's own from `directory`, else the shipped one.

    Raises:
        SettingsError: the file is malformed.
    """
    file = read_codebook("assistant_prompt.toml", _PromptFile, directory)
    system = file.prompt.system.strip()
    system = system.replace(_DEFINITIONS, _definitions(scheme)).replace(_UNIT_KINDS, "、".join(UNIT_KINDS))
    schema = _schema(scheme)
    digest = hashlib.sha256(f"{system}\n{json.dumps(schema, sort_keys=True)}".encode()).hexdigest()
    return Prompt(f"{file.review.version}-{digest[:8]}", system, schema)


def _definitions(scheme: Scheme) -> str:
    lines: list[str] = []
    for category in scheme.category:
        own = [s for s in scheme.sub_problem if s.category_code == category.category_code]
        lines += [category.name, *(f"- {s.sub_problem_code}：{s.name}：{s.meaning}" for s in own)]
    return "\n".join(lines)


def _schema(scheme: Scheme) -> dict[str, Any]:
    """Return the JSON schema of an answer, for servers that can hold a model to one."""
    code = {"type": "string", "enum": list(scheme.sub_problems)}
    quote = {"type": "string", "minLength": 2, "maxLength": LONGEST_QUOTE}
    evidence = _object({"code": code, "quote": quote})
    return _object(
        {
            "decision": {"type": "string", "enum": ["in_scope", "out_of_scope"]},
            "codes": {"type": "array", "items": code},
            "unit_kind": {"anyOf": [{"type": "string", "enum": list(UNIT_KINDS)}, {"type": "null"}]},
            "evidence": {"type": "array", "items": evidence},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
