"""Turns word lists into regular expressions that stay fast however long the lists are."""

import re
from collections.abc import Iterable
from typing import Any


def any_of(words: Iterable[str]) -> str:
    """Return a pattern that matches the longest of `words` at a position, built as a trie.

    >>> any_of(["电话", "电话号", "手机"])
    '(?:手机|电话号?)'
    """
    trie: dict[str, Any] = {}
    for word in words:
        node = trie
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return _branches(trie)


def _branches(node: dict[str, Any]) -> str:
    branches = [re.escape(c) + _branches(child) for c, child in sorted(node.items()) if c]
    if not branches:
        return ""
    if "" not in node:
        return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    alone = branches[0] if len(branches) == 1 else "|".join(branches)
    return f"{alone}?" if len(alone) == 1 else f"(?:{alone})?"


def one_of(characters: Iterable[str]) -> str:
    """Return a character class of `characters`."""
    return f"[{''.join(map(re.escape, sorted(set(characters))))}]"
