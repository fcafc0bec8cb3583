"""Word segmentation by jieba's dictionary and the domain lexicon, without jieba's global state and cache."""

import re
from collections.abc import Iterable
from functools import lru_cache
from math import log
from pathlib import Path

import jieba

from analysis.codebook import read_codebook_bytes
from analysis.errors import SettingsError
from analysis.text import fold

LEXICON = "lexicon.txt"

CACHED_BLOCKS = 65536
"""Blocks of text (between punctuation) kept cut: call-takers write the same phrases all day."""

_MASK = re.compile(r"(〔[\u4e00-\u9fff]{1,8}〕)")
"""What masking leaves in the text, such as 〔车牌〕 (but not the brackets of a document number)."""

_BLOCK = re.compile(r"([\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+)|(\S)")
"""jieba's blocks, each cut on its own; any other character stands alone."""

_LATIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


class JiebaSegmenter:
    """Segments as `jieba.Tokenizer.cut(HMM=False)` does, word for word, over jieba's dictionary plus the lexicon.

    Without the HMM a word is either in a dictionary that can be read or a single character, so the result does
    not depend on guesses about unknown words. jieba itself keeps a marshalled cache in the shared temp directory,
    which another user could plant; this class reads the dictionary each time and is twice as fast in cutting.
    """

    def __init__(self, lexicon: Iterable[tuple[str, int, str]] = ()) -> None:
        with jieba.Tokenizer().get_dict_file() as file:
            fields = file.read().decode("utf-8").split()
        words, counts = fields[0::3], [int(count) for count in fields[1::3]]
        frequency = dict(zip(words, counts, strict=True))
        total = sum(counts)
        for word, count, _ in lexicon:
            frequency[word] = count
            total += count
        logarithm = {count: log(count) - log(total) for count in set(frequency.values()) if count}
        prefixes = [word[:end] for word in frequency for end in range(1, len(word))]
        self._log_probability = dict.fromkeys(prefixes, 0.0)
        self._log_probability.update({word: logarithm.get(count, 0.0) for word, count in frequency.items()})
        self._unknown = log(1) - log(total)
        self._cut_cached = lru_cache(CACHED_BLOCKS)(self._cut)

    def segment(self, texts: Iterable[str]) -> list[str]:
        """Return each text as its words joined by single spaces; white space and punctuation are dropped.

        >>> JiebaSegmenter([("违停", 5000, "n")]).segment(["交警抄违停。"])
        ['交警 抄 违停']
        """
        return [" ".join(self._words(fold(text))) for text in texts]

    def _words(self, text: str) -> list[str]:
        if "〔" not in text:
            return self._plain_words(text)
        words: list[str] = []
        for part in _MASK.split(text):
            words += [part] if _MASK.fullmatch(part) else self._plain_words(part)
        return words

    def _plain_words(self, text: str) -> list[str]:
        words: list[str] = []
        for block, other in _BLOCK.findall(text):
            words += self._cut_cached(block) if block else [other] * other.isalnum()
        return words

    def _cut(self, block: str) -> list[str]:
        """Cut one block along the path of highest probability; of equal paths the longer first word wins."""
        log_probability, size = self._log_probability.get, len(block)
        best, following = [0.0] * (size + 1), [0] * size
        for start in range(size - 1, -1, -1):
            top, end = self._unknown + best[start + 1], start + 1
            is_known = False
            stop = start + 1
            value = log_probability(block[start])
            while value is not None:
                if value:
                    score = value + best[stop]
                    if not is_known or score >= top:
                        top, end, is_known = score, stop, True
                stop += 1
                if stop > size:
                    break
                value = log_probability(block[start:stop])
            best[start], following[start] = top, end
        return list(filter(str.isalnum, _join_latin(block, following)))


def _join_latin(block: str, following: list[int]) -> Iterable[str]:
    """Give the words of the path; single Latin letters and digits in a row become one word."""
    start, run = 0, ""
    while start < len(block):
        word = block[start : following[start]]
        start = following[start]
        if word in _LATIN:
            run += word
            continue
        if run:
            yield run
            run = ""
        yield word
    if run:
        yield run


def parse_lexicon(content: bytes) -> list[tuple[str, int, str]]:
    """Return word, frequency and tag of each line of a lexicon; `#` starts a comment line.

    Raises:
        SettingsError: a line is not «word frequency tag», its frequency not a positive number, or a word repeated.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SettingsError(f"词表 {LEXICON} 不是 UTF-8 编码，请另存为 UTF-8 后重试。") from error
    entries: dict[str, tuple[str, int, str]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split()
        if len(fields) != 3 or not fields[1].isdecimal() or int(fields[1]) == 0:
            raise SettingsError(f"词表 {LEXICON} 第 {number} 行应为“词 词频 词性”，词频为正整数，请改正。")
        if fields[0] in entries:
            raise SettingsError(f"词表 {LEXICON} 第 {number} 行的词与前面重复，请删去一处。")
        entries[fields[0]] = (fields[0], int(fields[1]), fields[2])
    return list(entries.values())


def load_segmenter(directory: Path | None = None) -> JiebaSegmenter:
    """Return a segmenter with the lexicon of the codebook: the site's own in `directory`, else the shipped one.

    Raises:
        SettingsError: the lexicon is malformed; the message names the line.
    """
    return JiebaSegmenter(parse_lexicon(read_codebook_bytes(LEXICON, directory)))
