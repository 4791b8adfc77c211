"""Conclusion of an explanation in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astronet.explanations.axes import phase_text, words
from astronet.explanations.findings import Findings, fraction_inside
from astronet.explanations.influences import SMALL
from astronet.explanations.model import score_text
from astronet.explanations.removal import WIDTH
from astronet.explanations.secondary import Sibling, is_next_to_transit, secondary_remark

_CONCENTRATED = 2.0
"""Attribution within the transit, relative to one spread evenly, above which it is concentrated."""


@dataclass(frozen=True)
class Statement:
    """Statement of a conclusion.

    Attributes:
        topic: Subject of the statement, a noun phrase.
        text: One or two complete sentences.
    """

    topic: str
    text: str


@dataclass(frozen=True)
class Change:
    """Logit of an event after one modification.

    Attributes:
        modification: Modification in words, for example "without the transit".
        logit: Logit of the modified event.
        difference: Logit of the modified event minus that of the event.
    """

    modification: str
    logit: float
    difference: float


def conclusion(found: Findings, siblings: Sequence[Sibling] = ()) -> list[Statement]:
    """Return what determines the score of an event, and what to check next.

    Args:
        found: Results that explain the score.
        siblings: Other events of the star.
    """
    remark = secondary_remark(found.event, siblings)
    statements = [
        Statement("Largest influence", _largest(found)),
        Statement("Noise", _noise(found)),
        Statement("Attribution", _attribution(found)),
        Statement("Epoch", _epoch(found)),
        Statement("Secondary", remark),
        Statement("Next check", _next_check(found, bool(remark))),
    ]
    return [each for each in statements if each.text]


def changes(found: Findings) -> list[Change]:
    """Return the changes of the logit by each modification of the event.

    The modifications are the removal of the transit, of the secondary, and of the interval of
    noise with the largest influence, an unknown value of each scalar input, and the reversal of
    time.
    """
    transit, *_, secondary = found.removals
    modified = [("without the transit", transit.logit), ("without the secondary", secondary.logit)]
    if (noise := _strongest_noise(found)) is not None:
        modified.append((f"without the noise at phase {noise[0]}", noise[1]))
    modified += [(f"if {scalar.name} is unknown", scalar.logit) for scalar in found.scalars]
    modified.append(("with time reversed", found.time_reversed))
    return [
        Change(text, logit, logit - found.logit) for text, logit in modified if logit is not None
    ]


def _largest(found: Findings) -> str:
    all_changes = changes(found)
    largest = max(all_changes, key=lambda change: abs(change.difference))
    if abs(largest.difference) < SMALL:
        transit = all_changes[0]
        return (
            "The score depends on the light curve as a whole: no single modification changes the "
            f"logit by {SMALL} or more, and without the transit the score would be "
            f"{score_text(transit.logit)} instead of {score_text(found.logit)}."
        )
    text = (
        f"The score changes most {largest.modification}: it would be {score_text(largest.logit)} "
        f"instead of {score_text(found.logit)} (logit {_signed(largest.difference)})."
    )
    sign = -np.sign(largest.difference)
    opposite = max(all_changes, key=lambda change: float(sign * change.difference))
    if sign * opposite.difference < SMALL:
        return text
    verb = "increases" if sign > 0 else "decreases"
    return (
        f"{text} It {verb} most {opposite.modification}, to {score_text(opposite.logit)} (logit "
        f"{_signed(opposite.difference)})."
    )


def _noise(found: Findings) -> str:
    noise, transit = _strongest_noise(found), found.removals[0].logit
    if noise is None or transit is None:
        return "The influence of noise is unknown, because no interval is clear of both dips."
    differences = np.abs(found.noise.logits - found.logit)
    highest, middle = float(differences.max()), float(np.median(differences))
    by_transit = abs(transit - found.logit)
    values = (
        f"the removal of an interval of noise changes the logit by {middle:.2f} (median) and "
        f"at most {highest:.2f}, that of the transit by {by_transit:.2f}"
    )
    if max(highest, by_transit) < SMALL:
        return f"Neither noise nor the transit alone determines the score: {values}."
    if middle >= by_transit:
        return f"The score is determined by noise: {values}."
    if highest >= by_transit:
        return (
            f"The score depends on the noise at phase {noise[0]} as much as on the transit: "
            f"{values}."
        )
    return f"The score depends on noise less than on the transit: {values}."


def _attribution(found: Findings) -> str:
    inside, even, total = _around_transit(found)
    if total == 0:
        return ""
    times = inside / even
    text = (
        f"{100 * inside / total:.0f} % of the absolute attribution in the views around the transit "
        f"is within {WIDTH / 2:g} durations of mid-transit, {times:.1f} times as much as if it "
        "were spread evenly"
    )
    if times >= _CONCENTRATED:
        start = f"The attribution is concentrated in the transit: {text}."
    else:
        start = f"The attribution is not concentrated in the transit: {text}."
    name = max(found.views, key=lambda view: abs(found.views[view] - found.logit))
    return (
        f"{start} The view with the largest influence is the {words(name)} view: if all its bins "
        f"were 0, the score would be {score_text(found.views[name])}."
    )


def _around_transit(found: Findings) -> tuple[float, float, float]:
    """Return the absolute attribution in the transit, the same if spread evenly, and in all bins.

    Only views that are centred on the transit count.
    """
    event, sums = found.event, np.zeros(3)
    for name, values in found.gradients.views.items():
        if event.specs[name].centre == "transit":
            within = event.inside(name, 0.0, WIDTH * event.ephemeris.duration)
            total = float(np.abs(values).sum())
            part = fraction_inside(values, within) if total else 0.0
            sums += total * np.array([part, within.mean(), 1.0])
    inside, even, total = sums.tolist()
    return inside, even, total


def _epoch(found: Findings) -> str:
    shifts, differences = found.durations, found.epoch_shifts.logits - found.logit
    hours = 24 * found.event.ephemeris.duration
    order = np.argsort(np.abs(shifts), kind="stable")
    large = [k for k in order.tolist() if abs(differences[k]) >= SMALL]
    if not large:
        return (
            f"The score is not sensitive to the epoch: an error of up to "
            f"{hours * float(np.abs(shifts).max()):.2g} h changes the logit by at most "
            f"{float(np.abs(differences).max()):.2f}."
        )
    first = large[0]
    text = (
        f"The score is sensitive to the epoch: an error of {hours * abs(shifts[first]):.2g} h "
        f"({abs(shifts[first]):.2g} durations) changes the logit by {_signed(differences[first])}"
    )
    best = int(np.argmax(differences))
    if differences[best] < SMALL:
        return f"{text}."
    return (
        f"{text}; the score is highest, {score_text(found.epoch_shifts.logits[best])}, if the "
        f"views are shifted by {_signed(hours * shifts[best])} h."
    )


def _next_check(found: Findings, has_remark: bool) -> str:
    checks = []
    noise, transit = _strongest_noise(found), found.removals[0].logit
    if noise is not None and transit is not None:
        by_noise = abs(noise[1] - found.logit)
        if by_noise >= max(SMALL, abs(transit - found.logit)):
            checks.append(f"the light curve at phase {noise[0]}")
    if has_remark and is_next_to_transit(found.event):
        checks.append("the duration of the transit")
    highest = float(found.epoch_shifts.logits.max()) - found.logit
    if highest >= SMALL:
        checks.append("the epoch")
    checks.append("the statistics of the event, which do not depend on the network (astronet vet)")
    *first, last = checks
    return f"Check {', '.join(first)} and {last}." if first else f"Check {last}."


def _strongest_noise(found: Findings) -> tuple[str, float] | None:
    """Return the phase of the interval of noise with the largest influence, and its logit."""
    if not len(found.noise.logits):
        return None
    place = int(np.argmax(np.abs(found.noise.logits - found.logit)))
    phase = float(found.noise.phases[place]) / found.event.ephemeris.period
    return phase_text(phase), float(found.noise.logits[place])


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
