"""Rivals' scores, measured over the folds: what `quality` and `matched` print."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from astronet.catalogs.labels import POLICIES
from astronet.dataset.scalars import has_numbers
from astronet.dataset.store import ViewStore
from astronet.evaluation.intervals import star_bootstrap, star_differences
from astronet.evaluation.metrics import Floats, measure
from benchmarks.folds import PARTS, Rival, judged_rows, place_of
from benchmarks.measuring import show


class Judged:
    """The rivals' scores of the events of a store, measured.

    Args:
        store: The events.
        folder: Where the scores are kept.
        reference: Whom the others are compared with: as many of its members as are complete.
        requires: Columns without which an event is not judged.
    """

    def __init__(
        self, store: ViewStore, folder: Path, reference: Rival, requires: Sequence[str] = ()
    ) -> None:
        self.folder, self.named = folder, reference.name
        policy = POLICIES["dr24_autovetter"]
        targets = policy.targets(store.index[policy.column])
        self.kept = has_numbers(store.index, requires) & np.isfinite(targets)
        self.targets = np.where(self.kept, targets, np.nan)
        self.stars = store.index["star"].to_numpy()
        self.parts = {part: judged_rows(store, part) for part in PARTS}
        self.against = self.complete(reference)
        self.reference = self.across(reference, self.against) if self.against else None

    def show(self, rivals: Sequence[Rival]) -> None:
        """Prints the tables of the rivals that have scored every fold."""
        found = [
            (rival, count, scores)
            for rival in rivals
            for count in sorted({1, self.complete(rival)})
            if count and (scores := self.across(rival, count)) is not None
        ]
        less = f"less {self.named}'s ×{self.against}"
        columns = ("who", "parameters", "ROC AUC", "average precision (AP)")
        columns += (f"AUC {less}", f"AP {less}", "official val: AUC", "AP")
        title = f"{self.kept.sum()} events, {len(PARTS) - 1} folds by star"
        show(title, columns, [self._ranking(*one) for one in found], width=170)
        columns = ("who", "recall at precision 0.95", "at 0.99", "calibration error", "log loss")
        show("the same, in decisions", columns, [self._decisions(*one) for one in found], width=170)

    def complete(self, rival: Rival) -> int:
        """How many of a rival's members have scored every fold."""
        done = (k for k in range(rival.members, 0, -1) if self.across(rival, k) is not None)
        return next(done, 0)

    def across(self, rival: Rival, count: int) -> Floats | None:
        """The mean of the members' scores of all events, each by what did not learn from it."""
        scores = np.full(len(self.targets), np.nan)
        for part in PARTS:
            if part == "official":
                continue
            found = self._scores(rival, part, count)
            if found is None:
                return None
            scores[self.parts[part]] = found
        return scores

    def _ranking(self, rival: Rival, count: int, scores: Floats) -> tuple[str, ...]:
        """Name, size and how well planets are ranked above the rest."""
        size = f"{count * rival.parameters:,}" if rival.parameters else "–"
        values, bounds = self._measured(scores)
        auc, precision = (
            f"{values[name]:.4f} ({bounds[name][0]:.4f}–{bounds[name][1]:.4f})"
            for name in ("roc_auc", "average_precision")
        )
        measured = (auc, precision, *self._against(scores), *self._official(rival, count))
        return _name(rival, count), size, *measured

    def _decisions(self, rival: Rival, count: int, scores: Floats) -> tuple[str, ...]:
        """Name, how many planets are found at a precision, and how far scores are shares."""
        values, bounds = self._measured(scores)
        names = ("recall_at_precision_95", "recall_at_precision_99", "ece", "log_loss")
        texts = (f"{values[k]:.3f} ({bounds[k][0]:.3f}–{bounds[k][1]:.3f})" for k in names)
        return _name(rival, count), *texts

    def _measured(self, scores: Floats) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
        judged = scores[self.kept], self.targets[self.kept]
        return measure(*judged), star_bootstrap(*judged, self.stars[self.kept])

    def _against(self, scores: Floats) -> tuple[str, ...]:
        """What ROC AUC and average precision are above the reference's."""
        if self.reference is None or np.array_equal(scores, self.reference):
            return "–", "–"
        compared = (one[self.kept] for one in (scores, self.reference, self.targets, self.stars))
        bounds = star_differences(*compared)
        names = ("roc_auc", "average_precision")
        return tuple(f"{bounds[name][0]:+.4f} to {bounds[name][1]:+.4f}" for name in names)

    def _official(self, rival: Rival, count: int) -> tuple[str, str]:
        found = self._scores(rival, "official", count)
        if found is None:
            return "–", "–"
        rows = self.parts["official"]
        kept = self.kept[rows]
        values = measure(found[kept], self.targets[rows][kept])
        return f"{values['roc_auc']:.4f}", f"{values['average_precision']:.4f}"

    def _scores(self, rival: Rival, part: str, count: int) -> Floats | None:
        """The mean of the first members' scores of a part; none where one is missing."""
        places = [place_of(rival, part, member, self.folder) for member in range(1, count + 1)]
        paths = [place / "scores.npy" for place in places]
        if not all(path.exists() for path in paths):
            return None
        mean: Floats = np.mean([np.load(path) for path in paths], axis=0)
        return mean


def _name(rival: Rival, count: int) -> str:
    if rival.members == 1:
        return rival.name
    return f"{rival.name}, {'1 member' if count == 1 else f'{count} members'}"
