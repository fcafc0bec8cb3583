"""Notebooks run on the sample, and are committed without outputs."""

import json
import os
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


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.name)
def test_the_notebook_runs_on_the_sample(notebook: Path, home: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(notebook, tmp_path))
    environment = {**os.environ, "HOTLINE_HOME": str(home), "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbmake", "--nbmake-timeout=300", "-q", "-p", "no:cacheprovider", copy],
        capture_output=True, cwd=tmp_path, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode()[-3000:]
    assert "1 passed" in done.stdout.decode()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.name)
def test_no_output_is_committed(notebook: Path) -> None:
    content = json.loads(notebook.read_text("utf-8"))
    cells = [c for c in content["cells"] if c["cell_type"] == "code"]
    assert cells
    assert [c["source"] for c in cells if c["outputs"] or c["execution_count"] is not None] == []
    assert "widgets" not in content["metadata"]
