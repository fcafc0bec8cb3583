"""All figures small on one sheet, to see at a glance which there are."""

import io
from collections.abc import Sequence

from matplotlib import pyplot as plt

_COLUMNS = 5
_WIDTH, _HEIGHT = 2.3, 2.6
_DPI = 96


def contact_sheet(pictures: Sequence[bytes]) -> bytes:
    """Return a PNG with the given PNGs beside and below each other, each whole."""
    rows = -(-len(pictures) // _COLUMNS)
    figure, panels = plt.subplots(
        rows, _COLUMNS, figsize=(_COLUMNS * _WIDTH, rows * _HEIGHT), squeeze=False, layout="constrained"
    )
    try:
        for ax in panels.flat:
            ax.set_axis_off()
        for ax, picture in zip(panels.flat, pictures, strict=False):
            ax.imshow(plt.imread(io.BytesIO(picture), format="png"), interpolation="antialiased")
            ax.set_anchor("N")
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=_DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})
        return content.getvalue()
    finally:
        plt.close(figure)
