"""Figures about a collection of labelled texts: nearest neighbours, vocabulary growth, agreement, intervals."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import sparse

from analysis.classify.arrays import Flags, Floats, Matrix

Z_95 = 1.959964
"""Normal quantile of a two-sided 95 % interval."""

NO_VOICE = "未注明"
"""Stands for the voice of a text that names none."""

_ROWS_AT_ONCE = 500
"""Rows of a similarity matrix held in memory at a time."""


@dataclass(frozen=True)
class Agreement:
    """How two readers agree on one label. f1 is symmetric: neither reader counts as the truth."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @classmethod
    def of(cls, first: Flags, second: Flags) -> "Agreement":
        """Count the texts that both, one or no reader gave the label; shape (texts,) each."""
        return cls(
            int((first & second).sum()),
            int((first & ~second).sum()),
            int((~first & second).sum()),
            int((~first & ~second).sum()),
        )

    @property
    def f1(self) -> float:
        """Twice the common labels by all labels; not a number where neither reader gave any."""
        given = 2 * self.both + self.only_first + self.only_second
        return 2 * self.both / given if given else float("nan")

    @property
    def kappa(self) -> float:
        """Cohen's kappa: agreement beyond what chance would bring; not a number where chance explains all."""
        count = self.both + self.only_first + self.only_second + self.neither
        first, second = (self.both + self.only_first) / count, (self.both + self.only_second) / count
        by_chance = first * second + (1 - first) * (1 - second)
        observed = (self.both + self.neither) / count
        return (observed - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")


def grams(text: str, length: int) -> list[str]:
    """Return the character n-grams of a text without its white space; a shorter text is its own only n-gram."""
    bare = "".join(text.split())
    return [bare[i : i + length] for i in range(max(1, len(bare) - length + 1))]


def gram_sets(texts: Sequence[str], length: int) -> Matrix:
    """Return which text holds which n-gram, as 0 and 1; shape (texts, n-grams)."""
    column: dict[str, int] = {}
    rows, columns = [], []
    for row, text in enumerate(texts):
        for gram in set(grams(text, length)):
            rows.append(row)
            columns.append(column.setdefault(gram, len(column)))
    values = np.ones(len(rows), dtype=np.float64)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), len(column)))


def nearest_containment(texts: Sequence[str], length: int) -> Floats:
    """Return for each text the most that it shares with another: common n-grams by those of the shorter one."""
    present = gram_sets(texts, length)
    sizes = np.asarray(present.sum(axis=1)).ravel()
    return _highest_products(present, lambda rows: 1 / np.minimum(sizes[rows][:, None], sizes))


def nearest_cosine(unit_vectors: Matrix) -> Floats:
    """Return for each row, of length one, the highest cosine with another row."""
    return _highest_products(unit_vectors, lambda _rows: np.ones((1, 1)))


def _highest_products(rows: Matrix, factor: Callable[[slice], Floats]) -> Floats:
    """Return for each row the highest of its products with the others, after multiplying by `factor`."""
    columns = rows.T.tocsr()
    highest = np.zeros(rows.shape[0])
    for start in range(0, rows.shape[0], _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, rows.shape[0]))
        product = (rows[part] @ columns).toarray() * factor(part)
        own = np.arange(part.start, part.stop)
        product[own - start, own] = -np.inf
        highest[part] = product.max(axis=1)
    return highest


def vocabulary_growth(documents: Iterable[Iterable[str]], at: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return tokens read and distinct types seen after the given numbers of documents (ascending)."""
    seen: set[str] = set()
    tokens, read, kinds = 0, [], []
    wanted = set(at)
    for number, document in enumerate(documents, start=1):
        words = list(document)
        tokens += len(words)
        seen.update(words)
        if number in wanted:
            read.append(tokens)
            kinds.append(len(seen))
    return read, kinds


def heaps_exponent(tokens: Sequence[int], kinds: Sequence[int]) -> float:
    """Return b of types = a × tokens^b, by least squares of the logarithms: 0 repeats itself, 1 never does."""
    return float(np.polyfit(np.log(tokens), np.log(kinds), 1)[0])


def shared_clause_share(documents: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many clauses (of the given lists, one a text) occur in more than one text, and how many there are."""
    texts_with = Counter(clause for clauses in documents for clause in set(clauses))
    occurrences = [texts_with[clause] > 1 for clauses in documents for clause in clauses]
    return sum(occurrences), len(occurrences)


def voice_group(voice: str, groups: Mapping[str, Sequence[str]]) -> str:
    """Return the first group of which the voice holds a word."""
    if not voice:
        return NO_VOICE
    return next((name for name, words in groups.items() if any(word in voice for word in words)), "其他")


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; the whole range where nothing was counted."""
    if not count:
        return 0.0, 1.0
    share, spread = successes / count, Z_95**2 / count
    centre = (share + spread / 2) / (1 + spread)
    margin = Z_95 * sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, centre - margin), min(1.0, centre + margin)
