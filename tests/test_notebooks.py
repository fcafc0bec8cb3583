"""Notebooks run on the sample, show no personal data, and are committed without outputs."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from analysis.pipeline.stages import run_night
from analysis.site import site_paths
from tests.command import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one night on a part of the sample, the sample's labels, and the model of this checkout."""
    folder = tmp_path_factory.mktemp("home")
    data = folder / "data"
    for part in ("raw", "sample"):
        shutil.copytree(ROOT / "data" / part, data / part)
    shutil.copytree(site_paths().models, data / "models")
    run_night(site_paths(data / "raw", data / "processed"), date(2026, 11, 20))
    return folder


@pytest.fixture(scope="module")
def planted() -> dict[str, list[str]]:
    """What people of the sample said of themselves, by complaint; the second is the name."""
    with (ROOT / "data" / "sample" / "truth.csv").open(encoding="utf-8") as handle:
        rows = [(row["complaint_id"], json.loads(row["planted"])) for row in csv.DictReader(handle)]
    return {complaint_id: words for complaint_id, words in rows if words}


def shown(notebook: Path) -> str:
    """Return all that an executed notebook shows and keeps, but for the bytes of its pictures."""
    content = json.loads(notebook.read_text("utf-8"))
    outputs = [output for cell in content["cells"] for output in cell.get("outputs", [])]
    kept = json.dumps([outputs, content["metadata"]], ensure_ascii=False)
    return re.sub(r'data:image/png;base64,[^"\\]+|"image/png": "[^"]+"', "", kept)


def run_notebook(notebook: Path, home: Path, folder: Path) -> Path:
    """Run a copy of a notebook in `folder` on the site at `home`, and return the executed copy."""
    copy = Path(shutil.copy(notebook, folder))
    environment = {**os.environ, "HOTLINE_HOME": str(home), "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", "--nbmake-timeout=300", "-q",
         "-p", "no:cacheprovider", copy],
        capture_output=True, cwd=folder, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode()[-3000:]
    assert "1 passed" in done.stdout.decode()
    return copy


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.name)
def test_the_notebook_runs_on_the_sample_and_shows_nobody(
    notebook: Path, home: Path, tmp_path: Path, planted: dict[str, list[str]]
) -> None:
    said = shown(run_notebook(notebook, home, tmp_path))
    assert len(said) > 1000, "nothing was shown"
    # A name of two characters is also an ordinary word; names are looked for beside their own complaints.
    needles = {words for all_words in planted.values() for words in all_words if re.search(r"[0-9@]", words)}
    assert sorted(words for words in needles if words in said) == []
    rows = re.findall(r"<tr>.*?</tr>", said)
    beside = [(i, row) for row in rows for i in re.findall(r"[A-Z]\d{8,}", row) if len(planted.get(i, ())) > 1]
    assert [i for i, row in beside if planted[i][1] in row] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.name)
def test_no_output_is_committed(notebook: Path) -> None:
    content = json.loads(notebook.read_text("utf-8"))
    cells = [c for c in content["cells"] if c["cell_type"] == "code"]
    assert cells
    assert [c["source"] for c in cells if c["outputs"] or c["execution_count"] is not None] == []
    assert "widgets" not in content["metadata"]
