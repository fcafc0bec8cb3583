"""Turns complaints into features: cue scores, roles in clauses, n-grams of the post and of its telling clauses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from analysis.classify.arrays import Flags, Floats, Indices, Matrix
from analysis.classify.clauses import DELIMITERS, ClauseTable, code_points, split_clauses
from analysis.classify.cues import CueFinder, CueMatches, dilate

DENSE_BLOCKS = ("knowledge", "rule", "set", "clause", "role")
GRAM_BLOCKS = ("character", "word", "focus")
BLOCKS = DENSE_BLOCKS + GRAM_BLOCKS
"""Feature blocks in the order of their columns."""

ROLE_SETS = (
    "actor.enforcer",
    "actor.implied",
    "actor.contractor",
    "first_person_driver",
    "offence_third",
    "other_field",
    "road",
    "wish",
    "question",
    "reported",
    "conditional",
    "praise",
)
"""Who or what an act stands near to: the words of these sets say whose act it is, and how it is said."""

FOCUS_SETS = ("actor.any", "fined", "unmanaged", "neglect", "seize", "stop_check", "injustice")
"""A clause with one of these, and the ones beside it, is a telling clause."""

_CHARACTER_BITS = 21
_SIZES = (2, 3)


@dataclass(frozen=True)
class Batch:
    """Complaints prepared for features and evidence."""

    clauses: ClauseTable
    matches: CueMatches
    tokens: Sequence[str]


def prepare(documents: Sequence[str], tokens: Sequence[str], finder: CueFinder) -> Batch:
    """Split complaints («title + newline + text») and find their cues."""
    clauses = split_clauses(documents)
    return Batch(clauses, finder.find(clauses), tokens)


def _any_by_document(clauses: ClauseTable, flags: Flags) -> Flags:
    first = np.searchsorted(clauses.document, np.arange(clauses.document_count))
    return np.asarray(np.logical_or.reduceat(flags, first, axis=0), dtype=bool)


def _count_by_document(clauses: ClauseTable, flags: Flags) -> Floats:
    first = np.searchsorted(clauses.document, np.arange(clauses.document_count))
    return np.asarray(np.add.reduceat(flags.astype(np.float64), first, axis=0))


def dense_names(finder: CueFinder) -> dict[str, list[str]]:
    """Names of the columns of each dense block."""
    codes = sorted({code for code in finder.rule_codes if code})
    sets = finder.set_names
    return {
        "knowledge": ["for", "against", *codes],
        "rule": [rule.rule_id for rule in finder.rules],
        "set": list(sets),
        "clause": ["clauses", *(f"share:{n}" for n in sets), *(f"title:{n}" for n in sets)],
        "role": [f"{act}@{role}" for role in ROLE_SETS for act in sets],
    }


def knowledge_features(finder: CueFinder, batch: Batch) -> Floats:
    """Return the summed weights of the rules that hold: for scope, against it, and for each sub-problem.

    Few numbers that carry what the codebook says, so that training on written texts cannot talk it away.
    Sums for are damped by the logarithm; shape (complaints, 2 + sub-problems with rules).
    """
    holds = _any_by_document(batch.clauses, batch.matches.has_rule).astype(np.float64)
    weight = np.array([rule.weight for rule in finder.rules])
    polarity = np.array([rule.polarity for rule in finder.rules])
    supports = [polarity == "for"] + [
        np.array([own == code for own in finder.rule_codes]) for code in sorted({c for c in finder.rule_codes if c})
    ]
    favouring = [np.log1p(holds @ (weight * chosen)) for chosen in supports]
    against = holds @ (weight * (polarity == "against"))
    return np.stack([favouring[0], against, *favouring[1:]], axis=1)


def rule_features(batch: Batch) -> Floats:
    """Return for each rule its damped number of clauses; shape (complaints, rules)."""
    return np.asarray(np.log1p(_count_by_document(batch.clauses, batch.matches.has_rule)) / np.log(2))


def set_features(batch: Batch) -> Floats:
    """Return whether each set occurs; shape (complaints, sets)."""
    return _any_by_document(batch.clauses, batch.matches.has_set).astype(np.float64)


def clause_features(batch: Batch) -> Floats:
    """Return length in clauses, the share of clauses with each set, and the sets of the title."""
    clauses, has_set = batch.clauses, batch.matches.has_set
    count = np.bincount(clauses.document, minlength=clauses.document_count).astype(np.float64)
    share = np.sqrt(_count_by_document(clauses, has_set) / count[:, None])
    title = _any_by_document(clauses, has_set & _in_title(clauses)[:, None])
    return np.hstack([np.log1p(count)[:, None] / 4, share, title])


def _in_title(clauses: ClauseTable) -> Flags:
    newline = np.array([clauses.text.find("\n", start) for start in clauses.document_start], dtype=np.int64)
    return np.asarray(clauses.start < newline[clauses.document], dtype=bool)


def role_features(finder: CueFinder, batch: Batch) -> Floats:
    """Return whether each set occurs near (one clause) to each role; shape (complaints, roles × sets)."""
    clauses, has_set = batch.clauses, batch.matches.has_set
    columns = [finder.set_names.index(name) for name in ROLE_SETS]
    near = dilate(clauses, has_set[:, columns], 1)
    blocks = [_any_by_document(clauses, has_set & near[:, [i]]) for i in range(len(columns))]
    return np.hstack(blocks).astype(np.float64)


def focus_clauses(finder: CueFinder, batch: Batch) -> Flags:
    """Say for each clause whether it is, or stands beside, a telling one."""
    columns = [finder.set_names.index(name) for name in FOCUS_SETS]
    telling = np.asarray(batch.matches.has_set[:, columns].any(axis=1), dtype=bool)
    return dilate(batch.clauses, telling, 1)


_NO_GRAM = np.zeros(0x110000, dtype=bool)
_NO_GRAM[[ord(c) for c in DELIMITERS]] = True


def character_grams(clauses: ClauseTable, keep: Flags | None = None) -> tuple[Indices, Indices]:
    """Return clause and key of every character 2- and 3-gram within a clause; digits count as one character.

    A key holds the code points of the gram. `keep` says which clauses count (all, if None).
    """
    points = code_points(clauses.text).astype(np.int64)
    points[(points >= ord("0")) & (points <= ord("9"))] = ord("0")
    usable = ~_NO_GRAM[points]
    if keep is not None:
        usable &= keep[clauses.clause_of]
    owners, keys = [], []
    key = points.copy()
    whole = usable.copy()
    for size in range(2, max(_SIZES) + 1):
        key = (key[:-1] << _CHARACTER_BITS) | points[size - 1 :]
        whole = whole[:-1] & usable[size - 1 :]
        position = np.flatnonzero(whole)
        owners.append(clauses.clause_of[position])
        keys.append(key[position])
    return np.concatenate(owners), np.concatenate(keys)


def _of_documents(clauses: ClauseTable, grams: tuple[Indices, Indices]) -> tuple[Indices, Indices]:
    return clauses.document[grams[0]], grams[1]


def word_grams(tokens: Sequence[str], number_of: dict[str, int]) -> tuple[Indices, Indices]:
    """Return document and key of every known word and pair of known neighbours; digits are masked."""
    documents, keys = [], []
    size = len(number_of) + 1
    for row, text in enumerate(tokens):
        numbers = np.array([number_of.get(word, -1) for word in masked_words(text)], dtype=np.int64)
        known = numbers[numbers >= 0]
        pairs = (numbers[:-1] >= 0) & (numbers[1:] >= 0)
        grams = np.concatenate([known, (numbers[:-1][pairs] + 1) * size + numbers[1:][pairs]])
        keys.append(grams)
        documents.append(np.full(len(grams), row, dtype=np.int64))
    return np.concatenate(documents), np.concatenate(keys)


_DIGITS = str.maketrans("123456789", "0" * 9)


def masked_words(tokens: str) -> list[str]:
    """Return the words of a segmented text with digits masked."""
    return tokens.translate(_DIGITS).split()


@dataclass(frozen=True)
class GramVocabulary:
    """Known n-grams: sorted keys with their inverse document frequency."""

    keys: Indices
    idf: Floats

    @classmethod
    def learn(cls, documents: Indices, keys: Indices, document_count: int, min_documents: int) -> "GramVocabulary":
        """Keep the n-grams that occur in at least `min_documents` complaints."""
        pairs = np.unique(np.stack([keys, documents]), axis=1)
        unique, frequency = np.unique(pairs[0], return_counts=True)
        kept = frequency >= min_documents
        return cls(unique[kept], np.log((1 + document_count) / (1 + frequency[kept])) + 1)

    def weigh(self, documents: Indices, keys: Indices, document_count: int) -> Matrix:
        """Return TF-IDF (logarithmic counts, unit length); shape (complaints, n-grams)."""
        if len(self.keys) == 0:
            return sparse.csr_matrix((document_count, 0))
        column = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[column] == keys
        ones = np.ones(int(known.sum()))
        counts = sparse.coo_matrix(
            (ones, (documents[known], column[known])), shape=(document_count, len(self.keys))
        ).tocsr()
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
        norms[norms == 0] = 1
        counts.data /= np.repeat(norms, np.diff(counts.indptr))
        return counts


@dataclass(frozen=True)
class FeatureSpace:
    """What training learned about features: vocabularies and the weight of each block."""

    words: tuple[str, ...]
    character: GramVocabulary
    word: GramVocabulary
    focus: GramVocabulary
    dense_counts: tuple[int, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """Number of columns of each block."""
        grams = (len(self.character.keys), len(self.word.keys), len(self.focus.keys))
        return dict(zip(BLOCKS, (*self.dense_counts, *grams), strict=True))

    @property
    def first_column(self) -> dict[str, int]:
        """The first column of each block."""
        ends = np.cumsum(list(self.sizes.values()))
        return {block: int(end) - self.sizes[block] for block, end in zip(BLOCKS, ends, strict=True)}

    @classmethod
    def learn(cls, finder: CueFinder, batch: Batch, min_documents: int = 3) -> "FeatureSpace":
        """Learn vocabularies from the training complaints."""
        count = batch.clauses.document_count
        words = sorted({word for text in batch.tokens for word in masked_words(text)})
        numbers = {word: i for i, word in enumerate(words)}
        clauses = batch.clauses
        character = _of_documents(clauses, character_grams(clauses))
        focus = _of_documents(clauses, character_grams(clauses, focus_clauses(finder, batch)))
        return cls(
            tuple(words),
            GramVocabulary.learn(*character, count, min_documents),
            GramVocabulary.learn(*word_grams(batch.tokens, numbers), count, min_documents),
            GramVocabulary.learn(*focus, count, min_documents),
            tuple(len(names) for names in dense_names(finder).values()),
        )

    def transform(self, finder: CueFinder, batch: Batch) -> Matrix:
        """Return the features of a batch; shape (complaints, features), blocks in the order of `BLOCKS`."""
        clauses = batch.clauses
        count = clauses.document_count
        numbers = {word: i for i, word in enumerate(self.words)}
        blocks = (
            sparse.csr_matrix(knowledge_features(finder, batch)),
            sparse.csr_matrix(rule_features(batch)),
            sparse.csr_matrix(set_features(batch)),
            sparse.csr_matrix(clause_features(batch)),
            sparse.csr_matrix(role_features(finder, batch)),
            self.character.weigh(*_of_documents(clauses, character_grams(clauses)), count),
            self.word.weigh(*word_grams(batch.tokens, numbers), count),
            self.focus.weigh(*_of_documents(clauses, character_grams(clauses, focus_clauses(finder, batch))), count),
        )
        return sparse.hstack(blocks).tocsr()
