"""Rows of the figures that compare the score of an event with those of its modified copies."""

from dataclasses import dataclass

from astronet.explanations.axes import phase_text, words
from astronet.explanations.findings import Findings


@dataclass(frozen=True)
class Row:
    """Row of a figure.

    Attributes:
        label: Modification of the event.
        logits: Logits of the modified events: one, one per interval of noise, or none if they
            cannot be computed.
        names: Modification of each of them.
    """

    label: str
    logits: tuple[float, ...]
    names: tuple[str, ...]


def removal_rows(found: Findings) -> list[Row]:
    """Return the rows in order, beginning with the unmodified event."""
    rows = [_single("unmodified", found.logit)]
    rows += [_single(f"without {row.part}", row.logit) for row in found.removals]
    phases = found.noise.phases / found.event.ephemeris.period
    names = tuple(f"without noise at phase {phase_text(phase)}" for phase in phases.tolist())
    logits = tuple(found.noise.logits.tolist())
    rows.append(Row(f"without noise ({len(logits)} intervals)", logits, names))
    rows += [_single(f"{words(name)} view set to 0", logit) for name, logit in found.views.items()]
    return [*rows, _single("time reversed", found.time_reversed)]


def logit_range(rows: list[Row]) -> tuple[float, float]:
    """Return the lowest and the highest logit of some rows."""
    every = [logit for row in rows for logit in row.logits]
    return min(every), max(every)


def _single(label: str, logit: float | None) -> Row:
    if logit is None:
        return Row(f"{label}: not available", (), ())
    return Row(label, (logit,), (label,))
