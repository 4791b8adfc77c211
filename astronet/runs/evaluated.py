"""Inputs and output folder of an evaluation."""

import logging
from pathlib import Path
from typing import Any

from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import StarSplit
from astronet.dataset.store import ViewStore
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import Shipped

_logger = logging.getLogger("astronet")


def warn_if_changed(scorer: Scorer, store: ViewStore) -> None:
    """Log a warning if the store is not the one with which a run was trained."""
    for run in scorer.trained:
        if run.record["store"]["sha256"] != store.digest:
            _logger.warning(
                "the store %s has changed since %s was trained on it, so its splits may contain "
                "different events; restore the store, or train again",
                store.path,
                run,
            )


def warn_about_training_stars(scorer: Scorer, data: Examples) -> None:
    """Warn if the stars used in training may differ from those in the training set of the store.

    The stars are known if their hashes were stored in training. They are the same if the split
    depends only on the star, or if the store was used in training.
    """
    if isinstance(data.settings.split, StarSplit):
        return
    store = data.store
    for one in scorer.trained:
        known = one.training_stars is not None
        same = not isinstance(one, Shipped) and one.record["store"]["sha256"] == store.digest
        if not known and not same:
            _logger.warning(
                "%s was trained on a store other than %s, whose training set may lack stars used "
                "in training, so the metrics of stars without training events may be too "
                "optimistic",
                one,
                store.path,
            )


def warn_about_stack(scorer: Scorer) -> None:
    """Log a warning if the networks of a run are explained, but its score is that of a stack."""
    if any(scorer.stacks):
        _logger.warning(
            "%s has a stack of trees, whose score also depends on other inputs than the views; "
            "only the score of its networks is explained",
            scorer.name,
        )


def default_folder(scorer: Scorer, split: str) -> Path:
    """Return the default output folder of an evaluation; see `astronet.evaluate.evaluate`."""
    first = scorer.trained[0].results
    if len(scorer.trained) == 1:
        return first / f"evaluate-{split}"
    joined = "+".join(one.name for one in scorer.trained)
    return first.parent / joined[:100] / f"evaluate-{split}"


def inputs_of(
    scorer: Scorer, store: ViewStore, split: str, threshold: float, settings: DataSettings
) -> dict[str, Any]:
    """Return what determines the results of an evaluation, as a JSON-serialisable dictionary."""
    data = settings.model_dump(mode="json", exclude={"teacher", "batch_size"})
    stacks = [stack.description.sha256 for stack in scorer.stacks if stack]
    return {
        "stacks_sha256": stacks,
        "weights_sha256": [one.digest for one in scorer.trained],
        "store_sha256": store.digest,
        "split": split,
        "threshold": threshold,
        "data": data,
        "device": scorer.device.type,
    }
