"""Interactive figures of HTML pages, drawn by Bokeh without requests to any host.

A page is rendered from a template that extends figures/interactive.html. Its variable `figures` is
an `Embedded`, which contains all figures of the page, Bokeh's code and the hashes of all scripts
for the security policy: other scripts, and code from strings, are blocked by the browser.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bokeh.models import (
    BoxZoomTool,
    HoverTool,
    InlineStyleSheet,
    PanTool,
    ResetTool,
    WheelZoomTool,
)
from bokeh.models.axes import Axis
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure

from astronet.figures.style import FAINT, GRID, INK, OTHER, PLANET

SERIES = (PLANET, "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours of several data series (Okabe & Ito 2008), without that of other events."""

DARK = {
    PLANET: "#6bb8e8",
    OTHER: "#f0955a",
    INK: "#e6e8ea",
    FAINT: "#858d95",
    GRID: "#2d3339",
    "#009e73": "#45c9a1",
    "#cc79a7": "#e3a1c6",
    "#e69f00": "#f2b847",
    "#56b4e9": "#a8d8f5",
}
"""Colours on a dark page, by the colours on a light page. Figures are drawn with the latter."""

HEIGHT = 340
"""Default height of a figure [px]; the width is that of its place on the page."""

# Bokeh moves tools to a menu if the toolbar is not wider than the tools by more than 15 px.
_TOOLBAR = """:host { padding-left: 1.2rem; }
@media print { :host { visibility: hidden; } }"""

_AXIS = {
    "axis_label_text_color": INK,
    "axis_label_text_font_style": "normal",
    "axis_label_text_font_size": "13px",
    "major_label_text_color": INK,
    "major_label_text_font_size": "12px",
    "axis_line_color": FAINT,
    "major_tick_line_color": FAINT,
    "minor_tick_line_color": None,
}

Scale = Literal["linear", "log"]


Drawn: TypeAlias = "GlyphRenderer[Any]"
"""Data that were drawn in a figure, for example by its method `line`."""


@dataclass(frozen=True)
class Symbol:
    """Entry of a legend.

    Attributes:
        text: Meaning of the data.
        colour: Colour on a light page.
        dark: Colour on a dark page.
        shape: "line", "point" or "area".
        dash: Lengths of the dashes and gaps of a line [px], separated by spaces; "" if it is solid.
    """

    text: str
    colour: str
    dark: str
    shape: str
    dash: str = ""


@dataclass(frozen=True, eq=False)
class Chart:
    """Interactive figure with the texts that describe it.

    Attributes:
        name: Identifier of the figure on its page: letters, digits, "-" and "_".
        title: Title, a noun phrase.
        figure: Bokeh figure, from `plot`.
        caption: Explanation below the figure.
        legend: Text and drawn data of each entry of the legend, which is part of the page. The
            symbol of an entry is that of its first data. The reader can hide the data of an entry.
        alternative: Text for readers who cannot see the figure; "" means title and caption.
    """

    name: str
    title: str
    figure: figure
    caption: str = ""
    legend: Sequence[tuple[str, Sequence[Drawn]]] = ()
    alternative: str = ""

    @property
    def description(self) -> str:
        """Text alternative of the figure."""
        return self.alternative or ". ".join(filter(None, (self.title, self.caption)))

    @property
    def key(self) -> list[Symbol]:
        """Entries of the legend."""
        return [_symbol(text, data[0]) for text, data in self.legend]


def plot(
    xlabel: str,
    ylabel: str,
    *,
    x_range: Any = None,
    y_range: Any = None,
    x_scale: Scale = "linear",
    y_scale: Scale = "linear",
    height: int = HEIGHT,
) -> figure:
    """Return an empty Bokeh figure in the style of the project, as wide as its place on the page.

    Draw with its methods (`line`, `scatter`, …) in colours that are keys of `DARK`. The figure can
    be panned and zoomed; the wheel zooms only after its tool has been selected, so that it scrolls
    the page before.

    Args:
        xlabel: Label of the horizontal axis, with the unit.
        ylabel: Label of the vertical axis, with the unit.
        x_range: Limits of the horizontal axis, a list of categories, or the range of another
            figure, with which it is then linked; None means the range of the data.
        y_range: Limits of the vertical axis, as `x_range`.
        x_scale: Scale of the horizontal axis.
        y_scale: Scale of the vertical axis.
        height: Height of the figure [px].
    """
    ranges = {"x_range": x_range, "y_range": y_range}
    drawn = figure(
        x_axis_label=xlabel,
        y_axis_label=ylabel,
        x_axis_type=x_scale if not isinstance(x_range, list) else "auto",
        y_axis_type=y_scale if not isinstance(y_range, list) else "auto",
        height=height,
        sizing_mode="stretch_width",
        tools="",
        toolbar_location="above",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border=4,
        **{name: given for name, given in ranges.items() if given is not None},
    )
    zoom = BoxZoomTool()
    drawn.add_tools(zoom, PanTool(), WheelZoomTool(), ResetTool())
    drawn.toolbar.update(active_drag=zoom, active_scroll=None, logo=None)
    drawn.toolbar.stylesheets = [InlineStyleSheet(css=_TOOLBAR)]
    for axis in drawn.axis:
        axis_style(axis)
    for grid in drawn.grid:
        grid.grid_line_color = GRID
    return drawn


def axis_style(axis: Axis) -> None:
    """Set the colours and fonts of an axis that is added to a figure."""
    axis.update(**_AXIS)


def add_hover(
    drawn: figure,
    renderers: Sequence[Drawn],
    rows: Sequence[tuple[str, str]],
    mode: Literal["mouse", "vline", "hline"] = "mouse",
) -> HoverTool:
    """Show values of the data under the pointer, and return the tool.

    Args:
        drawn: Figure from `plot`.
        renderers: Drawn data to which the values belong.
        rows: Name and value of each row, for example ("recall", "@recall{0.000}"). The values are
            HTML-escaped by Bokeh.
        mode: Which data are under the pointer: those at its place (mouse), above or below it
            (vline), or beside it (hline).
    """
    tool = HoverTool(renderers=list(renderers), tooltips=list(rows), mode=mode)
    drawn.add_tools(tool)
    return tool


def _symbol(text: str, drawn: Drawn) -> Symbol:
    glyph = drawn.glyph
    filled = {"Scatter": "point", "Quad": "area", "VBar": "area", "HBar": "area", "VArea": "area"}
    shape = filled.get(type(glyph).__name__, "line")
    colour = str(glyph.line_color if shape == "line" else glyph.fill_color)
    dash = " ".join(map(str, glyph.line_dash)) if shape == "line" else ""
    return Symbol(text, colour, DARK.get(colour, colour), shape, dash)


def by_name(charts: Iterable[Chart]) -> Mapping[str, Chart]:
    """Return charts by name.

    Raises:
        ValueError: Two charts have the same name.
    """
    found: dict[str, Chart] = {}
    for chart in charts:
        if chart.name in found:
            raise ValueError(f"two charts are named {chart.name}; give each another name")
        found[chart.name] = chart
    return found
