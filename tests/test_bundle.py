"""The bundle for a site without network: what is in it, what its installation refuses, and a night after it."""

import http.server
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import httpx
import pytest
from packaging.pylock import PackageSdist, PackageWheel

from analysis.classify.registry import CURRENT_FILE, Registry
from analysis.errors import HotlineError
from analysis.site import site_paths
from deploy.bundle.__main__ import ROOT, make_bundle
from deploy.bundle.archive import write_archive
from deploy.bundle.contents import Source, shipped_model
from deploy.bundle.wheels import Chosen, Machine, choose, gather

PYTHON = "{}.{}".format(*sys.version_info[:2])
HERE = Machine(platform.machine(), sys.version_info[:2])
DEBIAN = Machine("x86_64", (3, 11))


def unpack(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.stem


def install(unpacked: Path, *arguments: object, python: object = sys.executable, before: str = "") -> tuple[int, str]:
    """Run install.sh, after `before` in the same network; return its exit code and all that it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "HOTLINE_"))}
    # Compiling a thousand modules that the night never imports takes half the time.
    clean |= {"PYTHON": str(python), "PIP_NO_COMPILE": "no"}
    command = [*before.split(), unpacked / "install.sh", *arguments]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


# What is chosen from the lock


def by_package(machine: Machine, *groups: str) -> dict[str, Chosen]:
    return {str(one.package.name): one for one in choose(ROOT, machine, groups).values()}


@pytest.mark.parametrize("machine", [DEBIAN, Machine("aarch64", (3, 11))], ids=lambda machine: machine.processor)
def test_every_package_but_one_has_a_wheel_for_an_old_server(machine: Machine) -> None:
    chosen = by_package(machine, "bundle", "lab")
    assert [name for name, one in chosen.items() if isinstance(one.file, PackageSdist)] == ["jieba"]
    assert {"duckdb", "prefect", "hatchling", "jupyterlab"} <= chosen.keys()


def test_only_what_a_night_needs_is_for_every_site() -> None:
    night, lab = by_package(DEBIAN, "bundle"), by_package(DEBIAN, "bundle", "lab")
    assert night.keys() < lab.keys()
    assert not {"pytest", "mypy", "cleanlab", "hotline-ledger"} & lab.keys()
    assert not {"jupyterlab", "ipykernel"} & night.keys()


def test_every_release_of_the_same_python_finds_what_it_needs() -> None:
    chosen = choose(ROOT, DEBIAN, ("bundle", "lab")).values()
    found = []
    for release in islice(DEBIAN.releases(), 16):
        fits = [one.package for one in chosen if not one.package.marker or one.package.marker.evaluate(release)]
        names = [str(package.name) for package in fits]
        assert len(names) == len(set(names))
        found.append(set(names))
    # Backports are for older releases alone; of all else they have a version, if perhaps another one.
    assert found[0] - found[-1] == {"async-timeout"}
    assert [newer - older for older, newer in pairwise(found) if newer - older] == []


@pytest.fixture
def download(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve a folder on this machine; give its address and the folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(tmp_path))  # type: ignore[arg-type]

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", tmp_path
        server.shutdown()


def test_a_download_that_is_not_the_one_of_the_lock_is_not_taken(download: tuple[str, Path], tmp_path: Path) -> None:
    address, served = download
    real = by_package(DEBIAN)["six"]
    assert isinstance(real.file, PackageWheel)
    (served / real.file.filename).write_bytes(b"not what was locked")
    file = PackageWheel(url=f"{address}/{real.file.filename}", hashes=real.file.hashes)
    kept = tmp_path / "kept"
    with pytest.raises(HotlineError, match=r"与 uv\.lock 里的校验值不符"):
        gather({"six": Chosen(real.package, file)}, kept)
    assert not list(kept.glob("*.whl"))
    with pytest.raises(HotlineError, match="下载不到"):
        gather({"six": Chosen(real.package, PackageWheel(url=f"{address}/away.whl", hashes=file.hashes))}, kept)


# What else is in it


@pytest.fixture(scope="module")
def source() -> Source:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone: a bundle holds what git knows")
    return Source.of(ROOT)


def test_the_site_has_everything_of_a_clone_that_its_people_use(source: Source) -> None:
    files = source.files()
    assert {"README.zh-CN.md", "pyproject.toml", "docs/管理员.md", "deploy/systemd/hotline-run.timer"} <= files.keys()
    assert {name.split("/")[0] for name in files} >= {"analysis", "flows", "notebooks", "data"}
    assert any(name.startswith("data/raw/tickets/") for name in files)
    assert [n for n in files if n.startswith(("tests/", "bench/", "data/processed/ledger", "data/labels"))] == []


def test_a_bundle_is_made_in_a_clone_only(tmp_path: Path) -> None:
    with pytest.raises(HotlineError, match="要是 git 克隆"):
        Source.of(tmp_path)


def test_a_model_that_learned_from_a_site_stays_there(tmp_path: Path) -> None:
    ours = site_paths().models
    taken = shipped_model(ours, tmp_path)
    assert json.loads(taken[CURRENT_FILE].read_bytes())["learned"] is None
    learned = {"sha256": "0" * 64, "weight": 1.0, "guessed": None}
    own = tmp_path / "site"
    shutil.copytree(ours, own)
    (own / CURRENT_FILE).write_text(json.dumps(json.loads(taken[CURRENT_FILE].read_bytes()) | {"learned": learned}))
    assert shipped_model(own, ours) == taken
    in_use = Registry(ours).in_use()
    assert in_use is not None
    assert set(taken) == {CURRENT_FILE, f"{in_use.model_id}/card.json", f"{in_use.model_id}/model.skops"}


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_text("一")
    archives = [tmp_path / "1.tar", tmp_path / "2.tar"]
    write_archive(archives[0], {"b": b"2", "a": source}, "top", 1_700_000_000)
    os.utime(source, (0, 0))
    source.chmod(0o600)
    write_archive(archives[1], {"a": source, "b": b"2"}, "top", 1_700_000_000)
    assert archives[0].read_bytes() == archives[1].read_bytes()


# What the installation refuses, before anything is written


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unpacked bundle without program and libraries."""
    folder = tmp_path_factory.mktemp("small")
    needs = f"VERSION=1\nCOMMIT=abc\nPYTHON_VERSION={PYTHON}\nPROCESSOR={HERE.processor}\nGLIBC=2.28\n"
    files = {
        "install.sh": ROOT / "deploy" / "bundle" / "install.sh",
        "bundle.conf": needs.encode(),
        "wheels/jieba.whl": b"0123456789",
        "wheels/词典.whl": b"0123456789",
    }
    write_archive(folder / "small.tar", files, "small", 0)
    return unpack(folder / "small.tar", folder)


def refused(answer: tuple[int, str], code: int = 1) -> str:
    assert answer[0] == code
    assert answer[1].startswith("错误：")
    assert answer[1].count("\n") == 1
    return answer[1]


def stub(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["wheels/jieba.whl", "wheels/词典.whl", "bundle.conf"])
def test_a_damaged_file_is_named(small: Path, tmp_path: Path, name: str) -> None:
    broken = shutil.copytree(small, tmp_path / "broken")
    (broken / name).write_bytes(b"0123456789"[::-1])
    assert f"安装包损坏或不全：{name}。" in refused(install(broken, tmp_path / "site"))
    (broken / name).unlink()
    assert f"安装包损坏或不全：{name}。" in refused(install(broken, tmp_path / "site"))
    (broken / "SHA256SUMS").unlink()
    assert "安装包损坏或不全：SHA256SUMS。" in refused(install(broken, tmp_path / "site"))
    assert not (tmp_path / "site").exists()


def test_another_python_is_refused(small: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert "没有找到" in refused(install(small, site, python=tmp_path / "away"))
    assert "不能运行" in refused(install(small, site, python=stub(tmp_path / "broken", "exit 1")))
    old = stub(tmp_path / "old", "echo 3.9")
    assert f"Python 版本不符：要 {PYTHON}，{old} 是 3.9。" in refused(install(small, site, python=old))
    assert not site.exists()


@pytest.mark.parametrize(
    "machine", ["linux-riscv64 cpython yes", f"linux-{HERE.processor} cpython glibc 2.17", "linux-x86_64 pypy yes"]
)
def test_another_machine_is_refused(small: Path, tmp_path: Path, machine: str) -> None:
    script = f'case "$2" in *get_platform*) echo "{machine}" ;; *) exec {sys.executable} "$@" ;; esac'
    answer = install(small, tmp_path / "site", python=stub(tmp_path / "python", script))
    assert f"平台不符：安装包用于 {HERE.processor} 处理器、glibc 2.28 以上的 Linux，这台机器是" in refused(answer)
    assert not (tmp_path / "site").exists()


def test_a_python_without_venv_is_refused(small: Path, tmp_path: Path) -> None:
    script = f'case "$2" in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac'
    answer = install(small, tmp_path / "site", python=stub(tmp_path / "python", script))
    assert f"缺少 venv 模块。请从系统安装盘或内网软件源安装 python{PYTHON}-venv" in refused(answer)


def test_a_folder_of_something_else_is_left_alone(small: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert "里有别的东西" in refused(install(small, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]
    assert "用法" in refused(install(small), code=2)
    assert "用法" in refused(install(small, "--lab"), code=2)


# The whole of it


@pytest.fixture(scope="module")
def without_network() -> str:
    """A command that runs another one in a network namespace without any route."""
    command = ["unshare", "--net", "--map-root-user"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine allows no network namespace (unshare --net)")
    return " ".join(command)


@pytest.fixture(scope="module")
def bundle(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bundle, of the files as they are."""
    try:
        httpx.head("https://files.pythonhosted.org/", timeout=20)
    except httpx.HTTPError as error:
        pytest.skip(f"PyPI cannot be reached, so that no bundle can be made: {type(error).__name__}")
    folder = tmp_path_factory.mktemp("bundle")
    return unpack(make_bundle(folder), folder)


@pytest.mark.slow
def test_a_machine_without_network_installs_and_runs_a_night(
    bundle: Path, without_network: str, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    code, said = install(bundle, site, before=without_network)
    assert (code, "装好了" in said) == (0, True), said
    raw = site / "data" / "raw"
    for folder in ("2022年", "2023年", "12328"):  # a small sample will do
        shutil.rmtree(raw / "tickets" / folder)
    run = f"{without_network} {site}/.venv/bin/hotline".split()
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    night = subprocess.run([*run, "run", "--plain"], cwd="/", env=home, capture_output=True, text=True, check=False)
    assert night.returncode == 0, night.stderr
    assert "读入文件 4 个（无法读取 0 个" in night.stdout
    assert (site / "data" / "processed" / "夜报.md").is_file()
    # The model came with the bundle, was not trained here, and is the one that this repository builds.
    ours = Registry(site_paths().models).in_use()
    assert Registry(site / "data" / "models").in_use() == ours
    assert not (site / "data" / "models" / ".training.lock").exists()
    doctor = subprocess.run([*run, "doctor"], cwd="/", env=home, capture_output=True, text=True, check=False)
    assert (doctor.returncode, "须处理 0 项" in doctor.stdout) == (0, True), doctor.stdout
