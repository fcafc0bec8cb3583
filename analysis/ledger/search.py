"""Full-text search over masked complaints: BM25 in SQL, over an index that lives as long as the connection."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from analysis.contracts import Segmenter
from analysis.ledger.store import Reader

_INDEX = ("search_make_terms", "search_make_words", "search_make_complaints", "search_make_pieces")

_BETWEEN = re.compile(r"[\s,;，；、。？！“”（）()]+")
"""What separates the pieces of a question."""


@dataclass(frozen=True)
class Asked:
    """What one part of a question asks for.

    kind: `word`, a word as the segmenter cut it, in either case; `character`, any word that holds it; or `literal`,
    letter for letter in title or text.
    """

    kind: str
    word: str


@dataclass(frozen=True)
class Filters:
    """Which complaints may be found; None does not restrict.

    since, until: days of receipt, both included; complaints without a time are left out by either.
    channel: as the source gave it; source_codes: or of one of these sources, which gave none.
    codes: sub-problems, of which at least one was assessed.
    unit_ids, unit_kind: the unit of a problem that the complaint is in, by id or kind; or the kind judged to be meant.
    left_out: a complaint that is not to be found.
    """

    since: date | None = None
    until: date | None = None
    channel: str | None = None
    source_codes: tuple[str, ...] = ()
    codes: tuple[str, ...] | None = None
    unit_ids: tuple[str, ...] | None = None
    unit_kind: str | None = None
    left_out: str | None = None


@dataclass(frozen=True)
class Weighing:
    """The two constants of BM25: what repetition adds (k1), and how far a long text is discounted (b)."""

    k1: float
    b: float


def parse_question(question: str, segmenter: Segmenter) -> list[Asked]:
    """Return what a question asks for: the words of each piece between spaces, and the piece itself; each once.

    What a segmenter makes of a word depends on what stands beside it: 路灯 is one word, but 路灯不亮 may be cut into 路
    and 灯不亮; a name that no dictionary knows falls into characters. The piece itself is found all the same.
    """
    asked: dict[Asked, None] = {}
    for piece in _BETWEEN.split(question):
        words = segmenter.segment([piece])[0].split()
        if words:
            whole = Asked("literal" if len(piece) > 1 else "character", piece)
            asked |= dict.fromkeys([*(Asked("word", word) for word in words), whole])
    return list(asked)


class SearchIndex:
    """The words of all complaints of one snapshot; made by the first search, about a second per 100,000 complaints.

    It is held in memory, not published: the night would pay for it every night, the snapshot would be half as large
    again, and what is erased from the complaints would have to be erased there as well.

    Args:
        reader: the snapshot.
        weighing: constants of BM25.
    """

    def __init__(self, reader: Reader, weighing: Weighing) -> None:
        self._reader = reader
        self._weighing = weighing
        self._is_made = False
        self._pieces: set[str] = set()

    def find(self, asked: Sequence[Asked], filters: Filters, most: int) -> pd.DataFrame:
        """Return at most `most` complaints: complaint_id, title, text, score, words (those found); best, then newest.

        The score is BM25 with the weight ln(1 + (N - n + ½) / (n + ½)) of a word that n of N complaints hold; N, n and
        the mean length are those of all complaints, so that a filter changes no score. Rounded to 4 places.
        """
        self._make()
        for piece in sorted({a.word for a in asked if a.kind == "literal"} - self._pieces):
            self._reader.query("search_add_piece", piece=piece)
            self._pieces.add(piece)
        return self._reader.query(
            "search",
            units=list(range(len(asked))),
            kinds=[a.kind for a in asked],
            words=[a.word for a in asked],
            most=most,
            **asdict(self._weighing),
            **{name: list(v) if isinstance(v, tuple) else v for name, v in asdict(filters).items()},
        )

    def weightiest(self, complaint_id: str, most: int) -> list[Asked]:
        """Return the words that tell most about a complaint: often in it, seldom elsewhere, but not only in it."""
        self._make()
        found = self._reader.query("search_weightiest", complaint_id=complaint_id, most=most)
        return [Asked("word", word) for word in found["word"]]

    def _make(self) -> None:
        if not self._is_made:
            for name in _INDEX:
                self._reader.query(name)
            self._is_made = True
