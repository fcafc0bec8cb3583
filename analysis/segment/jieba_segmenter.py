"""Word segmentation by jieba's dictionary and the domain lexicon, without jieba's global state and cache."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import jieba

from analysis.codebook import kept_while_unchanged, read_codebook_bytes
from analysis.errors import SettingsError
from analysis.text import fold

LEXICON = "lexicon.txt"

_MASK = re.compile(r"(〔[\u4e00-\u9fff]{1,8}〕)")
"""What masking leaves in the text, such as 〔车牌〕 (but not the brackets of a document number)."""

_PAUSE = re.compile(r"[,;:!?。、\s]+")
"""Marks at which jieba always cuts, so that what lies between them can be cut, and remembered, on its own."""

_REMEMBERED = 65536
"""Pieces of text kept cut: call-takers write the same phrases all day."""


class JiebaSegmenter:
    """jieba without its hidden Markov model, with a tokenizer of its own and the domain lexicon.

    Without the model a word is either in a dictionary that can be read or a single character, so the result does
    not depend on guesses about unknown words.
    """

    def __init__(self, lexicon: Iterable[tuple[str, int, str]] = ()) -> None:
        self._tokenizer = jieba.Tokenizer()
        # `initialize` would load a marshalled cache from the shared temp folder, where another user could plant one.
        self._tokenizer.FREQ, self._tokenizer.total = self._tokenizer.gen_pfdict(self._tokenizer.get_dict_file())
        self._tokenizer.initialized = True
        for word, frequency, tag in lexicon:
            self._tokenizer.add_word(word, frequency, tag)
        self._cut = lru_cache(_REMEMBERED)(self._cut_piece)

    def segment(self, texts: Iterable[str]) -> list[str]:
        """Return each text as its words joined by single spaces; white space and punctuation are dropped.

        >>> JiebaSegmenter([("违停", 5000, "n")]).segment(["交警抄违停。"])
        ['交警 抄 违停']
        """
        return [" ".join(self._words(fold(text))) for text in texts]

    def _words(self, text: str) -> Iterator[str]:
        for part in _MASK.split(text):
            if _MASK.fullmatch(part):
                yield part
            else:
                for piece in _PAUSE.split(part):
                    yield from self._cut(piece)

    def _cut_piece(self, piece: str) -> tuple[str, ...]:
        return tuple(filter(str.isalnum, self._tokenizer.cut(piece, HMM=False)))


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


@kept_while_unchanged(LEXICON)
def load_segmenter(directory: Path | None = None) -> JiebaSegmenter:
    """Return a segmenter with the lexicon of the codebook: the site's own in `directory`, else the shipped one.

    Raises:
        SettingsError: the lexicon is malformed; the message names the line.
    """
    return JiebaSegmenter(parse_lexicon(read_codebook_bytes(LEXICON, directory)))
