"""Quality for coarse views: `python -m benchmarks.coarse`.

The events of DR24's store are degraded to the coarse views of short light curves, and scored in the
five folds by star of `benchmarks.quality`, whose networks must exist in its folder. The networks
and trees that are trained on Kepler's views are compared with those that are trained on other
degraded copies of the events. No event of TESS is used.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track
from scipy.special import expit, logit

from astronet.config import load_config
from astronet.dataset.stack_inputs import Group, StackInputs, stack_inputs
from astronet.files.configs import find_config
from astronet.lightcurves.arrays import Floats, Views
from astronet.runs.loading import load
from astronet.training.copies import copied_events
from astronet.training.stacking import WEIGHTS, PartRecipe, fit_part
from benchmarks.folds import FOLDS, QualityFolder, folder_of
from benchmarks.learners import Distilled
from benchmarks.measuring import one_thread
from benchmarks.models import COARSE, MODELS
from benchmarks.stack import KOI_LABELS, STATISTICS, VIEW_NETWORKS, KoiLabels, Stacks, Statistics

COPIES = 4
"""Number of degraded copies; the first one is evaluated, and the others are for training."""

KEPLER: tuple[tuple[Group, ...], ...] = (("views",), ("views", "networks"))
OWN: tuple[tuple[Group, ...], ...] = (("views", "coarse_networks"), ("views",))
"""Groups of inputs of the trees for Kepler's views, and of those for coarse views."""


class DegradedEvents:
    """Degraded copies of the labelled events, and their scores by networks of the folds.

    Args:
        stacks: Events and their inputs without degradation.
        quality: Folder of `benchmarks.quality`.
    """

    def __init__(self, stacks: Stacks, quality: Path) -> None:
        self.stacks, self.quality = stacks, quality
        store, kept = stacks.folds.store, stacks.folds.kept
        degradation = load_config(find_config("coarse-dr24")).data.degradation
        specs = load_config(find_config("residual-dr24")).views
        assert degradation is not None
        self.inputs: list[StackInputs] = []
        for number in range(COPIES):
            copied = copied_events(store, degradation, number)
            views = {n: v[kept] for n, v in copied.degraded.views(specs).items()}
            coarse = self._logits(COARSE, views)
            if number == 0:
                networks = [self._logits(_named(name), views) for name in VIEW_NETWORKS]
                self.networks = np.stack(networks, axis=1)
            self.inputs.append(
                stack_inputs(
                    copied.features[kept], self.networks, stacks.events, None, coarse[:, None]
                )
            )
        features = self.inputs[0].values["views"]
        self.fine = stack_inputs(features, self.networks, stacks.events)

    def _logits(self, model: Distilled, views: dict[str, Views]) -> Floats:
        """Return the logits [n] of a network, each from the run without the fold of the event."""
        logits = np.empty(len(self.stacks.folds.targets))
        for fold in range(FOLDS):
            run = load(folder_of(model, f"fold-{fold}", 1, self.quality))
            rows = self.stacks.folds.fold == fold
            logits[rows] = run.scores({n: v[rows] for n, v in views.items()}).logits[:, 0]
        return logits

    def stack(self, *, coarse: bool) -> Floats:
        """Return the logits [n] of trees and networks, fitted to coarse or to Kepler's views."""
        folds, targets = self.stacks.folds.fold, self.stacks.folds.targets
        recipe = PartRecipe(forests=OWN if coarse else KEPLER, network_weights=WEIGHTS)
        fitted = self.inputs[1:] if coarse else [self.stacks.inputs, *self.stacks.copies]
        scored = self.inputs[0] if coarse else self.fine
        logits = np.empty(len(targets))
        for fold in track(range(FOLDS), "fitting trees", transient=True):
            test = folds == fold
            first, *more = (copy.of(~test) for copy in fitted)
            part = fit_part(first, targets[~test], folds[~test], recipe, more).part
            logits[test] = part.logits(scored.of(test))
        return logits


def _named(name: str) -> Distilled:
    (model,) = (model for model in MODELS if model.name == name)
    assert isinstance(model, Distilled)
    return model


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24.")] = Path("data/stores/dr24"),
    folder: QualityFolder = Path("runs/quality"),
    statistics: Statistics = STATISTICS,
    labels: KoiLabels = KOI_LABELS,
) -> None:
    """Fit the trees and print the table."""
    one_thread()
    stacks = Stacks(store, folder, statistics, labels)
    found = DegradedEvents(stacks, folder)
    logits = {
        "networks of pretrained": logit(expit(found.networks).mean(axis=1)),
        "trees and networks of pretrained": found.stack(coarse=False),
        "network for coarse views": found.inputs[0].values["coarse_networks"][:, 0],
        "trees and network for coarse views": found.stack(coarse=True),
    }
    stacks.folds.table("degraded events of Kepler", logits, "trees and networks of pretrained")


if __name__ == "__main__":
    typer.run(main)
