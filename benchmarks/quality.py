"""How well networks and baselines find planets: `python -m benchmarks.quality`.

Five folds by star over the labelled events of DR24's store, beside the official split: every event
of a fold is scored by what learnt from the other folds. What is done is kept and not done again, so
that the command can be stopped at any time; it takes hours from nothing.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from astronet.catalogs.labels import POLICIES
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.evaluation.intervals import star_bootstrap, star_differences
from astronet.evaluation.metrics import Floats, measure
from benchmarks.measuring import show
from benchmarks.rivals import (
    MEMBERS,
    PARTS,
    RIVALS,
    Rival,
    fitted,
    judged_rows,
    place_of,
)


def main(
    store: Annotated[Path, typer.Option(help="the store of DR24")] = Path("data/stores/dr24"),
    folder: Annotated[Path, typer.Option(help="where the work is kept")] = Path("runs/quality"),
    only: Annotated[str, typer.Option(help="names of rivals, with commas between")] = "",
    members: Annotated[int, typer.Option(help="members to train at most")] = MEMBERS,
    train: Annotated[bool, typer.Option(help="train what is missing")] = True,
) -> None:
    """Trains what is missing and prints the table."""
    known = [rival.name for rival in RIVALS]
    if unknown := [name for name in only.split(",") if name and name not in known]:
        raise SystemExit(f"error: there is no rival {unknown[0]}; choose of {'; '.join(known)}")
    try:
        opened = ViewStore.open(store)
    except StoreError as error:
        raise SystemExit(f"error: {error}") from None
    rivals = [rival for rival in RIVALS if not only or rival.name in only.split(",")]
    if train:
        work = [
            (rival, part, member)
            for member in range(1, members + 1)
            for rival in rivals
            if member <= rival.members
            for part in PARTS
        ]
        for rival, part, member in track(work, "fitting"):
            fitted(rival, opened, part, member, folder)
    judged = _Judged(opened, folder)
    found = [
        (rival, count, scores)
        for rival in rivals
        for count in sorted({1, judged.complete(rival)})
        if count and (scores := judged.across(rival, count)) is not None
    ]
    rows = [judged.ranking(*one) for one in found]
    less = f"AP less AstroNet's ×{judged.against}"
    columns = ("who", "parameters", "ROC AUC", "average precision (AP)", less)
    columns += ("official val: AUC", "AP")
    show(f"{len(opened)} events, {len(PARTS) - 1} folds by star", columns, rows, width=150)
    columns = ("who", "recall at precision 0.95", "at 0.99", "calibration error", "log loss")
    show("the same, in decisions", columns, [judged.decisions(*one) for one in found], width=150)


class _Judged:
    """The rivals' scores, measured."""

    def __init__(self, store: ViewStore, folder: Path) -> None:
        self.folder = folder
        policy = POLICIES["dr24_autovetter"]
        self.targets = policy.targets(store.index[policy.column])
        self.stars = store.index["star"].to_numpy()
        self.parts = {part: judged_rows(store, part) for part in PARTS}
        reference = next(rival for rival in RIVALS if rival.name == "AstroNet")
        self.against = self.complete(reference)
        self.reference = self.across(reference, self.against) if self.against else None

    def complete(self, rival: Rival) -> int:
        """How many of a rival's members have scored every fold."""
        done = (k for k in range(rival.members, 0, -1) if self.across(rival, k) is not None)
        return next(done, 0)

    def ranking(self, rival: Rival, count: int, scores: Floats) -> tuple[str, ...]:
        """Name, size and how well planets are ranked above the rest."""
        size = f"{count * rival.parameters:,}" if rival.parameters else "–"
        return _name(rival, count), size, *self._measured(scores), *self._official(rival, count)

    def decisions(self, rival: Rival, count: int, scores: Floats) -> tuple[str, ...]:
        """Name, how many planets are found at a precision, and how far scores are shares."""
        values = measure(scores, self.targets)
        bounds = star_bootstrap(scores, self.targets, self.stars)
        names = ("recall_at_precision_95", "recall_at_precision_99", "ece", "log_loss")
        texts = (f"{values[k]:.3f} ({bounds[k][0]:.3f}–{bounds[k][1]:.3f})" for k in names)
        return _name(rival, count), *texts

    def _measured(self, scores: Floats) -> tuple[str, str, str]:
        values = measure(scores, self.targets)
        bounds = star_bootstrap(scores, self.targets, self.stars)
        against = "–"
        if self.reference is not None and not np.array_equal(scores, self.reference):
            low, high = star_differences(scores, self.reference, self.targets, self.stars)[
                "average_precision"
            ]
            against = f"{low:+.4f} to {high:+.4f}"
        auc, precision = (
            f"{values[name]:.4f} ({bounds[name][0]:.4f}–{bounds[name][1]:.4f})"
            for name in ("roc_auc", "average_precision")
        )
        return auc, precision, against

    def _official(self, rival: Rival, count: int) -> tuple[str, str]:
        found = [self._scores(rival, "official", member) for member in range(1, count + 1)]
        if any(scores is None for scores in found):
            return "–", "–"
        values = measure(np.mean(found, axis=0), self.targets[self.parts["official"]])
        return f"{values['roc_auc']:.4f}", f"{values['average_precision']:.4f}"

    def across(self, rival: Rival, count: int) -> Floats | None:
        """The mean of the members' scores of all events, each by what did not learn from it."""
        scores = np.full(len(self.targets), np.nan)
        for part in PARTS:
            if part == "official":
                continue
            found = [self._scores(rival, part, member) for member in range(1, count + 1)]
            if any(one is None for one in found):
                return None
            scores[self.parts[part]] = np.mean(found, axis=0)
        return scores

    def _scores(self, rival: Rival, part: str, member: int) -> Floats | None:
        path = place_of(rival, part, member, self.folder) / "scores.npy"
        return np.load(path) if path.exists() else None


def _name(rival: Rival, count: int) -> str:
    if rival.members == 1:
        return rival.name
    return f"{rival.name}, {'1 member' if count == 1 else f'{count} members'}"


if __name__ == "__main__":
    typer.run(main)
