"""Scorers of run folders and of shipped weights."""

import logging
from pathlib import Path

from astronet.errors import RunError
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import Shipped, load_shipped
from astronet.runs.trained import Trained

_logger = logging.getLogger("astronet")


def load(*runs: str | Path, folder: Path | None = None) -> Scorer:
    """Return a scorer that averages the scores of one or more runs or shipped weights.

    Args:
        runs: Run folders or names of shipped weights, for example `pretrained`. An existing path
            takes precedence over shipped weights with the same name.
        folder: Folder of the shipped weights; None means `astronet.runs.shipped.FOLDER`.

    Raises:
        RunError: No run is given, a run is missing or not finished, no shipped weights have the
            given name, a file of a run or of shipped weights is missing or corrupt, or the scores
            of the networks cannot be averaged.
        ConfigError: The config of a run or of shipped weights is invalid.

    Examples:
        >>> import astronet
        >>> scorer = astronet.load("pretrained")
        >>> store = astronet.ViewStore.open("data/stores/dr24")
        >>> len(scorer.score_store(store)) == len(store)
        True
    """
    if not runs:
        raise RunError(
            "no run was given; give a run folder written by `astronet train`, for example "
            "runs/demo, or the name of shipped weights"
        )
    trained = [_open(Path(run), folder) for run in runs]
    for one in trained:
        if isinstance(one, Shipped):
            _logger.info("weights: %s", one)
    return Scorer(trained)


def _open(path: Path, folder: Path | None) -> Trained:
    """Return the run at `path`, or shipped weights if `path` is a bare name and does not exist."""
    is_name = len(path.parts) == 1 and not path.exists()
    return load_shipped(path.name, folder) if is_name else Run.load(path)
