"""Finds accounts of chat and social platforms, nicknames and mail addresses."""

import re
from collections.abc import Iterator

from analysis.ingest.masking.numbers import Found
from analysis.ingest.masking.patterns import any_of
from analysis.ingest.masking.rules import MaskingRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import View

_MARK = r"[\s:=\"'“”‘’()\[\]【】「」<>,、→~+-]"
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_.\-]{3,29}")
_SPACED_DIGITS = re.compile(r"[1-9](?:[ -]{0,2}\d){4,11}(?!\d)")
_WECHAT_ID = re.compile(r"(?<![a-z0-9])wxid_[a-z0-9_-]{5,30}")
_NICKNAME = re.compile(
    r"[\"'“‘「『【《]([^\s\"'”’」』】》,。;:!?、]{2,16})[\"'”’」』】》]|([\w·\-]{2,12}?)(?=[\s,。;:!?、()的发在说]|$)"
)
_MENTION = re.compile(r"@([\w\-·]{2,20})")
_SHORTEST_NUMBER = 5
_NEAR = 8
"""How far before an @ the name of the platform may stand."""


_DATED = re.compile(r"20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4,}$")
"""The number of a ticket begins with the day (WX20230412006789)."""


class AccountRecogniser:
    """Finds what follows a word for an account."""

    def __init__(self, rules: MaskingRules) -> None:
        accounts, numbers = rules.accounts, rules.numbers
        connector = f"(?:{any_of(numbers.connectors)}|{_MARK})"
        announced = f"({connector}{{0,10}}+)"
        self._cue = re.compile(f"(?<![a-z])(?:{any_of(accounts.cues)}){announced}")
        self._platform = re.compile(any_of(accounts.mention_cues))
        self._unit = re.compile(
            rf"\s?(?!{any_of(numbers.amount_exceptions)})(?:{any_of(numbers.amount_units)}|[块万人名次个张条年月日号路])"
        )
        self._nickname_cue = re.compile(
            f'(?:{any_of(accounts.nickname_cues)})[:\\s]{{0,2}}(?:[:是叫为]|叫做|(?=["“‘「]))[:\\s]{{0,2}}'
        )
        self._email_cue = re.compile(f"(?:{any_of(accounts.email_cues)}){announced}")
        at_sign = rf"\s{{0,2}}(?:{any_of(accounts.at_signs)}|[#*](?={any_of(accounts.mail_providers)}\s?\.))\s{{0,2}}"
        self._at_sign = re.compile(at_sign)
        dot = rf"\s{{0,2}}{any_of(accounts.mail_dots)}\s{{0,2}}"
        self._email = re.compile(
            rf"(?<![a-z0-9_.+-])[a-z0-9_.+\-]++{at_sign}[a-z0-9\-]{{1,40}}(?:{dot}[a-z0-9\-]{{2,20}}){{1,3}}"
        )
        self._organisation = re.compile(any_of(accounts.organisation_words))

    def find(self, view: View) -> Iterator[Found]:
        """Yield accounts and mail addresses."""
        text = view.lowered
        if self._at_sign.search(text):
            for match in self._email.finditer(text):
                yield *match.span(), Kind.EMAIL, "email"
        for match in self._email_cue.finditer(text):
            value = _ACCOUNT.match(text, match.end())
            if value:
                yield *value.span(), Kind.EMAIL, "email.cued"
        for match in _WECHAT_ID.finditer(text):
            yield *match.span(), Kind.ACCOUNT, "account.wechat_id"
        for match in self._cue.finditer(text):
            yield from self._after_cue(view, match)
        for match in self._nickname_cue.finditer(text):
            name = _NICKNAME.match(text, match.end())
            if name:
                yield *name.span(1 if name[1] else 2), Kind.ACCOUNT, "account.nickname"
        yield from self._mentions(text)

    def _after_cue(self, view: View, cue: re.Match[str]) -> Iterator[Found]:
        text = view.lowered
        digits = _SPACED_DIGITS.match(view.spoken, cue.end())
        value = _ACCOUNT.match(text, cue.end())
        if digits and (not value or digits.end() >= value.end()):
            found = digits.span()
        elif value and (not value[0].isalpha() or _is_announced(cue[0], cue[1])):
            found = (value.start(), value.start() + len(value[0].rstrip(".-")))
        else:
            return
        if _DATED.match(text, *found):
            return
        is_number = text[found[0] : found[1]].isdigit()
        if not (is_number and (found[1] - found[0] < _SHORTEST_NUMBER or self._unit.match(text, found[1]))):
            yield *found, Kind.ACCOUNT, "account"

    def _mentions(self, text: str) -> Iterator[Found]:
        for match in _MENTION.finditer(text):
            is_near = self._platform.search(text, max(0, match.start() - _NEAR), match.start())
            if is_near and not self._organisation.search(match[1]):
                yield *match.span(1), Kind.ACCOUNT, "account.mention"


def _is_announced(cue: str, connecting: str) -> bool:
    """Say whether the words outright announce an account, so that letters alone are one."""
    return "号" in cue or ":" in connecting or cue[:1] in "加+" or "是" in connecting
