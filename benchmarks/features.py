"""Quality of the features of the views: `python -m benchmarks.features`.

Gradient-boosted trees on the features are evaluated in the five folds by star of
`benchmarks.quality`, alone and together with the scores of its networks, as far as these exist in
its folder: the score of an event comes from a network that was not trained on its star. The last
tables compare definitions of the secondary view, by the features of the secondary and, after
training with `--train` (about ten minutes, kept and resumed), by a network that reads the view.
"""

from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import Annotated

import numpy as np
import typer
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from astronet.dataset.examples import Examples
from astronet.dataset.features import store_features
from astronet.dataset.store import ViewStore
from astronet.evaluation.comparison import differences
from astronet.evaluation.intervals import star_bootstrap
from astronet.evaluation.metrics import measure
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.features.depth import features_in_ppm
from astronet.lightcurves.features.event import FEATURES, GROUPS
from astronet.lightcurves.features.secondary import SECONDARY_SHAPE, secondary_features
from astronet.lightcurves.phase_bins import bin_centres
from astronet.lightcurves.secondary import secondary_bin
from astronet.lightcurves.view_specs import REBINNED_LOCAL, SECONDARY, SECONDARY_OUTSIDE, ViewSpec
from astronet.lightcurves.views import recut
from benchmarks.folds import (
    FOLDS,
    Model,
    QualityFolder,
    Train,
    evaluated_rows,
    fit,
    folder_of,
    mean_scores,
    open_store,
)
from benchmarks.learners import Network
from benchmarks.measuring import one_thread, show
from benchmarks.models import MODELS

NETWORKS = ("residual", "pair of one-way residual and slim AstroNet")
"""Networks of `benchmarks.quality` whose scores are combined with the features."""

DEFINITIONS = {
    "with the transit": SECONDARY,
    "outside 1.5 durations": SECONDARY_OUTSIDE,
    "outside 2.5 durations": SECONDARY_OUTSIDE.model_copy(update={"exclude_transit": 2.5}),
}
"""Compared definitions of the secondary view."""

VARIANT = Network(
    "residual, secondary without transit",
    "residual-dr24",
    ("views.secondary.exclude_transit=1.5",),
)
"""The network `residual` with the other definition of the secondary view."""

TRES_2 = 11446443
METRICS = ("roc_auc", "average_precision")
SEEDS = 3


class Folds:
    """Labelled events of a store, with functions that train on four folds and score the fifth.

    Args:
        store: Store of the events.
    """

    def __init__(self, store: ViewStore) -> None:
        self.store = store
        targets = Examples(store).targets
        self.kept = np.isfinite(targets)
        self.targets, self.stars = targets[self.kept], store.index["star"].to_numpy()[self.kept]
        self.fold = np.empty(len(store), np.int64)
        for fold in range(FOLDS):
            self.fold[evaluated_rows(store, f"fold-{fold}")] = fold
        self.fold = self.fold[self.kept]

    def scores(self, features: Floats) -> Floats:
        """Return the mean logits [n] of trees of several seeds, each from its test fold."""
        inputs, logits = features[self.kept], np.zeros(len(self.targets))
        for fold in range(FOLDS):
            test = self.fold == fold
            for seed in range(SEEDS):
                trees = HistGradientBoostingClassifier(
                    max_iter=120,  # with more, the top of the ranking is overfitted
                    learning_rate=0.06,
                    max_leaf_nodes=15,
                    min_samples_leaf=60,
                    l2_regularization=10.0,
                    max_features=0.3,
                    early_stopping=False,
                    random_state=seed,
                )
                trees.fit(inputs[~test], self.targets[~test])
                logits[test] += trees.decision_function(inputs[test]) / SEEDS
        return logits

    def of_network(self, model: Model, folder: Path) -> Floats | None:
        """Return the logits [n] of the first member of a network; None if it has not scored all."""
        scores = np.full(len(self.store), np.nan)
        for fold in range(FOLDS):
            found = mean_scores([folder_of(model, f"fold-{fold}", 1, folder)])
            if found is None:
                return None
            scores[evaluated_rows(self.store, f"fold-{fold}")] = found
        return np.asarray(logit(np.clip(scores[self.kept], 1e-6, 1 - 1e-6)))

    def table(self, title: str, logits: Mapping[str, Floats], reference: str) -> None:
        """Print metrics with their 95 % intervals, and the differences from a reference."""
        rows = []
        for name, values in logits.items():
            scores = {"reference": expit(logits[reference]), "model": expit(values)}
            found = measure(scores["model"], self.targets)
            bounds = star_bootstrap(scores["model"], self.targets, self.stars)
            (pair,) = differences(scores, self.targets, self.stars, metrics=METRICS)
            row = [name]
            row += [f"{found[m]:.4f} ({bounds[m][0]:.4f}–{bounds[m][1]:.4f})" for m in METRICS]
            row += [
                "–" if name == reference else "{:+.4f} to {:+.4f}".format(*pair["intervals"][m])
                for m in METRICS
            ]
            rows.append(row)
        columns = ["inputs", "ROC AUC", "average precision (AP)"]
        columns += [f"AUC minus that of {reference}", "AP"]
        show(title, columns, rows, width=150)


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24.")] = Path("data/stores/dr24"),
    folder: QualityFolder = Path("runs/quality"),
    train: Train = False,
) -> None:
    """Train the network with the other secondary view if requested, and print the tables."""
    one_thread()
    folds = Folds(open_store(store))
    if train:
        for fold in range(FOLDS):
            fit(VARIANT, folds.store, f"fold-{fold}", 1, folder)
    store_features(folds.store, quiet=True)  # compiles the kernels, and reads the store
    begin = process_time()
    features = store_features(folds.store)
    milliseconds = 1e3 * (process_time() - begin) / len(features)
    print(f"{len(FEATURES)} features, {milliseconds:.2f} ms of CPU time per event")
    alone = _of_features(folds, features)
    for model in MODELS:
        if model.name in NETWORKS:
            _with_network(folds, features, alone, model, folder)
    _secondaries(folds, features)
    _networks(folds, folder)


