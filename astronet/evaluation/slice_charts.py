"""Interactive figures of the metrics of subsets: one small figure per property of the events."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, Range1d
from bokeh.transform import dodge

from astronet.figures.interactive import SERIES, Chart, add_hover, plot

STYLES = (
    ("average_precision", "average precision", SERIES[0], "circle", 0.17),
    ("roc_auc", "ROC AUC", SERIES[1], "diamond", -0.17),
)
"""Name, title, colour, marker and vertical offset [rows] of each metric."""

_ROW, _FRAME = 42, 92
"""Height of a row, and of the axis and the tools [px]."""


def slice_charts(table: pd.DataFrame) -> Iterator[Chart]:
    """Yield one figure per property: the metrics of each subset with their 95 % intervals.

    All figures have the same horizontal axis, and are zoomed together.

    Args:
        table: Metrics of the subsets, from `astronet.evaluation.slices.slices`.
    """
    values = table[[f"{name}{end}" for name, *_ in STYLES for end in ("", "_low")]].to_numpy(float)
    known = values[np.isfinite(values)]
    lowest = np.floor(10 * known.min()) / 10 if len(known) else 0.0
    across = Range1d(start=float(lowest) - 0.02, end=1.02)
    for k, (name, rows) in enumerate(table.groupby("slice", sort=False)):
        parts = rows["part"].tolist()
        height = _FRAME + _ROW * len(parts)
        drawn = plot(
            "Average precision, ROC AUC", "", x_range=across, y_range=parts[::-1], height=height
        )
        for metric, title, colour, marker, offset in STYLES:
            source = ColumnDataSource(
                {
                    "part": parts,
                    "n": rows["n"].to_numpy(),
                    "positives": rows["positives"].to_numpy(),
                    "value": rows[metric].to_numpy(float),
                    "low": rows[f"{metric}_low"].to_numpy(float),
                    "high": rows[f"{metric}_high"].to_numpy(float),
                }
            )
            place = dodge("part", offset, range=drawn.y_range)
            drawn.segment("low", place, "high", place, source=source, line_color=colour,
                          line_width=2)  # fmt: skip
            dots = drawn.scatter("value", place, source=source, size=9, color=colour, marker=marker)
            add_hover(
                drawn,
                [dots],
                [
                    (str(name), "@part"),
                    (title, "@value{0.000} (@low{0.000} – @high{0.000})"),
                    ("events, planets", "@n{0,0}, @positives{0,0}"),
                ],
            )
        drawn.ygrid.grid_line_color = None
        text = f"Average precision and ROC AUC with 95 % intervals by {name}; values in the table."
        yield Chart(f"slice-{k}", str(name), drawn, alternative=text)
