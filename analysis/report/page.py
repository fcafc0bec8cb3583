"""The report as one HTML page that asks nothing of the network and can be read without its script."""

from base64 import b64encode
from importlib.resources import files

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from analysis.exchange.cells import clean_text
from analysis.report.content import Content

_TEMPLATE = "page.html.j2"


def html_page(content: Content) -> bytes:
    """Return the page; whatever stands in names and texts is shown and never read as markup."""
    source = files("analysis.report").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    environment = SandboxedEnvironment(
        loader=DictLoader({_TEMPLATE: source}), autoescape=True, undefined=StrictUndefined, finalize=_plain
    )
    pictures = [{"picture": p, "data": b64encode(p.png).decode("ascii")} for p in content.drawn]
    return environment.get_template(_TEMPLATE).render(c=content, pictures=pictures).encode()


def _plain(value: object) -> object:
    return clean_text(value) if type(value) is str else value
