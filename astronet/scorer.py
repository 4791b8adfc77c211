"""Scores from trained networks, for stores, light curves and single events."""

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from astronet.dataset.batches import Batch
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError, RunError
from astronet.lightcurves.arrays import Floats, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.preparation import prepare_star, thin_coverage
from astronet.models.ensemble import Ensemble
from astronet.models.precision import Precision, autocast, has_bfloat16
from astronet.run import Run

_ROWS_AT_ONCE = 64
"""Above some 64 rows the activations leave a processor's cache and scoring slows down."""


class Scorer:
    """One or several runs whose scores are averaged (the paper's ensemble; S&V 2018, §5.4).

    It computes in bfloat16 where the runs were trained so and the hardware has it; in float32 the
    same scores come out to a few 1e-3, more slowly.

    A score is between 0 and 1 and ranks events under the labels of the run; it is not the
    probability of a planet.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = tuple(runs)
        first = self.runs[0].experiment
        for run in self.runs[1:]:
            for part, ours, theirs in (
                ("views", first.views, run.experiment.views),
                ("preparation", first.preparation, run.experiment.preparation),
                ("reading", first.source.reading, run.experiment.source.reading),
                ("labels", first.data.labels, run.experiment.data.labels),
                ("splits", first.data.split, run.experiment.data.split),
                ("precision", first.training.precision, run.experiment.training.precision),
            ):
                if ours != theirs:
                    raise RunError(
                        f"{run.path} and {self.runs[0].path} were trained on different {part}; "
                        "average only runs of one kind"
                    )
        self.experiment = first
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        rounded = first.training.precision == "bfloat16" and has_bfloat16(self.device)
        self.precision: Precision = "bfloat16" if rounded else "float32"
        self.network = Ensemble([run.load_network() for run in self.runs]).to(self.device).eval()

    @property
    def name(self) -> str:
        """The runs' names, joined."""
        return " + ".join(run.path.name for run in self.runs)

    def prepare(
        self, curve: LightCurve, ephemerides: Sequence[Ephemeris]
    ) -> list[dict[str, Views] | LightCurveError]:
        """The views of a star's events as the network was trained on, or why there are none.

        Raises:
            LightCurveError: The curve cannot be flattened.
        """
        experiment = self.experiment
        return prepare_star(curve, ephemerides, experiment.views, experiment.preparation)

    def score(self, curve: LightCurve, ephemeris: Ephemeris) -> float:
        """The score of one event of a raw (not yet flattened) light curve.

        Warns where the event is seen so rarely that its score means little.

        Raises:
            LightCurveError: There is nothing to see in the curve at that ephemeris.
        """
        (views,) = self.prepare(curve, [ephemeris])
        if isinstance(views, LightCurveError):
            raise views
        if remark := thin_coverage(curve, ephemeris):
            warnings.warn(f"star {curve.star}: {remark}", stacklevel=2)
        return float(self.score_views({name: view[None] for name, view in views.items()})[0])

    def score_store(self, store: ViewStore) -> Floats:
        """Scores [n] of all rows of a store.

        Raises:
            StoreError: The store lacks a view that the network wants, and what to cut it from.
        """
        return self.score_views(views_of(store, self.experiment.views))

    def score_views(self, views: Mapping[str, AnyView]) -> Floats:
        """Scores [n] of views [n, bins] by name."""
        names = list(self.experiment.views)
        scores = np.empty(len(views[names[0]]))
        chunks = [slice(k, k + _ROWS_AT_ONCE) for k in range(0, len(scores), _ROWS_AT_ONCE)]
        threads = torch.get_num_threads() if self.device.type == "cpu" else 1
        shares = [share for k in range(threads) if (share := chunks[k::threads])]

        def score(share: Sequence[slice]) -> None:
            with torch.inference_mode(), autocast(self.precision, self.device):
                for rows in share:
                    batch = self._batch({name: views[name][rows] for name in names})
                    scores[rows] = torch.sigmoid(self.network(batch).double()).cpu().numpy()

        if len(shares) <= 1:
            score(chunks)
            return scores
        # Chunks side by side, one thread each, are faster than several threads within a chunk.
        with ThreadPoolExecutor(len(shares), initializer=lambda: torch.set_num_threads(1)) as pool:
            list(pool.map(score, shares))
        torch.set_num_threads(threads)
        return scores

    def _batch(self, views: Mapping[str, Views]) -> Batch:
        """Views [b, bins] on the device, in memory that the network may have."""
        tensors = {
            name: torch.from_numpy(np.array(view, np.float32)).to(self.device)
            for name, view in views.items()
        }
        return Batch(tensors, None, torch.zeros(len(next(iter(views.values())))))


def load(*runs: str | Path) -> Scorer:
    """Opens trained runs for scoring; several are averaged.

    Args:
        runs: Run folders.

    Raises:
        RunError: A run is missing, incomplete or of another kind than the first.
    """
    if not runs:
        raise RunError("which run? give the folder that `astronet train` made, e.g. runs/demo")
    return Scorer([Run.load(Path(run)) for run in runs])
