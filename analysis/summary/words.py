"""Words that set a category apart from the others, and how they come and go over the months."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from analysis.codebook.function_words import FunctionWords
from analysis.codebook.scheme import Scheme
from analysis.config import Figures
from analysis.summary.months import UNDATED, all_months, month_of
from analysis.summary.shares import wilson, without_small

_WORD = r"(?u)(?<!\S)[\u4e00-\u9fff]{2,}(?!\S)"
"""Two Chinese characters and more; marks of masking stand in brackets and numbers tell nothing."""
WORD_COLUMNS = ["category_name", "rank", "word", "complaint_count", "complainant_count", "matter_count"]


@dataclass(frozen=True)
class _Texts:
    """Complaints in the ledger, one row each, by the words that are in them."""

    complaints: pd.DataFrame
    words: list[str]
    presence: csr_matrix

    def persons(self, rows: np.ndarray) -> np.ndarray:
        """Return how many persons use each word in the chosen complaints."""
        return self._distinct(rows, "person_key")

    def _distinct(self, rows: np.ndarray, column: str) -> np.ndarray:
        chosen = np.flatnonzero(rows)
        codes, names = pd.factorize(self.complaints[column].iloc[chosen])
        owner = csr_matrix((np.ones(len(chosen)), (codes, np.arange(len(chosen)))), (len(names), len(chosen)))
        return np.asarray(((owner @ self.presence[chosen]) > 0).sum(axis=0)).ravel()

    def has(self, position: int) -> np.ndarray:
        """Say of each complaint whether a word stands in it."""
        return np.asarray(self.presence[:, [position]].toarray().ravel() > 0)

    def counts(self, rows: np.ndarray, position: int) -> tuple[int, int, int]:
        """Return how many complaints, persons and matters a word stands in."""
        own = self.complaints[rows & self.has(position)]
        return len(own), own["person_key"].nunique(), own["matter_id"].nunique()


def _texts(complaints: pd.DataFrame, links: pd.DataFrame) -> _Texts:
    columns = ["complaint_id", "person_key", "matter_id", "received_at"]
    rows = links[columns].drop_duplicates("complaint_id").merge(complaints[["complaint_id", "tokens"]])
    rows = rows.sort_values("complaint_id").reset_index(drop=True)
    counter = CountVectorizer(binary=True, lowercase=False, token_pattern=_WORD)
    try:
        presence = counter.fit_transform(rows["tokens"])
    except ValueError:  # no complaint, or none with a word
        return _Texts(rows, [], csr_matrix((len(rows), 0)))
    return _Texts(rows, list(counter.get_feature_names_out()), presence.tocsr())


def distinctive_words(
    complaints: pd.DataFrame,
    links: pd.DataFrame,
    scheme: Scheme,
    function_words: FunctionWords,
    rules: Figures,
    smallest: int = 0,
) -> pd.DataFrame:
    """Return the words that complaints of a category have more often than those of the others.

    Log odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, equations 16, 19, 20): the prior has
    the proportions of all complaints in the ledger together and weighs as `keyword_prior` words. Each person counts a
    word once, so that neither a long complaint nor a persistent caller makes a keyword.

    Args:
        complaints: the contract's table; its tokens are read.
        links: result of `problem_reach`.
        scheme: the categories, in their order.
        function_words: words that are no keywords; they count for the proportions all the same.
        rules: settings.
        smallest: words that fewer persons use in the category are left out.

    Returns:
        category_name, rank (1 is the most distinctive), word, complaint_count, complainant_count, matter_count (in the
        category), category_complainant_count (of the category, with or without the word), log_odds (against the other
        categories; 0 is as often), low, high, z.
    """
    texts = _texts(complaints, links)
    least, tail = max(rules.keyword_least_persons, smallest), NormalDist().inv_cdf((1 + rules.confidence) / 2)
    rows: list[tuple[object, ...]] = []
    everybody = np.ones(len(texts.complaints), dtype=bool)
    prior = texts.persons(everybody).astype(np.float64) if texts.words else np.array([])
    prior *= rules.keyword_prior / max(prior.sum(), 1)
    for category in scheme.category:
        ids = links.loc[links["category_code"] == category.category_code, "complaint_id"]
        own = texts.complaints["complaint_id"].isin(ids).to_numpy()
        if not texts.words or not own.any() or own.all():
            continue
        here, there = texts.persons(own), texts.persons(~own)
        odds, deviation = _log_odds(here, there, prior)
        z = odds / deviation
        ranked = [
            i
            for i in np.lexsort((texts.words, -z))
            if here[i] >= least and z[i] > 0 and texts.words[i] not in function_words
        ]
        persons = texts.complaints.loc[own, "person_key"].nunique()
        for rank, i in enumerate(ranked[: rules.keywords_kept], 1):
            interval = odds[i], odds[i] - tail * deviation[i], odds[i] + tail * deviation[i], z[i]
            rows.append((category.name, rank, texts.words[i], *texts.counts(own, i), persons, *interval))
    columns = [*WORD_COLUMNS, "category_complainant_count", "log_odds", "low", "high", "z"]
    return pd.DataFrame(rows, columns=columns)


def _log_odds(here: np.ndarray, there: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the difference of the log odds of each word and its standard deviation."""
    one, other = here + prior, there + prior
    odds = np.log(one / (one.sum() - one)) - np.log(other / (other.sum() - other))
    return odds, np.sqrt(1 / one + 1 / other)


def words_by_month(
    complaints: pd.DataFrame,
    links: pd.DataFrame,
    scheme: Scheme,
    function_words: FunctionWords,
    rules: Figures,
    smallest: int = 0,
) -> pd.DataFrame:
    """Return how often the most distinctive words of each category stand in the complaints of each month.

    Args:
        complaints: the contract's table; so are the other arguments those of `distinctive_words`.
        links: see there.
        scheme: see there.
        function_words: see there.
        rules: settings; `tracked_words` of each category are followed.
        smallest: see `without_small`.

    Returns:
        category_name, word, month, complaint_count, complainant_count, matter_count (with the word, of any category),
        month_complaint_count (in the ledger, of that month), share, low, high, is_suppressed. Complaints without a
        time are left out.
    """
    found = distinctive_words(complaints, links, scheme, function_words, rules, smallest)
    followed = found[found["rank"] <= rules.tracked_words].drop_duplicates("word")
    texts = _texts(complaints, links)
    rows = texts.complaints.assign(month=month_of(texts.complaints["received_at"]).to_numpy())
    months = [m for m in all_months(rows["month"]) if m != UNDATED]
    totals = rows["month"].value_counts()
    place = {word: i for i, word in enumerate(texts.words)}
    found_rows = []
    for category, word in followed[["category_name", "word"]].itertuples(index=False):
        with_word = rows[texts.has(place[word])].groupby("month")[["complaint_id", "person_key", "matter_id"]].nunique()
        counts = with_word.reindex(months, fill_value=0).to_numpy()
        told = zip(months, counts.tolist(), strict=True)
        found_rows += [(category, word, month, *reach, int(totals.get(month, 0))) for month, reach in told]
    columns = [*WORD_COLUMNS[:1], "word", "month", *WORD_COLUMNS[3:], "month_complaint_count"]
    table = pd.DataFrame(found_rows, columns=columns)
    table = table.join(wilson(table["complaint_count"], table["month_complaint_count"], rules.confidence))
    return without_small(table, smallest, WORD_COLUMNS[3:], ["share", "low", "high"])
