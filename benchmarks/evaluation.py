"""Metrics of models over all folds: the tables of `quality` and `matched`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.store import ViewStore
from astronet.evaluation.comparison import differences
from astronet.evaluation.intervals import star_bootstrap
from astronet.evaluation.metrics import measure
from astronet.lightcurves.arrays import Floats
from benchmarks.folds import PARTS, Model, evaluated_rows, folder_of, mean_scores
from benchmarks.measuring import show


class Evaluation:
    """Metrics of models on the events of a store.

    Args:
        store: Store of the events.
        folder: Folder of the scores.
        reference: Model that the others are compared with; all its complete members are used.
        requires: Columns that an event must have to be evaluated.
        labels: Label policy.
    """

    def __init__(
        self,
        store: ViewStore,
        folder: Path,
        reference: Model,
        requires: Sequence[str] = (),
        labels: str = "dr24_autovetter",
    ) -> None:
        self.folder, self.reference_name, self.labels = folder, reference.name, labels
        settings = DataSettings(requires=tuple(requires), labels=labels)
        self.targets = Examples(store, settings).targets
        self.kept = np.isfinite(self.targets)
        self.stars = store.index["star"].to_numpy()
        self.parts = {part: evaluated_rows(store, part) for part in PARTS}
        self.reference_members = count = self.complete(reference)
        self.reference = self.across(reference, count) if count else None

    def show(self, models: Sequence[Model]) -> None:
        """Print the tables of the models that have scored every fold."""
        found = [
            (model, count, scores)
            for model in models
            for count in sorted({1, self.complete(model)})
            if count and (scores := self.across(model, count)) is not None
        ]
        minus = f"minus that of {self.reference_name} ×{self.reference_members}"
        columns = ["model", "parameters", "ROC AUC", "average precision (AP)"]
        columns += [f"AUC {minus}", f"AP {minus}", "official val: AUC", "AP"]
        title = f"{self.kept.sum()} events, {len(PARTS) - 1} folds by star, labels {self.labels}"
        show(title, columns, [self._ranking(*one) for one in found], width=170)
        columns = ["model", "recall at precision 0.95", "at 0.99", "calibration error", "log loss"]
        show(
            f"decisions and calibration, labels {self.labels}",
            columns,
            [self._decisions(*one) for one in found],
            width=170,
        )

    def complete(self, model: Model) -> int:
        """Return how many members of a model have scored every fold."""
        done = (k for k in range(model.members, 0, -1) if self.across(model, k) is not None)
        return next(done, 0)

    def across(self, model: Model, count: int) -> Floats | None:
        """Return the mean scores of the members for all events, each from its test fold."""
        scores = np.full(len(self.targets), np.nan)
        for part in PARTS:
            if part == "official":
                continue
            found = self._scores(model, part, count)
            if found is None:
                return None
            scores[self.parts[part]] = found
        return scores

    def _ranking(self, model: Model, count: int, scores: Floats) -> tuple[str, ...]:
        """Return the row of the first table: name, size and ranking metrics."""
        size = f"{count * model.parameters:,}" if model.parameters else "–"
        values, bounds = self._measured(scores)
        auc, precision = (
            f"{values[name]:.4f} ({bounds[name][0]:.4f}–{bounds[name][1]:.4f})"
            for name in ("roc_auc", "average_precision")
        )
        measured = (auc, precision, *self._differences(scores), *self._official(model, count))
        return _name(model, count), size, *measured

    def _decisions(self, model: Model, count: int, scores: Floats) -> tuple[str, ...]:
        """Return the row of the second table: name, recall at fixed precision, and calibration."""
        values, bounds = self._measured(scores)
        names = ("recall_at_precision_95", "recall_at_precision_99", "ece", "log_loss")
        texts = (f"{values[k]:.3f} ({bounds[k][0]:.3f}–{bounds[k][1]:.3f})" for k in names)
        return _name(model, count), *texts

    def _measured(self, scores: Floats) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
        evaluated = scores[self.kept], self.targets[self.kept]
        return measure(*evaluated), star_bootstrap(*evaluated, self.stars[self.kept])

    def _differences(self, scores: Floats) -> tuple[str, ...]:
        """Return the intervals of the differences from the reference in ROC AUC and AP."""
        if self.reference is None or np.array_equal(scores, self.reference):
            return "–", "–"
        kept = self.kept
        compared = {"reference": self.reference[kept], "model": scores[kept]}
        names = ("roc_auc", "average_precision")
        (pair,) = differences(compared, self.targets[kept], self.stars[kept], metrics=names)
        bounds = [pair["intervals"][name] for name in names]
        return tuple(f"{low:+.4f} to {high:+.4f}" for low, high in bounds)

    def _official(self, model: Model, count: int) -> tuple[str, str]:
        found = self._scores(model, "official", count)
        if found is None:
            return "–", "–"
        rows = self.parts["official"]
        kept = self.kept[rows]
        values = measure(found[kept], self.targets[rows][kept])
        return f"{values['roc_auc']:.4f}", f"{values['average_precision']:.4f}"

    def _scores(self, model: Model, part: str, count: int) -> Floats | None:
        """Return the mean score of the first members for a part; None if one is missing."""
        members = range(1, count + 1)
        return mean_scores(folder_of(model, part, member, self.folder) for member in members)


def _name(model: Model, count: int) -> str:
    if model.members == 1:
        return model.name
    return f"{model.name}, {'1 member' if count == 1 else f'{count} members'}"
