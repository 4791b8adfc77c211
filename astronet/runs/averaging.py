"""Condition for averaging the scores of several networks."""

from collections.abc import Sequence

from astronet.config import Experiment
from astronet.errors import RunError


def widest(experiments: Sequence[tuple[str, Experiment]]) -> Experiment:
    """Return the experiment with the most views, if the scores of all experiments can be averaged.

    Among experiments with the same number of views, one with scalars is preferred. Each of the
    others may use a subset of its views, and must use the same scalars or none. All other settings
    that affect the input or the meaning of a score must be equal.

    Args:
        experiments: Pairs of name (for error messages) and experiment.

    Raises:
        RunError: The scores of two experiments cannot be averaged.
    """
    leader, wide = max(experiments, key=lambda named: (len(named[1].views), len(named[1].scalars)))
    for name, other in experiments:
        for part, equal in (
            ("views", other.views.items() <= wide.views.items()),
            ("preparation", other.preparation == wide.preparation),
            ("reader options", other.source.reader == wide.source.reader),
            ("scalars", other.scalars in ((), wide.scalars)),
            ("labels", other.data.labels == wide.data.labels),
            ("split", other.data.split == wide.data.split),
            ("precision", other.training.precision == wide.training.precision),
        ):
            if not equal:
                raise RunError(
                    f"{name} and {leader} differ in {part}; average only runs with the same {part}"
                )
    return wide
