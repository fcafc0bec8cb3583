"""What the server of forked children loads once, when it imports this: all code, dictionary, masker and model."""

import json
import sys
from functools import cache
from typing import Any

import pandas as pd

import flows.cli
import flows.commands.run
import flows.report  # noqa: F401
from analysis.classify.explain import explain
from analysis.ingest.masking import load_masker
from analysis.pipeline import stages, verifying  # noqa: F401
from analysis.segment.jieba_segmenter import load_segmenter
from analysis.site import site_paths
from analysis.training import load_classifier

_LOADERS: dict[str, Any] = {loader.__name__: cache(loader) for loader in (load_masker, load_segmenter, load_classifier)}


def _load() -> None:
    """Load what a night loads, and judge and explain something, which makes ready what is made when it is needed."""
    paths = site_paths()
    lines = (paths.raw / "posts" / "湘问投诉直通车.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["正文"] for line in lines]
    complaints = pd.DataFrame({"complaint_id": range(len(texts)), "title": None, "text": texts})
    classifier = _LOADERS["load_classifier"](paths.models, paths.codebook)
    explain(classifier, complaints, 3)
    _LOADERS["load_segmenter"](paths.codebook).segment(texts)
    _LOADERS["load_masker"](paths.codebook).mask(texts[0])
    for name, module in list(sys.modules.items()):
        if name.startswith("analysis.pipeline."):
            for loader in _LOADERS.keys() & vars(module).keys():
                setattr(module, loader, _LOADERS[loader])


_load()
