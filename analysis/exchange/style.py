"""The look of all workbooks: fonts by name, colours that the colour-blind and a greyscale printer tell apart."""

from enum import StrEnum

BODY_FONT = "宋体"
HEADING_FONT = "黑体"
BODY_SIZE = 10
HEADING_SIZE = 10
TITLE_SIZE = 16
LINE_HEIGHT = 1.45
"""Height of a line in multiples of the font size; the tallest of the fonts that may stand in for 宋体."""

WARNING_COLOUR = "#C00000"
BORDER_COLOUR = "#7F7F7F"
TOTAL_FILL = "#EDEDED"


class Filler(StrEnum):
    """Who fills a column in; the value is what users read."""

    SYSTEM = "系统生成"
    UNIT = "责任单位填写"
    SUPERVISOR = "监督单位填写"
    REVIEWER = "复核人填写"


class Tone(StrEnum):
    """What a row wants to be noticed for; the value is what users read. The words stand in the row as well."""

    NONE = ""
    OVERDUE = "超期"
    DUE_SOON = "临期"


HEADING_FILL = {
    Filler.SYSTEM: "#1F3864",
    Filler.UNIT: "#FFD966",
    Filler.SUPERVISOR: "#A6A6A6",
    Filler.REVIEWER: "#FFD966",
}
HEADING_COLOUR = {
    Filler.SYSTEM: "#FFFFFF",
    Filler.UNIT: "#000000",
    Filler.SUPERVISOR: "#000000",
    Filler.REVIEWER: "#000000",
}
CELL_FILL = {Filler.UNIT: "#FFFBEB", Filler.SUPERVISOR: "#F2F2F2", Filler.REVIEWER: "#FFFBEB"}
"""Light grounds of the cells that wait to be filled in."""

TONE_FILL = {Tone.OVERDUE: "#F4B183", Tone.DUE_SOON: "#DEEBF7"}
"""Orange and light blue differ for every kind of colour vision, and in greyscale."""
FLAGGED_FILL = "#FFE699"
"""The cell that has to be mended."""
