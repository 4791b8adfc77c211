"""Quality of stacks of trees and networks: `python -m benchmarks.stack`.

The events of DR24's store are evaluated in the five folds by star of `benchmarks.quality`, whose
networks must exist in its folder: the logit of an event comes from a network that was not trained
on its star. The trees, the weight of the networks and the calibration of a fold are fitted to the
other four folds only. Finished stacks are kept and not repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.progress import track
from scipy.special import expit, logit

from astronet.catalogs.joining import join_by_ephemeris
from astronet.dataset.features import store_features
from astronet.dataset.stack_inputs import CENTROID, Group, StackInputs, stack_inputs
from astronet.evaluation.comparison import differences
from astronet.evaluation.intervals import star_bootstrap
from astronet.evaluation.metrics import measure
from astronet.lightcurves.arrays import Floats
from astronet.missions.tables import read_catalog
from astronet.training.copies import VARIED, VARIED_COPIES, copied_events
from astronet.training.forests import fit_forest
from astronet.training.stacking import WEIGHTS, PartRecipe, fit_part
from benchmarks.features import Folds
from benchmarks.folds import FOLDS, QualityFolder, open_store
from benchmarks.measuring import one_thread, show
from benchmarks.models import MODELS

VIEW_NETWORKS = (
    "one-way residual taught by the catalogue",
    "slim AstroNet taught by the catalogue",
)
CATALOGUE_NETWORKS = ("residual and scalars",)
"""Networks of `benchmarks.quality` whose logits the trees read."""

Statistics = Annotated[Path, typer.Option(help="DR25's data-validation statistics.")]
KoiLabels = Annotated[Path, typer.Option(help="Labels of today's KOI table.")]
STATISTICS = Path("../shared/data/dr24/dr25_dv_statistics.csv.gz")
KOI_LABELS = Path("../shared/data/koi/dr24_corrected_labels_trainval.csv.gz")
"""Command-line options shared by `stack` and `coarse`, and their defaults."""

_KEYS = ["star", "number"]
_METRICS = ("roc_auc", "average_precision")
_V: tuple[Group, ...] = ("views", "networks")
_S: tuple[Group, ...] = ("depth", "siblings")
_C: tuple[Group, ...] = ("catalogue", "catalogue_networks")
_STAR: tuple[tuple[Group, ...], ...] = ((*_V, "siblings"), ("views", "siblings"))
_SCALARS: tuple[tuple[Group, ...], ...] = (
    (*_V, *_S, "catalogue"),
    ("networks", *_S, *_C),
)
_FULL: tuple[tuple[Group, ...], ...] = (
    (*_V, *_S, *_C, "centroid"),
    ("networks", *_S, *_C, "centroid"),
)


@dataclass(frozen=True)
class Row:
    """Stack of a table.

    Attributes:
        name: Name in the table.
        forests: Groups of inputs that each of the averaged forests reads.
        reference: Name of the row or network that it is compared with.
        networks: Whether networks are used; otherwise, the scores of the siblings are from trees.
            The logit of trees that read more than the networks is not averaged with theirs.
        today: Weight of the labels of today's KOI table in training.
    """

    name: str
    forests: tuple[tuple[Group, ...], ...]
    reference: str
    networks: bool = True
    today: float = 0.0


ROWS = (
    Row("pretrained", (("views",), _V), "networks"),
    Row("pretrained without networks", (("views",),), "networks", networks=False),
    Row("pretrained-star", _STAR, "pretrained"),
    Row(
        "pretrained-star without networks", (("views", "siblings"),), "pretrained-star",
        networks=False,
    ),
    Row("pretrained-scalars", _SCALARS, "network with scalars"),
    Row(
        "pretrained-scalars without networks", (("views", *_S, "catalogue"),),
        "pretrained-scalars", networks=False,
    ),
    Row("pretrained-full", _FULL, "pretrained-scalars"),
    Row(
        "pretrained-full without networks", (("views", *_S, "catalogue", "centroid"),),
        "pretrained-full", networks=False,
    ),
    Row("trained on today's labels: pretrained-star", _STAR, "pretrained-star", today=1.0),
    Row("trained on today's labels: pretrained-scalars", _SCALARS, "pretrained-scalars",
        today=1.0),
    Row("trained on today's labels: pretrained-full", _FULL, "pretrained-full", today=1.0),
    Row("today's labels with weight 0.25: pretrained-full", _FULL, "pretrained-full", today=0.25),
)  # fmt: skip
"""Stacks, in the order of the table."""


class Stacks:
    """Events of a store with the inputs of the stacks, and functions that evaluate these in folds.

    Args:
        store: Folder of the store.
        quality: Folder of `benchmarks.quality`.
        statistics: Table of DR25's data-validation statistics.
        labels: Table of corrected labels.
    """

    def __init__(self, store: Path, quality: Path, statistics: Path, labels: Path) -> None:
        self.folds = Folds(open_store(store))
        self.folder = quality / "stack"
        self.folder.mkdir(exist_ok=True)
        kept, index = self.folds.kept, self.folds.store.index
        self.events = events = index[kept].reset_index(drop=True)
        events[CENTROID] = _statistic(events, statistics)
        self.corrected = _column(events, labels, "planet_corrected")
        self.certain = _column(events, labels, "certain") == 1
        features = store_features(self.folds.store)[kept]
        logits = self._logits(VIEW_NETWORKS, quality)
        catalogue = self._logits(CATALOGUE_NETWORKS, quality)
        self.networks = {
            "networks": logit(expit(logits).mean(axis=1)),
            "network with scalars": catalogue.mean(axis=1),
        }
        copied = [self._copied(number)[kept] for number in range(VARIED_COPIES)]
        self.inputs, *self.copies = (
            stack_inputs(given, logits, events, catalogue) for given in (features, *copied)
        )
        self.without, self.copies_without = self.inputs, self.copies
        alone = self.scores(Row("trees alone", (("views",),), "", networks=False))
        self.without, *self.copies_without = (
            stack_inputs(given, alone[:, None], events) for given in (features, *copied)
        )

    def _copied(self, number: int) -> Floats:
        """Return the features of copies of all events [n, k], which are kept in the folder."""
        path = self.folder / f"copy-{self.folds.store.digest[:16]}-{number}.npy"
        if not path.exists():
            np.save(path, copied_events(self.folds.store, VARIED, number).features)
        return np.asarray(np.load(path))

    def targets(self, row: Row) -> Floats:
        """Return the targets [n] of the trees of a stack."""
        return np.asarray((1 - row.today) * self.folds.targets + row.today * self.corrected)

    def scores(self, row: Row) -> Floats:
        """Return the calibrated logits [n] of a stack, each from its test fold; NaN if unknown."""
        inputs, copies = self.inputs, self.copies
        if not row.networks:
            inputs, copies = self.without, self.copies_without
        alike = row.networks and all(group in _V for groups in row.forests for group in groups)
        weights = WEIGHTS if alike else (0.0,)
        recipe = PartRecipe(forests=row.forests, network_weights=weights)
        targets = self.targets(row)
        path = self.folder / f"{digest_of([inputs, *copies], targets, recipe)}.npy"
        if path.exists():
            return np.asarray(np.load(path))
        logits = np.full(len(targets), np.nan)
        for fold in track(range(FOLDS), row.name, transient=True):
            test = self.folds.fold == fold
            more = [copy.of(~test) for copy in copies]
            folds = self.folds.fold[~test]
            fitted = fit_part(inputs.of(~test), targets[~test], folds, recipe, more)
            rows = np.flatnonzero(test & inputs.with_all(recipe.groups))
            logits[rows] = fitted.part.logits(inputs.of(rows))
            weight = fitted.part.network_weight
            print(f"{row.name}, fold {fold}: weight of the networks {weight:.1f}", flush=True)
        np.save(path, logits)
        return logits

    def _logits(self, names: Sequence[str], quality: Path) -> Floats:
        """Return the out-of-fold logits [n, m] of the networks with the given names."""
        columns = []
        for name in names:
            model = next(model for model in MODELS if model.name == name)
            if (found := self.folds.of_network(model, quality)) is None:
                raise SystemExit(
                    f"error: not all folds of {name} are in {quality}; run `python -m "
                    "benchmarks.quality`"
                )
            columns.append(found)
        return np.stack(columns, axis=1)

    def table(self, rows: Sequence[Row], logits: dict[str, Floats], *, corrected: bool) -> None:
        """Print the metrics of stacks for the labels of 2018 or, with `corrected`, of today."""
        name = "certain labels of today's KOI table" if corrected else "labels of 2018"
        lines = [self._line(row, logits, corrected=corrected) for row in rows]
        columns = ["stack", "events", "ROC AUC", "average precision (AP)"]
        columns += ["recall at precision 0.95", "at 0.99", "calibration error", "compared with"]
        columns += ["AUC minus that", "AP minus that"]
        show(f"five folds by star, {name}", columns, lines, width=230)

    def _line(self, row: Row, logits: dict[str, Floats], *, corrected: bool) -> tuple[str, ...]:
        own, reference = logits[row.name], logits.get(row.reference, logits[row.name])
        targets = self.corrected if corrected else self.folds.targets
        kept = np.isfinite(own) & np.isfinite(reference) & (self.certain | (not corrected))
        stars, y = self.folds.stars[kept], targets[kept]
        scores = {"reference": expit(reference[kept]), "model": expit(own[kept])}
        values, bounds = measure(scores["model"], y), star_bootstrap(scores["model"], y, stars)
        names = (*_METRICS, "recall_at_precision_95", "recall_at_precision_99", "ece")
        places = (4, 4, 3, 3, 3)
        texts = [
            f"{values[n]:.{p}f} ({bounds[n][0]:.{p}f}–{bounds[n][1]:.{p}f})"
            for n, p in zip(names, places, strict=True)
        ]
        if row.reference == row.name or row.reference not in logits:
            return row.name, str(len(y)), *texts, "–", "–", "–"
        (pair,) = differences(scores, y, stars, metrics=_METRICS)
        minus = ["{:+.4f} to {:+.4f}".format(*pair["intervals"][metric]) for metric in _METRICS]
        return row.name, str(len(y)), *texts, row.reference, *minus


def _time(stacks: Stacks) -> None:
    """Print the time that the trees of one pattern take per event."""
    inputs = stacks.inputs.columns(stacks.inputs.values)
    forest = fit_forest(inputs, stacks.folds.targets)
    begin = process_time()
    forest.logits(inputs)
    microseconds = 1e6 * (process_time() - begin) / len(inputs)
    print(f"{len(forest.roots)} trees take {microseconds:.0f} µs of CPU time per event")


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24.")] = Path("data/stores/dr24"),
    folder: QualityFolder = Path("runs/quality"),
    statistics: Statistics = STATISTICS,
    labels: KoiLabels = KOI_LABELS,
    only: Annotated[str, typer.Option(help="Beginning of the names of the stacks.")] = "",
) -> None:
    """Fit the missing stacks and print the tables."""
    one_thread()
    stacks = Stacks(store, folder, statistics, labels)
    logits = dict(stacks.networks)
    rows = [row for row in ROWS if row.name.startswith(only)]
    for row in rows:
        logits[row.name] = stacks.scores(row)
    _time(stacks)
    networks = [Row(name, (), name) for name in stacks.networks]
    for corrected in (False, True):
        stacks.table([*networks, *rows], logits, corrected=corrected)


def _statistic(events: pd.DataFrame, path: Path) -> Floats:
    """Return DR25's centroid statistic [n] of n events of DR24; NaN for missing events.

    The events are joined by ephemeris, because the two searches number them differently.
    """
    if not path.exists():
        raise SystemExit(f"error: {path} does not exist")
    columns = ["star", "number", "period_days", "epoch_bkjd", "duration_days"]
    joined = join_by_ephemeris(events[columns], read_catalog(path))
    return np.asarray(joined["joined_tce_fwm_stat"].to_numpy(np.float64))


def _column(events: pd.DataFrame, path: Path, name: str) -> Floats:
    """Return a column of a table of the archive [n] for n events; NaN for missing events."""
    if not path.exists():
        raise SystemExit(f"error: {path} does not exist")
    table = pd.read_csv(path).rename(columns={"kepid": "star", "tce_plnt_num": "number"})
    found = events[_KEYS].merge(table[[*_KEYS, name]], on=_KEYS, how="left")
    return np.asarray(found[name].astype(np.float64).to_numpy())


def digest_of(copies: Sequence[StackInputs], targets: Floats, recipe: PartRecipe) -> str:
    """Return a hash of everything that determines the scores of a stack."""
    digest = sha256(recipe.model_dump_json().encode() + targets.tobytes())
    for inputs in copies:
        for group in recipe.groups:
            digest.update(np.ascontiguousarray(inputs.values[group]).tobytes())
            digest.update(inputs.known[group].tobytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    typer.run(main)
