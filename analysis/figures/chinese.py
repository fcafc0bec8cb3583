"""Makes matplotlib write Chinese with the font that comes with the installation, whatever the machine has."""

from functools import cache

from matplotlib import font_manager, rcParams
from pylopdf_fonts_zh_cn import sans_path

_FALLBACK = "DejaVu Sans"
"""Comes with matplotlib; has the symbols that the Chinese font lacks."""


@cache
def _family() -> str:
    path = sans_path()
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


def use_chinese_font() -> None:
    """Set matplotlib's default font to Noto Sans SC, for all figures drawn from now on in this process."""
    rcParams["font.family"] = [_family(), _FALLBACK]
