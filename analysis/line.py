"""One line for a terminal, a log or a message, whatever stands in the names that it tells."""

_WIDE_SPACE = "\u3000"


def one_line(text: str) -> str:
    r"""Return `text` with spaces for line breaks, control and direction characters: it is shown as it is, on one line.

    >>> one_line("表\n错误：一\x1b[31m")
    '表 错误：一 [31m'
    """
    return "".join(c if c.isprintable() or c == _WIDE_SPACE else " " for c in text)
