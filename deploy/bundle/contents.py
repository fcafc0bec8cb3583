"""What stands in a bundle: the wheels, the site's folder as a fresh clone has it, a trained model, the installation."""

import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from analysis.classify.registry import CURRENT_FILE, Registry
from analysis.errors import HotlineError
from analysis.training import ensure_model, model_misfit
from deploy.bundle.archive import Files
from deploy.bundle.wheels import GLIBC, Machine, Wheel

_HERE = Path(__file__).parent
_SITE = ("analysis", "flows", "notebooks", "docs", "deploy", "data")
_SITE_FILES = ("README.md", "README.zh-CN.md", "LICENSE", "pyproject.toml")
_LEFT_OUT = "deploy/bundle/"


@dataclass(frozen=True)
class Source:
    """The state of the repository: its commit, marked where files differ from it, and when that was made."""

    root: Path
    commit: str
    committed_at: int

    @classmethod
    def of(cls, root: Path) -> "Source":
        """Return the state of the checkout in `root`.

        Raises:
            HotlineError: it is no clone, or git is not there.
        """
        commit = _git(root, "describe", "--always", "--dirty", "--exclude=*").strip()
        return cls(root, commit, int(_git(root, "log", "-1", "--format=%ct")))

    def files(self) -> dict[str, Path]:
        """Return what belongs to a site: files that git knows, as they are now."""
        names = _git(self.root, "ls-files", "-z", "--", *_SITE, *_SITE_FILES).split("\0")
        return {name: self.root / name for name in names if name and not name.startswith(_LEFT_OUT)}


def bundle_name(machine: Machine) -> str:
    """Return the name of the archive and of the one folder in it."""
    return f"hotline-ledger-{version('hotline-ledger')}-linux-{machine.processor}-{machine.python_tag}"


def bundle_files(
    source: Source, machine: Machine, base: dict[str, Wheel], lab: dict[str, Wheel], model: dict[str, Path]
) -> Files:
    """Return everything in a bundle.

    base: the wheels that the nightly run needs. lab: those, and what notebooks need.
    """
    site = source.files() | {f"data/models/{name}": path for name, path in model.items()}
    return {
        "install.sh": _HERE / "install.sh",
        "安装.md": _HERE / "安装.md",
        "bundle.conf": _configuration(source, machine),
        "requirements.txt": _requirements(base),
        "requirements-lab.txt": _requirements(lab),
        **{f"wheels/{wheel.path.name}": wheel.path for wheel in lab.values()},
        **{f"site/{name}": path for name, path in site.items()},
    }


def _configuration(source: Source, machine: Machine) -> bytes:
    """Return what install.sh asks of the machine, as variables of the shell."""
    values = {
        "VERSION": version("hotline-ledger"),
        "COMMIT": source.commit,
        "PYTHON_VERSION": "{}.{}".format(*machine.python),
        "PROCESSOR": machine.processor,
        "GLIBC": "{}.{}".format(*GLIBC),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items()).encode()


def _requirements(wheels: dict[str, Wheel]) -> bytes:
    return "".join(f"{wheel.requirement}\n" for wheel in wheels.values()).encode()


def shipped_model(models: Path, own: Path) -> dict[str, Path]:
    """Return the files of a model that knows the repository's corpus and no label of any site.

    models: the models of this checkout; the one in use is taken if it is such a model. own: where else one is kept,
    trained if need be.
    """
    if not _is_of_corpus_alone(models):
        models = own
        ensure_model(models)
    in_use = Registry(models).in_use()
    assert in_use is not None
    files = [models / CURRENT_FILE, *sorted((models / in_use.model_id).iterdir())]
    return {path.relative_to(models).as_posix(): path for path in files}


def _is_of_corpus_alone(models: Path) -> bool:
    in_use = Registry(models).in_use()
    return in_use is not None and in_use.learned is None and not model_misfit(models)[1]


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True)  # noqa: S607
    except FileNotFoundError as error:
        raise HotlineError("没有装 git：安装包只收代码库里的文件。请装好 git 再执行。") from error
    except subprocess.CalledProcessError as error:
        reason = str(error.stderr).strip().splitlines()[-1:]
        raise HotlineError(f"{root} 要是 git 克隆：安装包只收代码库里的文件。git 说：{''.join(reason)}") from error
    return done.stdout
