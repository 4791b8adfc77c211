"""Checks of a signal, each with a value, an error, a threshold and an outcome."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm

from astronet.errors import counted

Outcome = Literal["pass", "warn", "fail", "unknown"]

FAIL_PROBABILITY, WARN_PROBABILITY = 0.001, 0.01
"""False-alarm probabilities below which a check fails, or warns."""

_WARN = math.log(WARN_PROBABILITY) / math.log(FAIL_PROBABILITY)
_MOST_SEVERE_WARNING = 0.99


@dataclass(frozen=True)
class Check:
    """Check of one property of a signal.

    Attributes:
        name: Name, which is also the column of a table.
        title: Title of the check on a page.
        statement: Result in words, as a part of a sentence.
        value: Value of the statistic; NaN if it is unknown.
        error: Standard error of the value; NaN if it has none.
        unit: Unit of the value.
        severity: Severity of the problem: 0 if there is none, at least 2/3 for a warning and at
            least 1 for a failure. If the check has a false-alarm probability p, it is at most
            log p / log 0.001. NaN if the check could not be made.
        limits: Condition under which the check fails or warns, in words.
        source: Source of the formula and the threshold.
    """

    name: str
    title: str
    statement: str
    value: float
    error: float
    unit: str
    severity: float
    limits: str
    source: str

    @property
    def outcome(self) -> Outcome:
        """Outcome of the check."""
        if math.isnan(self.severity):
            return "unknown"
        if self.severity >= 1:
            return "fail"
        return "warn" if self.severity >= _WARN - 1e-9 else "pass"


@dataclass(frozen=True)
class Description:
    """Description that all results of one check share; see `Check`.

    Attributes:
        name: Name of the check.
        title: Title of the check.
        unit: Unit of the value.
        limits: Condition under which the check fails or warns.
        source: Source of the formula and the threshold.
    """

    name: str
    title: str
    unit: str
    limits: str
    source: str

    def result(
        self, statement: str, value: float, severity: float, error: float = math.nan
    ) -> Check:
        """Return a check with this description."""
        return Check(
            *(self.name, self.title, statement, float(value), float(error), self.unit),
            *(float(max(severity, 0.0)), self.limits, self.source),
        )

    def unknown(self, reason: str) -> Check:
        """Return a check that could not be made."""
        return Check(
            *(self.name, self.title, reason, math.nan, math.nan, self.unit),
            *(math.nan, self.limits, self.source),
        )


def severity_of(probability: float) -> float:
    """Return the severity that belongs to a false-alarm probability."""
    return math.log(max(probability, 1e-300)) / math.log(FAIL_PROBABILITY)


def two_sided(sigma: float) -> float:
    """Return the probability that a normal deviate exceeds a value in absolute terms."""
    return float(2 * norm.sf(abs(sigma))) if math.isfinite(sigma) else 1.0


def one_sided(sigma: float) -> float:
    """Return the probability that a normal deviate exceeds a value."""
    return float(norm.sf(sigma)) if math.isfinite(sigma) else 1.0


def both(*severities: float) -> float:
    """Return the severity of a problem for which all conditions must hold."""
    return float(np.min(severities))


def at_most_a_warning(severity: float) -> float:
    """Return a severity that is too small for a failure."""
    return min(severity, _MOST_SEVERE_WARNING)


def ppm(fraction: float) -> str:
    """Return a fraction of the flux as text."""
    return f"{1e6 * fraction:,.0f} ppm".replace("-", "−")


def percent(fraction: float) -> str:
    """Return a fraction as text, in percent."""
    return f"{100 * fraction:,.0f} %"


def out_of(count: int, of: int, what: str) -> str:
    """Return a number of things and the verb that follows, for example "1 of 5 transits is"."""
    return f"{count} of {counted(of, what)} {'is' if count == 1 else 'are'}"
