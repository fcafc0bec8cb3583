"""All figures small on one sheet, to see at a glance which there are."""

import io
from collections.abc import Sequence

from matplotlib import pyplot as plt

_COLUMNS = 5
_WIDTH, _MARGIN = 2.3, 1.05
_DPI = 96


def contact_sheet(pictures: Sequence[bytes]) -> bytes:
    """Return a PNG with the given PNGs beside and below each other, each whole."""
    images = [plt.imread(io.BytesIO(picture), format="png") for picture in pictures]
    rows = [images[i : i + _COLUMNS] for i in range(0, len(images), _COLUMNS)]
    heights = [max(image.shape[0] / image.shape[1] for image in row) for row in rows]
    size = _COLUMNS * _WIDTH, sum(heights) * _WIDTH * _MARGIN
    figure, panels = plt.subplots(
        len(rows), _COLUMNS, figsize=size, height_ratios=heights, squeeze=False, layout="constrained"
    )
    try:
        for ax in panels.flat:
            ax.set_axis_off()
        for ax, image in zip(panels.flat, images, strict=False):
            ax.imshow(image, interpolation="antialiased")
            ax.set_anchor("N")
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=_DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})
        return content.getvalue()
    finally:
        plt.close(figure)
