"""Embedding of interactive figures, Bokeh's code and page scripts in an HTML page."""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from bokeh.document import Document
from markupsafe import Markup

from astronet.figures.interactive import DARK, Chart, by_name
from astronet.figures.pages import script_sources

_LEVEL = 9  # of gzip


class Embedded:
    """Interactive figures of one page: the variable `figures` of figures/interactive.html.

    The same figures give the same text, because the identifiers of Bokeh's objects, which count
    all objects of the process, are replaced by numbers that count those of the page.

    Args:
        charts: Figures of the page. Each can be embedded only once.
        scripts: Scripts of the page, which are run in this order after that of the figures. They
            can wait for the promise `figures.ready`, and then change the figures; see
            figures/interactive.js.
        data: Values by name that the scripts read with `figures.data(name)`, JSON-serialisable.

    Raises:
        ValueError: Two charts have the same name.
    """

    def __init__(
        self,
        charts: Iterable[Chart],
        scripts: Sequence[str] = (),
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.charts = by_name(charts)
        self._scripts = [_own_script(), *scripts]
        self._data = data or {}

    def __getitem__(self, name: str) -> Chart:
        """Return a chart by its name."""
        return self.charts[name]

    @cached_property
    def html(self) -> Markup:
        """All figures, data and scripts, to be inserted at the end of the page's body."""
        data = {"figures": self._document(), "dark": DARK, **self._data}
        blocks = [f'<script type="text/plain" id="bokeh">{_compressed()}</script>']
        blocks += [
            f'<script type="application/json" id="data-{name}">{_json(value)}</script>'
            for name, value in data.items()
        ]
        blocks += [f"<script>{script}</script>" for script in self._scripts]
        return Markup("\n".join(blocks))

    @cached_property
    def sources(self) -> Markup:
        """Allowed sources of scripts for the security policy: the hashes of this page's scripts."""
        return script_sources(_bokeh(), *self._scripts)

    def _document(self) -> dict[str, Any]:
        """Return all figures as one Bokeh document, and the identifiers of the figures by name."""
        document = Document()
        with document.models.freeze():  # Bokeh would search all models again after each figure
            for name, chart in self.charts.items():
                document.add_root(chart.figure)
                for k, (_, drawn) in enumerate(chart.legend):
                    for one in drawn:
                        one.tags = [f"{name}:{k}"]  # the value of data-entry on the page
        numbers: dict[str, str] = {}
        content = _numbered(document.to_json(deferred=False), numbers)
        roots = {name: numbers[chart.figure.id] for name, chart in self.charts.items()}
        return {"document": content, "roots": roots}


def _numbered(value: Any, numbers: dict[str, str]) -> Any:
    """Return a copy of nested mappings and lists with the identifiers of objects numbered.

    Args:
        value: Bokeh document or a part of it, as in JSON.
        numbers: Numbers by identifier, extended by those of the new identifiers.
    """
    if isinstance(value, Mapping):
        return {
            key: numbers.setdefault(item, f"p{len(numbers)}")
            if key == "id" and isinstance(item, str)
            else _numbered(item, numbers)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_numbered(item, numbers) for item in value]
    return value


def _json(value: Any) -> str:
    """Return JSON in which no text can end the element or begin a comment or another element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _own_script() -> str:
    return (files("astronet") / "figures" / "interactive.js").read_text("utf-8")


@cache
def _bokeh() -> str:
    """Return Bokeh's code, without extensions."""
    folder = files("bokeh") / "server" / "static" / "js"
    return (folder / "bokeh.min.js").read_text("utf-8")


@cache
def _compressed() -> str:
    """Return Bokeh's code compressed by gzip and encoded as base64 (0.5 MB instead of 1.3 MB)."""
    return base64.b64encode(gzip.compress(_bokeh().encode(), _LEVEL, mtime=0)).decode()
