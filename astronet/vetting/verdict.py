"""Verdict of all checks of a signal, in words."""

from collections.abc import Sequence

from astronet.errors import counted
from astronet.vetting.checks import Check

_FAR_WEAKER = -10.0
"""Significance of the transit minus that of another event from which its epoch is doubtful [σ]."""

_VARIABLE, _TOO_WEAK = (
    "probably variability of the star or of a close binary",
    "too weak for a conclusion",
)

_ELSEWHERE = (
    "the dip is at another phase: check the epoch and its time system (BKJD), or the star varies"
)

_EXPLANATIONS = (
    (("sinusoid",), _VARIABLE),
    (("odd_even",), "probably an eclipsing binary with twice the period"),
    (("absent_transits",), "the true period is probably a multiple"),
    (("secondary",), "probably an eclipsing binary"),
    (("centroid",), "the transits are probably eclipses of another star"),
    (("size",), "the transiting body is probably a star"),
    (
        ("single_event", "clear_transits", "edges", "short_gaps", "uniqueness", "depth_scatter"),
        "probably a false alarm caused by the instrument or noise",
    ),
    (("significance", "transits"), _TOO_WEAK),
    (("v_shape",), "possibly a grazing eclipsing binary"),
    (("density",), "possibly a transit of another star, or an eccentric orbit"),
    (("asymmetry",), "not the shape of a planet's transit"),
)
"""Explanations of failed checks, in order of precedence."""


def verdict_of(checks: Sequence[Check]) -> str:
    """Return the verdict of some checks as one sentence without a full stop.

    It gives the number of failed checks, the statements of the two worst ones, and the explanation
    that the failed check with the highest precedence suggests.
    """
    made = [check for check in checks if check.outcome != "unknown"]
    failed = sorted((c for c in made if c.outcome == "fail"), key=lambda c: -c.severity)
    warned = sorted((c for c in made if c.outcome == "warn"), key=lambda c: -c.severity)
    if failed:
        verb = "fails" if len(failed) == 1 else "fail"
        return (
            f"{len(failed)} of {counted(len(made), 'check')} {verb}: {_statements(failed)}; "
            f"{_explanation(failed, warned)}"
        )
    if warned:
        verb = "warns" if len(warned) == 1 else "warn"
        return (
            f"no check fails and {len(warned)} of {len(made)} {verb}: {_statements(warned)}; "
            "consistent with a planet"
        )
    passing = "the only check passes" if len(made) == 1 else f"all {len(made)} checks pass"
    return f"{passing}; consistent with a planet"


def _explanation(failed: Sequence[Check], warned: Sequence[Check]) -> str:
    """Return the explanation of failed checks, with regard to warnings if they are too weak."""
    by_name = {check.name: check for check in failed}
    unique = by_name.get("uniqueness")
    if "significance" in by_name and unique is not None and unique.value < _FAR_WEAKER:
        return _ELSEWHERE
    explanation = explanation_of(failed)
    if explanation == _TOO_WEAK and any(check.name == "sinusoid" for check in warned):
        return _VARIABLE
    return explanation


def explanation_of(failed: Sequence[Check]) -> str:
    """Return the most likely explanation of failed checks."""
    names = {check.name for check in failed}
    for of, explanation in _EXPLANATIONS:
        if names & set(of):
            return explanation
    return "not consistent with a planet"


def _statements(checks: Sequence[Check]) -> str:
    """Return the statements of the first two checks, and the number of others."""
    some = [check.statement for check in checks[:2]]
    if len(checks) > 2:
        some.append(f"and {len(checks) - 2} more")
    return "; ".join(some)
