"""Fits the weights of `analysis/codebook/same_matter_weights.toml` to invented pairs: no real post has a say in them.

python bench/matters_fit.py [--write]

Pairs are those of `matters_pairs.py`: of `matters_posts.toml`, and of the corpus in the repository, whose complaints
are copied with changes (same) and copied with other names (different). Weights may only point the way in which their
feature can speak. Prints the cross-validated figures on families of posts that were held out.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matters_pairs import Pairs, best_figures, corpus_pairs, invented_pairs
from scipy.optimize import minimize

from analysis.ledger.likelihood import Model, WeightBook
from analysis.ledger.likeness import load_reader
from analysis.ledger.pair_features import AGAINST, FEATURES, FOR, pair_features

Floats = npt.NDArray[np.float64]
TARGET = Path(__file__).resolve().parent.parent / "analysis" / "codebook" / "same_matter_weights.toml"
COPIED_FROM, PASSAGE, PENALTY, CORPUS_WEIGHT, FOREIGN_WEIGHT, FOLDS = 0.5, 0.15, 5.0, 0.25, 0.3, 5


def main() -> int:
    """Print figures, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    invented, corpus = invented_pairs(), corpus_pairs()
    features = np.concatenate([_features(invented), _features(corpus)])
    same = np.concatenate([invented.same, corpus.same]).astype(float)
    weights = np.concatenate(
        [np.where(invented.is_foreign, FOREIGN_WEIGHT, 1.0), np.full(len(corpus.same), CORPUS_WEIGHT)]
    )
    count = len(invented.same)
    held_out = np.zeros(count)
    for fold in range(FOLDS):
        tested = invented.families % FOLDS == fold
        kept = np.r_[~tested, np.ones(len(corpus.same), dtype=bool)]
        held_out[tested] = _fit(features[kept], same[kept], weights[kept]).likelihood(features[:count][tested])
    print("held-out families:", best_figures(held_out, invented.same))
    if args.write:
        TARGET.write_text(_toml(_fit(features, same, weights)), encoding="utf-8")
    return 0


def _features(pairs: Pairs) -> Floats:
    reader = load_reader()
    profiles = reader.read(pairs.titles, pairs.texts)
    return pair_features(profiles.rows(pairs.ones), profiles.rows(pairs.others), reader.names)


def _fit(features: Floats, same: Floats, weights: Floats) -> WeightBook:
    contained = features[:, FEATURES.index("contained")]
    retold, copied = contained < COPIED_FROM + PASSAGE, contained > COPIED_FROM - PASSAGE
    return WeightBook.model_construct(
        copied_from=COPIED_FROM,
        passage=PASSAGE,
        retold=_fit_model(features[retold], same[retold], weights[retold], {}),
        copied=_fit_model(features[copied], same[copied], weights[copied], {"title_topic_conflicts": -1.0}),
    )


def _fit_model(features: Floats, same: Floats, weights: Floats, least: dict[str, float]) -> Model:
    """Fit one model; `least` holds bounds that the invented pairs cannot show.

    Who copies a complaint often gives it a title about another side of the matter.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = (features - mean) / spread
    bounds = [(0, None) if f in FOR else (None, 0) if f in AGAINST else (None, None) for f in FEATURES]
    for feature, bound in least.items():
        place = FEATURES.index(feature)
        bounds[place] = (bound * spread[place], bounds[place][1])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slopes, constant = parameters[:-1], parameters[-1]
        odds = scaled @ slopes + constant
        lost = (weights * np.logaddexp(0, np.where(same == 1, -odds, odds))).sum() + PENALTY * (slopes**2).sum()
        rest = weights * (1 / (1 + np.exp(-odds)) - same)
        return float(lost), np.append(scaled.T @ rest + 2 * PENALTY * slopes, rest.sum())

    start = np.zeros(len(FEATURES) + 1)
    found = minimize(loss, start, jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B").x
    slopes = found[:-1] / spread
    constant = float(found[-1] - (slopes * mean).sum())
    named = {f: round(float(s), 3) for f, s in zip(FEATURES, slopes, strict=True) if abs(s) >= 0.001}
    return Model(constant=round(constant, 3), weights=named)


def _toml(book: WeightBook) -> str:
    models = ""
    for name, model in (("retold", book.retold), ("copied", book.copied)):
        lines = "\n".join(f"{feature} = {weight}" for feature, weight in model.weights.items())
        models += f"\n[{name}]\nconstant = {model.constant}\n\n[{name}.weights]\n{lines}\n"
    return _HEAD + f"copied_from = {book.copied_from}\npassage = {book.passage}\n\n{_REVIEW}{models}"


_HEAD = """\
# “同一事项”的权重：两件诉求的各项特征乘以权重相加，得可能性的对数几率。由 bench/matters_fit.py 算出，勿手改。
# 相同的字句占较短一件的多少（contained）：
# 不到 copied_from 的用 retold（转述），超过的用 copied（照抄），前后 passage 之内过渡。
"""
_REVIEW = """\
[review]
version = "2026.1"
author = "项目组"
basis = "bench/matters_posts.toml 的自编诉求对，以及语料的改写、换地名；没有用真实诉求"
reviewed_on = "2026-11-29"
next_review = "2027-11-29"
"""

if __name__ == "__main__":
    sys.exit(main())
