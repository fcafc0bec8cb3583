"""The wheels of uv.lock that a site needs: chosen for its kind of machine, fetched, checked, built if need be."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from packaging.markers import default_environment
from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
from packaging.tags import Tag, compatible_tags, cpython_tags

from analysis.errors import HotlineError

GLIBC = (2, 28)
"""No wheel may ask for a newer C library. All wheels of the lock exist for this one, which old servers have too."""

_RELEASES = 20
"""More than a Python has seen bug fixes: 3.11 ended with 3.11.15."""

_LEGACY_TAGS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_DOWNLOADS_AT_ONCE, _PATIENCE_SECONDS = 4, 60


@dataclass(frozen=True)
class Machine:
    """The kind of machine that a bundle is for: Linux on this processor, with any release of this Python."""

    processor: str
    python: tuple[int, int]

    @property
    def python_tag(self) -> str:
        """CPython as file names of wheels write it."""
        return "cp{}{}".format(*self.python)

    def tags(self) -> list[Tag]:
        """Return what wheels it can install, the best first."""
        platforms = list(self._platforms())
        return [
            *cpython_tags(self.python, [self.python_tag], platforms),
            *compatible_tags(self.python, self.python_tag, platforms),
        ]

    def _platforms(self) -> Iterator[str]:
        for minor in range(GLIBC[1], 4, -1):
            yield f"manylinux_2_{minor}_{self.processor}"
            if minor in _LEGACY_TAGS:
                yield f"{_LEGACY_TAGS[minor]}_{self.processor}"
        yield f"linux_{self.processor}"

    def releases(self) -> Iterator[dict[str, str]]:
        """Yield the releases of its Python, as environments of markers.

        Some need a package, or a version of one, that others do not (`python_full_version < '3.11.5'`), and the release
        of the machine is not known here.
        """
        python = "{}.{}".format(*self.python)
        here = {name: str(value) for name, value in default_environment().items()}
        own = {"python_version": python, "platform_machine": self.processor}
        for patch in range(_RELEASES):
            yield here | own | {"python_full_version": f"{python}.{patch}"}


@dataclass(frozen=True)
class Chosen:
    """A package of the lock with the one file of it that suits the machine."""

    package: Package
    file: PackageWheel | PackageSdist


@dataclass(frozen=True)
class Wheel:
    """A wheel on this disk, and the line by which pip installs this very file."""

    path: Path
    requirement: str


def choose(root: Path, machine: Machine, groups: tuple[str, ...]) -> dict[str, Chosen]:
    """Return what the project in `root` and dependency groups of it need, by file name.

    Raises:
        HotlineError: uv does not export the lock.
    """
    lock = _export(root, groups)
    chosen = {}
    for environment in machine.releases():
        for package, file in lock.select(environment=environment, tags=machine.tags()):  # type: ignore[arg-type]
            assert isinstance(file, PackageWheel | PackageSdist)
            chosen[file.filename] = Chosen(package, file)
    return dict(sorted(chosen.items()))


def _export(root: Path, groups: tuple[str, ...]) -> Pylock:
    options = ["--frozen", "--no-dev", "--no-emit-project", "--quiet"]
    wanted = [word for group in groups for word in ("--group", group)]
    return Pylock.from_dict(
        tomllib.loads(_uv("导出 uv.lock", "export", "--format", "pylock.toml", *options, *wanted, folder=root))
    )


def gather(chosen: dict[str, Chosen], folder: Path) -> dict[str, Wheel]:
    """Return the wheels of what was chosen; what is not in `folder` yet is fetched or built into it.

    Raises:
        HotlineError: a file cannot be fetched, is not the one of the lock, or does not build.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (
        httpx.Client(timeout=_PATIENCE_SECONDS, follow_redirects=True) as client,
        ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as threads,
    ):
        wheels = threads.map(lambda one: _wheel(one, folder, client), chosen.values())
        return dict(zip(chosen, wheels, strict=True))


def _wheel(chosen: Chosen, folder: Path, client: httpx.Client) -> Wheel:
    package, file = chosen.package, chosen.file
    path = _fetch(file, folder, client)
    if isinstance(file, PackageSdist):
        path = _build(path, file)
    marker = f" ; {package.marker}" if package.marker else ""
    return Wheel(path, f"{package.name}=={package.version}{marker} --hash=sha256:{sha256_of(path)}")


def _fetch(file: PackageWheel | PackageSdist, folder: Path, client: httpx.Client) -> Path:
    path, wanted = folder / file.filename, file.hashes["sha256"]
    if path.is_file() and sha256_of(path) == wanted:
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        with client.stream("GET", str(file.url)) as response, part.open("wb") as target:
            response.raise_for_status()
            for block in response.iter_bytes():
                target.write(block)
    except httpx.HTTPError as error:
        raise HotlineError(f"下载不到 {file.url}（{type(error).__name__}）。请联网后再执行一次。") from error
    if sha256_of(part) != wanted:
        raise HotlineError(f"下载的 {file.filename} 与 uv.lock 里的校验值不符，没有采用。请换一个网络再试。")
    return part.replace(path)


def _build(source: Path, file: PackageSdist) -> Path:
    """Build the wheel of a source archive, with the date of the archive in it: the same bytes every time."""
    folder = source.parent / f"{source.name}.wheel"
    built = next(folder.glob("*.whl"), None)
    if built is None:
        date = file.upload_time or datetime(2020, 1, 1, tzinfo=UTC)
        options = ["--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder)]
        _uv(f"编译 {source.name}", "build", *options, str(source), folder=source.parent, epoch=int(date.timestamp()))
        built = next(folder.glob("*.whl"))
    return built


def _uv(what: str, *arguments: str, folder: Path, epoch: int = 0) -> str:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv is None:
        raise HotlineError("没有找到 uv。请执行 make setup 后重试。")
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run([uv, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["没有说明原因"])[-1].strip()
        raise HotlineError(f"{what} 失败：{reason}。请先执行 make setup。")
    return done.stdout


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
