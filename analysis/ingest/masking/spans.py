"""Spans of personal data: what kind there are, how overlapping ones unite, how they are cut out of a text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Classes of personal data; the value is the word that stands for it in the masked text.

    Where two recognisers claim the same characters, the kind that is declared first wins.
    """

    EMAIL = "邮箱"
    BANK_CARD = "银行卡"
    IDENTITY = "证件"
    PASSPORT = "护照"
    PLATE = "车牌"
    PHONE = "电话"
    BADGE = "警号"
    ACCOUNT = "账号"
    ADDRESS = "住址"
    NAME = "姓名"

    @property
    def token(self) -> str:
        """What replaces a span of this kind."""
        return f"〔{self.value}〕"


TOKEN = re.compile(f"〔(?:{'|'.join(Kind)})〕")
"""A replacement that stands in a masked text; nothing is ever found inside one."""

_PRECEDENCE = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True, order=True)
class PersonalSpan:
    """Characters `start` to `end` (exclusive) of a text are personal data of `kind`, found by `rule`."""

    start: int
    end: int
    kind: Kind
    rule: str


def unite(spans: Iterable[PersonalSpan]) -> list[PersonalSpan]:
    """Return spans that do not overlap and cover all that `spans` cover, in order of position.

    Overlapping spans become one, so that nothing of either is left over; it is called what the longest of
    them is, or at equal length what the kind declared first is. Spans of one kind that touch become one too.
    """
    united: list[PersonalSpan] = []
    group_end = -1
    strongest = (0, 0)
    for span in sorted(spans):
        strength = (span.end - span.start, -_PRECEDENCE[span.kind])
        touches = span.start == group_end and united[-1].kind is span.kind
        if span.start >= group_end and not touches:
            united.append(span)
            group_end, strongest = span.end, strength
            continue
        last = united[-1]
        named = span if strength > strongest else last
        strongest = max(strongest, strength)
        group_end = max(group_end, span.end)
        united[-1] = PersonalSpan(last.start, group_end, named.kind, named.rule)
    return united


def cut(text: str, spans: list[PersonalSpan]) -> str:
    """Return `text` with each of the ordered, disjoint `spans` replaced by the token of its kind."""
    parts: list[str] = []
    position = 0
    for span in spans:
        parts += (text[position : span.start], span.kind.token)
        position = span.end
    parts.append(text[position:])
    return "".join(parts)
