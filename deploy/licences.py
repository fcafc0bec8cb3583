"""Lists the packages of an installation and their licences: `python -m deploy.licences`, from the checkout."""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PROJECT = "hotline-ledger"
_COMPATIBLE = {
    "Apache-2.0": r"apache",
    "BSD": r"\bbsd\b|0bsd|bsd-\d|bsd license",
    "MIT": r"\bmit\b|expat",
    "ISC": r"\bisc\b",
    "PSF-2.0": r"python software foundation|psf|python-2\.0",
    "MPL-2.0": r"mpl[- ]2|mozilla public license 2",
    "Unlicense": r"unlicense|public domain|cc0",
    "OFL-1.1": r"ofl|open font",
    "HPND": r"hpnd|historical permission",
    "Zlib": r"zlib",
    "Artistic": r"artistic",
    "LGPL": r"lgpl|lesser general public",
}
"""What a program under Apache-2.0 may be given together with; LGPL and MPL as long as the package stays as it is."""
_HEAD = """\
# 第三方许可

随程序安装的第三方包（不含开发用的），版本以 `uv.lock` 为准，许可取自包自带的元数据。
都可与本程序（Apache-2.0）一起使用和分发；LGPL、MPL 的包原样使用，没有改动。包升级后执行 `make licences` 重新生成。

| 包 | 版本 | 许可 |
|---|---|---|
"""


def packages(lock: str) -> list[str]:
    """Return the names of all packages that the project needs to run, directly or not, by the lock file."""
    needs = {p["name"]: [d["name"] for d in p.get("dependencies", [])] for p in tomllib.loads(lock)["package"]}
    found, waiting = set[str](), [_PROJECT]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return sorted(found - {_PROJECT})


def licence(package: Distribution) -> str:
    """Return what an installed package says of its licence: the expression, else classifiers, free field, file."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classified = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if c.startswith("License :: ")]
    named = [c for c in classified if c != "OSI Approved"]
    return "; ".join(named) or (metadata.get("License") or "").strip().split("\n")[0] or _first_line(package)


def _first_line(package: Distribution) -> str:
    """Return how the licence file of a package begins, where the metadata only names the file."""
    for path in package.files or []:
        if path.name.startswith("LICENSE") and ".dist-info" in str(path):
            return path.read_text(encoding="utf-8").strip().split("\n")[0]
    return ""


def is_compatible(words: str) -> bool:
    """Say whether a licence is among those that the program may be given together with."""
    return any(re.search(pattern, words, re.IGNORECASE) for pattern in _COMPATIBLE.values())


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of the packages that are installed here; some belong to other systems."""
    for name in packages((_ROOT / "uv.lock").read_text(encoding="utf-8")):
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        yield name, package.version, licence(package)


def page() -> str:
    """Return the page of all licences."""
    return _HEAD + "".join(f"| {name} | {version} | {words} |\n" for name, version, words in rows())


if __name__ == "__main__":
    sys.stdout.write(page())
