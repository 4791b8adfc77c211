"""Interactive figures of attributions, removals, scalar inputs and shifts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import FixedTicker

from astronet.explanations.axes import (
    phase_axis,
    score_axis,
    view_name,
    view_title,
    words,
)
from astronet.explanations.findings import Findings
from astronet.explanations.model import score_text
from astronet.explanations.removal import Scalar
from astronet.explanations.removal_rows import Row, logit_range, removal_rows
from astronet.explanations.view_charts import SINGLE, add_text, draw_view, shade_transit
from astronet.figures.interactive import SERIES, Chart, Drawn, add_hover, plot
from astronet.figures.style import FAINT, OTHER, PLANET
from astronet.lightcurves.arrays import Floats, Views

_COLOURS = (SERIES[0], OTHER, *SERIES[1:])
_LEVELS = (-2.6, -4.8)
"""Places of the zero lines of gradients and occlusion below a view, in units of its plot."""

_ROW, _BAR = 34, 30  # heights of a row of removals and of a scalar input [px]


def attributions(found: Findings) -> Iterator[Chart]:
    """Yield each view with its integrated gradients and occlusion below it."""
    for number, name in enumerate(found.event.views):
        yield _attribution(found, name, f"attribution-{number}")


def _attribution(found: Findings, name: str, identifier: str) -> Chart:
    event, axis = found.event, phase_axis(found.event, name)
    occlusion = found.occlusions[name]
    drawn = plot(axis.label, "", x_range=axis.limits, y_range=(-5.95, 1.9), height=430)
    shade_transit(drawn, axis)
    values = {
        "gradient": found.gradients.views[name].astype(np.float32),
        "occlusion": occlusion.drops.astype(np.float32),
    }
    texts = ("Integrated gradients", f"Occlusion ({occlusion.width}-bin patches)")
    ticks = {0.0: "0", -1.0: "−1"}
    for level, text, attribution in zip(_LEVELS, texts, values.values(), strict=True):
        largest = float(np.abs(attribution).max()) or 1.0
        _signed_bars(drawn, axis.places, attribution / largest, level, axis.step)
        ticks |= {level + 0.9: f"{largest:+.2g}", level: "0", level - 0.9: f"−{largest:.2g}"}
        add_text(drawn, level + 1.0, text)
    add_text(drawn, 1.52, "Normalised flux")
    points = draw_view(drawn, event.views[name], axis, extra=values)
    add_hover(
        drawn,
        [points],
        [
            axis.hover,
            ("flux", "@flux{0.000}"),
            ("gradient", "@gradient{+0.0000}"),
            ("occlusion", "@occlusion{+0.0000}"),
        ],
        mode="vline",
    ).update(**SINGLE)
    _set_ticks(drawn.yaxis, {place: text.replace("-", "−") for place, text in ticks.items()})
    return Chart(
        identifier,
        view_title(event, name),
        drawn,
        alternative=f"{view_name(name)} with its integrated gradients and occlusion",
    )


def removal(found: Findings) -> Chart:
    """Return the scores of an event without each removed part and with time reversed."""
    rows = removal_rows(found)
    axis = score_axis(*logit_range(rows))
    drawn = plot(
        "Score (logit scale)",
        "",
        x_range=(axis.low, axis.high),
        y_range=(len(rows) - 0.6, -0.75),
        height=90 + _ROW * len(rows),
    )
    drawn.line([found.logit] * 2, [-1, len(rows)], color=FAINT, line_dash="dotted")
    for colour, above in ((PLANET, True), (OTHER, False)):
        _draw_scores(drawn, rows, found.logit, colour, above)
    for place, row in enumerate(rows):
        add_text(drawn, place - 0.02, row.label, "bottom")
    _set_ticks(drawn.xaxis, axis.ticks)
    drawn.yaxis.visible = drawn.ygrid.visible = False
    return Chart(
        "removal",
        "",
        drawn,
        "Each point in the noise row is the score without one interval of noise that is as wide as "
        "the removed transit. Blue: score above 0.5; orange: below 0.5. The dotted line is the "
        "score of the unmodified event.",
    )


def _draw_scores(
    drawn: Any, rows: Sequence[Row], unmodified: float, colour: str, above: bool
) -> None:
    """Draw the scores above or below 0.5, with lines from the score of the unmodified event."""
    points = [
        (place + 0.2, logit, name, len(row.logits) == 1)
        for place, row in enumerate(rows)
        for logit, name in zip(row.logits, row.names, strict=True)
        if (logit > 0) == above
    ]
    data = {
        "y": [place for place, *_ in points],
        "x": [logit for _, logit, *_ in points],
        "name": [name for _, _, name, _ in points],
        "score": [score_text(logit) for _, logit, *_ in points],
        "change": [logit - unmodified for _, logit, *_ in points],
        "size": [9 if single else 6 for *_, single in points],
        "start": [unmodified if single else logit for _, logit, _, single in points],
    }
    drawn.segment("start", "y", "x", "y", source=data, color=colour, line_width=2, alpha=0.5)
    drawn_points = drawn.scatter(
        "x", "y", size="size", source=data, color=colour, line_color=None, alpha=0.8
    )
    hover = [("event", "@name"), ("score", "@score"), ("logit", "@x{+0.00}")]
    add_hover(drawn, [drawn_points], [*hover, ("change", "@change{+0.00}")])


def shifts(found: Findings) -> Iterator[Chart]:
    """Yield the score against the shift of single views, and against an error of the epoch."""
    every = np.concatenate([one.logits for one in found.view_shifts.values()])
    axis = score_axis(float(every.min()), float(every.max()))
    single = plot("Shift [bins of the view]", "Score", y_range=(axis.low, axis.high), height=300)
    entries = []
    for (name, one), colour in zip(
        found.view_shifts.items(), _COLOURS * len(found.view_shifts), strict=False
    ):
        line = _line(single, one.bins, one.logits, colour, words(name), "@x bins")
        entries.append((f"{words(name)} view", line))
    _set_ticks(single.yaxis, axis.ticks)
    flat = "A flat curve means that the score does not depend on the shift."
    yield Chart("shifts", "Shift of a single view", single, flat, legend=entries)
    hours = 24 * found.event.ephemeris.duration * found.durations
    logits = found.epoch_shifts.logits
    axis = score_axis(float(logits.min()), float(logits.max()))
    epoch = plot("Shift [h]", "Score", y_range=(axis.low, axis.high), height=260)
    _line(epoch, hours, logits, _COLOURS[0], "all views", "@x{+0.00} h")
    _set_ticks(epoch.yaxis, axis.ticks)
    caption = "All views are shifted together, as by an error of the epoch."
    yield Chart("epoch", "Shift of all views", epoch, caption)


def _line(drawn: Any, x: Any, logits: Floats, colour: str, name: str, at: str) -> list[Drawn]:
    scores = [score_text(logit) for logit in logits.tolist()]
    data = {"x": x, "y": logits, "score": scores, "name": [name] * len(scores)}
    line = drawn.line("x", "y", source=data, color=colour, line_width=1.5)
    points = drawn.scatter("x", "y", source=data, size=4, color=colour, line_color=None)
    rows = [("view", "@name"), ("shift", at), ("score", "@score"), ("logit", "@y{+0.00}")]
    add_hover(drawn, [points], rows)
    return [line, points]


def scalars(found: Findings) -> Chart:
    """Return the contribution of each scalar input: the decrease of the logit without it."""
    count = len(found.scalars)
    drawn = plot(
        "Contribution to the logit", "", y_range=(count - 0.4, -0.75), height=80 + _BAR * count
    )
    for colour, sign in ((PLANET, 1), (OTHER, -1)):
        kept = [
            (place, scalar)
            for place, scalar in enumerate(found.scalars)
            if (sign > 0) == (found.logit >= scalar.logit)
        ]
        data: dict[str, Any] = {
            "y": [place + 0.18 for place, _ in kept],
            "right": [found.logit - scalar.logit for _, scalar in kept],
            "name": [scalar.name for _, scalar in kept],
            "value": [_value(scalar) for _, scalar in kept],
            "score": [score_text(scalar.logit) for _, scalar in kept],
        }
        bars = drawn.hbar("y", right="right", height=0.4, source=data, color=colour)
        rows = [("scalar input", "@name"), ("value", "@value"), ("contribution", "@right{+0.00}")]
        add_hover(drawn, [bars], [*rows, ("score without it", "@score")])
    for place, scalar in enumerate(found.scalars):
        add_text(drawn, place - 0.05, f"{scalar.name} = {_value(scalar)}", "bottom")
    drawn.line([0, 0], [-0.7, count - 0.4], color=FAINT)
    drawn.yaxis.visible = drawn.ygrid.visible = False
    return Chart(
        "scalars",
        "Contributions of the scalar inputs",
        drawn,
        "Logit minus the logit without the scalar input. Blue: the value raises the logit; orange: "
        "it lowers the logit.",
    )


def _signed_bars(
    drawn: Any, places: Floats, values: Floats | Views, level: float, step: float
) -> None:
    """Draw values [bins] between −1 and 1 as bars, blue above 0 and orange below."""
    drawn.line([places[0], places[-1]], [level, level], color=FAINT, line_width=0.6)
    for colour, chosen in ((PLANET, values > 0), (OTHER, values < 0)):
        data = {
            "x": places[chosen].astype(np.float32),
            "top": (level + 0.9 * values[chosen]).astype(np.float32),
        }
        drawn.vbar(
            "x", width=step, bottom=level, top="top", source=data, color=colour, line_width=0.6
        )


def _set_ticks(axis: Iterable[Any], ticks: Mapping[float, str]) -> None:
    for one in axis:
        one.ticker = FixedTicker(ticks=list(ticks))
        one.major_label_overrides = dict(ticks)


def _value(scalar: Scalar) -> str:
    if np.isnan(scalar.value):
        return "unknown"
    value = scalar.value
    return (f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")
