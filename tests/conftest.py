"""What all tests share: a model that fits the corpus, trained once if need be."""

import pytest

from analysis.site import site_paths
from analysis.training import ensure_model

pytest_plugins = ["tests.trust.reporting"]


@pytest.fixture(scope="session", autouse=True)
def _model() -> None:
    paths = site_paths()
    ensure_model(paths.models, paths.codebook)
