"""Decisions with our centroid statistic and with DR25's: `python -m benchmarks.centroid_decisions`.

The stacks that read a centroid statistic are fitted in the five folds by star of `benchmarks.stack`
to DR25's statistic, and score the events of 29 stars, each in its test fold: with DR25's statistic,
and with ours from the centroids in the light-curve files. Everything else is the same. Fitted
stacks are kept.

The last table contains the scores of the shipped weights `pretrained-full` for the events of the
stars with light-curve files, computed from these files alone and with DR25's statistic.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from scipy.special import expit, logit

import astronet
from astronet.dataset.centroid_statistics import MEASURED
from astronet.dataset.stack_inputs import StackInputs
from astronet.evaluation.decisions import Thresholds
from astronet.lightcurves.arrays import Floats
from astronet.missions import kepler
from astronet.models.stack import Stack
from astronet.runs.prediction import predict_events
from astronet.runs.stack_files import SavedStack, load_stack, save_stack
from astronet.training.stacking import PartRecipe, fit_part
from benchmarks.centroids import measure_all, read_events, read_stars
from benchmarks.folds import QualityFolder
from benchmarks.measuring import one_thread, show
from benchmarks.stack import ROWS, Row, Stacks, digest_of

STACKS = tuple(row.name for row in ROWS if row.name.endswith("pretrained-full"))
"""Stacks of `benchmarks.stack` that are compared."""


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the data of benchmarks.centroids.")],
    store: Annotated[Path, typer.Option(help="Store of DR24.")] = Path("data/stores/dr24"),
    folder: QualityFolder = Path("runs/quality"),
) -> None:
    """Fit the missing stacks, and print the scores and decisions of each event."""
    one_thread()
    stars = dict(read_stars(data))
    events = read_events(data, set(stars))
    measured = {row: one.statistic for row, one in measure_all(stars, events, "").items()}
    found = events.loc[list(measured)].assign(ours=list(measured.values()))
    stacks = Stacks(
        store,
        folder,
        data / "dr24/dr25_dv_statistics.csv.gz",
        data / "koi/dr24_corrected_labels_trainval.csv.gz",
    )
    for name in STACKS:
        _compare(stacks, next(row for row in ROWS if row.name == name), found)
    _from_files(data, events)


def _compare(stacks: Stacks, row: Row, found: pd.DataFrame) -> None:
    """Print the scores of a stack for the events with both statistics."""
    keys = pd.MultiIndex.from_frame(found[["kepid", "tce_plnt_num"]])
    places = pd.MultiIndex.from_frame(stacks.events[["star", "number"]]).get_indexer(keys)
    found, places = found[places >= 0], places[places >= 0]
    dr25 = stacks.inputs.of(places)
    scores = np.full((len(places), 2), np.nan)
    decisions = np.full((len(places), 2), "", object)
    for fold in np.unique(stacks.folds.fold[places]):
        stack = _fitted(stacks, row, int(fold))
        part, thresholds = stack.trees.parts[0], stack.description.thresholds
        rows = np.flatnonzero(stacks.folds.fold[places] == fold)
        ours = found["ours"].to_numpy()[rows]
        for column, inputs in enumerate((dr25.of(rows), _with(dr25.of(rows), ours))):
            scores[rows, column] = expit(part.logits(inputs))
            assert thresholds is not None
            decisions[rows, column] = thresholds.decide(scores[rows, column])
    _show(row.name, found, scores, decisions)


def _with(inputs: StackInputs, statistic: Floats) -> StackInputs:
    """Return the inputs with another centroid statistic [n]."""
    return StackInputs({**inputs.values, "centroid": np.log(statistic)[:, None]}, inputs.known)


def _fitted(stacks: Stacks, row: Row, fold: int) -> SavedStack:
    """Return the stack that is fitted to the other folds, with its thresholds."""
    targets = stacks.targets(row)
    recipe = PartRecipe(forests=row.forests, network_weights=(0.0,))
    key = digest_of([stacks.inputs, *stacks.copies], targets, recipe)
    base = stacks.folder / f"{key}-fold-{fold}"
    hashes = ["0" * 64]  # of no saved weights
    if (saved := load_stack(base, hashes)) is None:
        train = stacks.folds.fold != fold
        folds, more = stacks.folds.fold[train], [copy.of(train) for copy in stacks.copies]
        fitted = fit_part(stacks.inputs.of(train), targets[train], folds, recipe, more)
        known = np.isfinite(fitted.held_out)
        labels = np.round(targets[train][known])  # of the labels with the larger weight
        thresholds = Thresholds.fit(expit(fitted.held_out[known]), labels)
        values = stacks.inputs.values
        counts = [values[name].shape[1] for name in ("networks", "catalogue_networks")]
        stack = Stack(counts[0], counts[1], (fitted.part,))
        save_stack(stack, base, hashes, {"row": row.name, "fold": fold}, thresholds)
        saved = load_stack(base, hashes)
    assert saved is not None
    return saved


def _from_files(data: Path, known: pd.DataFrame) -> None:
    """Print the scores of the shipped weights for the events of the stars with files."""
    scorer = astronet.load("pretrained-full")
    table = kepler.read_catalog(data / "dr24" / "q1_q17_dr24_tce.csv")
    own = table[table["star"].isin([int(place.name) for place in (data / "kepler").glob("*/*")])]
    keys = {"star": "kepid", "number": "tce_plnt_num"}
    named = known.rename(columns={theirs: ours for ours, theirs in keys.items()})
    further = [*keys, "tce_fwm_stat", "disposition", "flagged"]
    events = own.reset_index(drop=True).merge(named[further], on=list(keys), how="left")
    scored = [
        predict_events(scorer, data / "kepler", given, workers=1, quiet=True).table.sort_index()
        for given in (events, events.drop(columns="tce_fwm_stat"))
    ]
    both = (scored[0]["centroid_source"] == "tce_fwm_stat") & (
        scored[1]["centroid_source"] == MEASURED
    )
    found = events.rename(columns=keys).assign(ours=scored[1]["centroid_statistic"])[both]
    scores = np.stack([one.loc[both, "score"].to_numpy() for one in scored], axis=1)
    decisions = np.stack([one.loc[both, "decision"].to_numpy() for one in scored], axis=1)
    _show("pretrained-full, from the light-curve files", found, scores, decisions)


def _show(name: str, found: pd.DataFrame, scores: Floats, decisions: np.ndarray) -> None:
    """Print one row per event, those with different decisions first."""
    at_half = scores >= 0.5
    differs = (at_half[:, 0] != at_half[:, 1]) | (decisions[:, 0] != decisions[:, 1])
    order = np.lexsort((-scores[:, 0], ~differs))
    rows = []
    for place in order:
        event = found.iloc[place]
        rows.append((
            f"{event['kepid']}.{event['tce_plnt_num']:02d}",
            event["disposition"].lower() + (" (offset flag)" if event["flagged"] else ""),
            f"{event['tce_fwm_stat']:.4g}", f"{event['ours']:.4g}",
            *(f"{score:.3f}" for score in scores[place]),
            *decisions[place],
            "differs" if differs[place] else "",
        ))  # fmt: skip
    columns = ["event", "disposition", "DR25's statistic", "ours", "score with DR25's", "with ours"]
    columns += ["decision with DR25's", "with ours", "decisions"]
    show(name, columns, rows, width=180)
    same = (at_half[:, 0] == at_half[:, 1]).sum()
    equal = (decisions[:, 0] == decisions[:, 1]).sum()
    change = np.abs(np.diff(logit(scores), axis=1))
    print(
        f"{name}: {same} of {len(scores)} events are on the same side of 0.5, and {equal} have the "
        f"same decision; the logit changes by {np.median(change):.2f} (median)"
    )


if __name__ == "__main__":
    typer.run(main)
