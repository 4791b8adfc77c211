"""Check that the scores of several networks can be averaged."""

from collections.abc import Sequence

from astronet.config import Experiment
from astronet.errors import RunError


def widest(experiments: Sequence[tuple[str, Experiment]]) -> Experiment:
    """Return the experiment with the most views, if the scores of all experiments can be averaged.

    If several experiments have the most views, the one with the most scalars is returned. Every
    other experiment must use a subset of the returned experiment's views, and either the same
    scalars or none. Preparation, reader options, labels, split and precision must be the same in
    all experiments.

    Args:
        experiments: Name (for error messages) and experiment of each network.

    Raises:
        RunError: There are no experiments, or the scores of two of them cannot be averaged.
    """
    if not experiments:
        raise RunError("there are no networks to score with; give at least one run")
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
