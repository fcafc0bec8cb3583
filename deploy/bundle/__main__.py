"""`python -m deploy.bundle`: writes the bundle for machines like this one into dist/."""

import platform
import sys
from pathlib import Path

import click

from analysis.errors import HotlineError
from analysis.site import site_paths
from deploy.bundle.archive import write_archive
from deploy.bundle.contents import Source, bundle_files, bundle_name, shipped_model
from deploy.bundle.wheels import Machine, choose, gather, sha256_of

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ROOT / "dist" / "parts"
_NIGHT, _LAB = ("bundle",), ("bundle", "lab")


def make_bundle(output: Path) -> Path:
    """Write the bundle into the folder `output` and return it; what was fetched for it is kept for the next time.

    Raises:
        HotlineError: this is no Linux machine, no clone, or something cannot be fetched.
    """
    if sys.platform != "linux":
        raise HotlineError("安装包只能在 Linux 上制作：它用于与制作机同样的系统、处理器和 Python。")
    machine = Machine(platform.machine(), sys.version_info[:2])
    source = Source.of(ROOT)
    night = choose(ROOT, machine, _NIGHT)
    lab = gather(choose(ROOT, machine, _LAB), _PARTS / "wheels")
    model = shipped_model(site_paths(base=ROOT).models, _PARTS / "models")
    archive = output / f"{bundle_name(machine)}.tar"
    files = bundle_files(source, machine, {file: lab[file] for file in night}, lab, model)
    write_archive(archive, files, archive.stem, source.committed_at)
    return archive


def main() -> int:
    """Write the bundle into dist/ and say where it is."""
    try:
        archive = make_bundle(ROOT / "dist")
    except HotlineError as error:
        click.echo(f"错误：{error}", err=True)
        return error.exit_code
    click.echo(f"安装包　{archive}，{archive.stat().st_size / 1e6:.0f} MB")
    click.echo(f"校验值　sha256 {sha256_of(archive)}")
    click.echo("怎样用　拷到不联网的机器上解开，照其中的 安装.md 做")
    return 0


if __name__ == "__main__":
    sys.exit(main())
