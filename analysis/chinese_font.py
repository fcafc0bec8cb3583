"""Makes matplotlib write Chinese with the font that comes with the installation, whatever the machine has."""

from functools import cache

from matplotlib import font_manager, rcParams
from matplotlib.ft2font import FT2Font
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


def missing_characters(text: str) -> str:
    """Return those characters of `text` that the font of figures cannot draw.

    Raises:
        OSError: the font is not there.
        RuntimeError: it is damaged.
    """
    font = FT2Font(str(sans_path()))
    return "".join(character for character in text if not font.get_char_index(ord(character)))
