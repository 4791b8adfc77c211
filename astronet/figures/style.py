"""Matplotlib style of all figures, with colours that colour-blind readers can distinguish."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from matplotlib import rc_context
from matplotlib.figure import Figure

PLANET, OTHER = "#0072b2", "#d55e00"
"""Colours of planets (blue) and other events (vermilion), from Okabe & Ito (2008)."""

INK, FAINT, GRID = "#333333", "#8a8a8a", "#e9e9e9"
"""Colours of data and text, of secondary elements, and of grid lines, in this order."""

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 9,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "figure.facecolor": "white",
    "text.parse_math": False,  # the name of a star may contain $
}
"""Matplotlib settings for all figures, to be used as `matplotlib.rc_context(STYLE)`."""

_Arguments = ParamSpec("_Arguments")


def styled(draw: Callable[_Arguments, Figure]) -> Callable[_Arguments, Figure]:
    """Decorate a plot function so that it draws in STYLE without changing global settings."""

    @wraps(draw)
    def in_style(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Figure:
        with rc_context(STYLE):
            return draw(*args, **kwargs)

    return in_style
