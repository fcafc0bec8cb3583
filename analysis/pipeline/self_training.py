"""Lets the model in use label the ledger's own complaints, where it is near certain and nobody reviewed them."""

from analysis.classify.guesses import guess_labels
from analysis.classify.labels import SiteLabels, kept_labels
from analysis.codebook.scheme import load_scheme
from analysis.config import Train
from analysis.contracts import REVIEWS
from analysis.ledger.reviews import with_text_digest
from analysis.ledger.store import Reader
from analysis.progress import Progress
from analysis.site import SitePaths
from analysis.training import load_classifier


def guesses(paths: SitePaths, rules: Train, progress: Progress) -> SiteLabels | None:
    """Return what the model in use is near certain of; None where there is nothing, or no snapshot yet.

    Left out are complaints that a human reviewed, in whichever version and with whichever result, and texts that a
    file of labels has.
    """
    if not paths.snapshot.exists():
        return None
    with Reader.open(paths.snapshot) as reader:
        texts = with_text_digest(reader.query("complaint_texts"))
        has_reviews = bool(reader.query("has_reviews")["has_reviews"].iloc[0])
        reviewed = set(reader.table(REVIEWS)["complaint_id"]) if has_reviews else set()
    labelled = kept_labels(paths.labels, load_scheme(paths.codebook))
    is_labelled = texts["text_digest"].isin(with_text_digest(labelled)["text_digest"])
    unlabelled = texts[~texts["complaint_id"].isin(reviewed) & ~is_labelled]
    progress("自训练：判断没有标注的诉求", 0, len(unlabelled))
    return guess_labels(unlabelled, load_classifier(paths.models, paths.codebook, progress), rules)