def _of_features(folds: Folds, features: Floats) -> Floats:
    """Print the quality of the features alone and of their groups; return the logits of all."""
    depth = folds.store.index["depth_ppm"].to_numpy(np.float64)
    in_ppm = features_in_ppm(features, depth)
    logits = {"all features": folds.scores(features)}
    logits["all features, also in ppm"] = folds.scores(np.hstack([features, in_ppm]))
    for name, columns in _places().items():
        logits[f"without {name}"] = folds.scores(np.delete(features, columns, axis=1))
        logits[f"only {name}"] = folds.scores(features[:, columns])
    folds.table(f"{len(folds.targets)} events, trees on features", logits, "all features")
    return logits["all features"]


def _with_network(
    folds: Folds, features: Floats, alone: Floats, model: Model, folder: Path
) -> None:
    """Print what the features add to the scores of a network."""
    network = folds.of_network(model, folder)
    if network is None:
        print(f"{model.name}: not all folds are in {folder}; run `python -m benchmarks.quality`")
        return
    column = np.full(len(folds.store), np.nan)
    column[folds.kept] = network
    stacked = folds.scores(np.column_stack([features, column]))
    logits = {
        "network": network,
        "trees on features": alone,
        "mean logit of both": (network + alone) / 2,
        "trees on features and the network's logit": stacked,
        "mean logit of these and of the network": (network + stacked) / 2,
    }
    folds.table(model.name, logits, "network")


def _places() -> dict[str, Ints]:
    """Return the columns of each group of features."""
    ends = np.cumsum([len(group) for group in GROUPS.values()])
    begins = ends - [len(group) for group in GROUPS.values()]
    return {
        name: np.arange(begin, end) for name, begin, end in zip(GROUPS, begins, ends, strict=True)
    }


def _secondaries(folds: Folds, features: Floats) -> None:
    """Compare the definitions of the secondary view by the features of the secondary."""
    first = next(iter(DEFINITIONS))
    alone, added, single = {}, {}, []
    places = _places()
    rest = np.delete(features, np.concatenate([places["secondary"], places["boxes"]]), axis=1)
    # The distance of the secondary depends on the duration, which is informative itself.
    fraction = features[:, [[feature.name for feature in FEATURES].index("transit_fraction")]]
    for name, spec in DEFINITIONS.items():
        columns = _of_secondary(folds.store, spec)
        alone[name] = folds.scores(np.hstack([fraction, columns]))
        added[name] = folds.scores(np.hstack([rest, columns]))
        both = (columns[folds.kept, k] for k in (0, 1))
        areas = (f"{roc_auc_score(folds.targets, -values):.4f}" for values in both)
        single.append([name, *areas, *_tres_2(folds.store, columns, spec)])
    folds.table("secondary and duration / period", alone, first)
    folds.table("with all features but boxes and secondary", added, first)
    header = ["secondary", "AUC of its depth", "of its significance"]
    header += ["TrES-2: phase", "depth", "significance", "minimum of the view"]
    show("each feature alone", header, single, width=150)


def _networks(folds: Folds, folder: Path) -> None:
    """Compare the definitions of the secondary view by a network that reads the view."""
    base = next(model for model in MODELS if model.name == NETWORKS[0])
    both = {model.name: folds.of_network(model, folder) for model in (base, VARIANT)}
    found = {name: logits for name, logits in both.items() if logits is not None}
    if len(found) == len(both):
        folds.table("network with either secondary view", found, base.name)
    else:
        print(f"{VARIANT.name}: not all folds are in {folder}; use --train")


def _of_secondary(store: ViewStore, spec: ViewSpec) -> Floats:
    """Return the features `SECONDARY_SHAPE` and the phase of the secondary [n, 7]."""
    found = np.empty((len(store), len(SECONDARY_SHAPE) + 1))
    for k in range(len(store)):
        whole, event = _event(store, k)
        first, last, width = spec.window(event)
        x = np.linspace(first + width / 2, last - width / 2, spec.bins) / event.duration
        local, secondary = recut(whole, event, REBINNED_LOCAL), recut(whole, event, spec)
        found[k, :-1] = secondary_features(secondary, local, x)
        found[k, -1] = abs(bin_centres(len(whole), 1.0)[secondary_bin(whole, event, spec)])
    return found


def _event(store: ViewStore, row: int) -> tuple[Floats, Ephemeris]:
    """Return the global view [bins] of an event, and its ephemeris with the epoch 0."""
    period, duration = (store.index[name].iloc[row] for name in ("period_days", "duration_days"))
    return store.views["global"][row].astype(np.float64), Ephemeris(period, 0.0, duration)


def _tres_2(store: ViewStore, found: Floats, spec: ViewSpec) -> tuple[str, ...]:
    """Return distance, depth and significance of TrES-2's secondary, and its view's minimum."""
    rows = np.flatnonzero(store.index["star"] == TRES_2)
    if not len(rows):
        return ("–",) * 4
    depth, significance, *_, phase = found[rows[0]]
    lowest = recut(*_event(store, rows[0]), spec).min()
    return f"{phase:.3f}", f"{depth:.4f}", f"{significance:.1f}", f"{lowest:.4f}"


if __name__ == "__main__":
    typer.run(main)
