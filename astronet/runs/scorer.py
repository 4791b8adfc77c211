"""Scores from trained networks, for stores, light curves and single events."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch

from astronet.config import Experiment, widest
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.scalars import SCALARS, columns_of, remark_on, scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import ArchiveError, LightCurveError, RunError
from astronet.lightcurves.arrays import Floats, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.preparation import prepare_star, thin_coverage
from astronet.missions import MISSIONS
from astronet.missions.settings import Source
from astronet.models.batches import Batch
from astronet.models.ensemble import Ensemble
from astronet.models.inference import fused
from astronet.models.layers import count_parameters
from astronet.models.precision import Rounding, autocast, has_bfloat16
from astronet.runs.run import Run
from astronet.runs.shipped import Shipped, load_shipped
from astronet.stars.views import Recipe

_logger = logging.getLogger("astronet")

_ROWS_AT_ONCE, _ROWS_OF_SMALL = 64, 256
"""Above so many rows the activations leave a processor's cache and scoring slows down; those of a
small network take less room."""

_SMALL = 1_000_000
"""A network of fewer parameters is small."""


class Trained(Protocol):
    """What a scorer and a report need of whatever was trained: a `Run`, or `Shipped` weights.

    As text it is what messages call it.
    """

    @property
    def name(self) -> str:
        """A short name."""

    @property
    def experiment(self) -> Experiment:
        """The config of the training."""

    @property
    def record(self) -> dict[str, Any]:
        """Versions, hashes and times, as JSON holds them."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it is made of."""

    @property
    def results(self) -> Path:
        """The folder for evaluations."""

    def load_network(self) -> torch.nn.Module:
        """The network, ready to score: a batch → logits [b]."""


class Scorer:
    """One or several runs whose scores are averaged (the paper's ensemble; S&V 2018, §5.4).

    It computes in bfloat16 where the runs were trained so and the hardware has it; in float32 the
    same scores come out to a few 1e-3, more slowly.

    A score is between 0 and 1 and ranks events under the labels of the run; it is not the
    probability of a planet. Shipped weights bring a calibration, which is applied.
    """

    def __init__(self, trained: Sequence[Trained]) -> None:
        self.trained = tuple(trained)
        first = widest([(str(run), run.experiment) for run in self.trained])
        self.experiment = first
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        rounded = first.training.precision == "bfloat16" and has_bfloat16(self.device)
        self.precision: Rounding = "bfloat16" if rounded else "float32"
        self.network = Ensemble([run.load_network() for run in self.trained]).to(self.device).eval()
        self._fast = fused(self.network)

    @property
    def name(self) -> str:
        """The runs' names, joined."""
        return " + ".join(run.name for run in self.trained)

    @property
    def shipped(self) -> list[Shipped]:
        """Those of them that come with the package."""
        return [one for one in self.trained if isinstance(one, Shipped)]

    def recipe(self, folder: Path, source: Source | None = None, *, stars: int = 1) -> Recipe:
        """Return how the views of stars are made from their files: as in training.

        Args:
            folder: Folder of light curves; for some missions, the light curve of a single star.
            source: Mission of the files and how they are read; None reads them as in training.
            stars: Number of stars to read.

        Raises:
            ArchiveError: There is no such folder, or it is a file but must not be.
        """
        experiment = self.experiment
        source = source or experiment.source
        if folder.is_file() and (stars > 1 or not MISSIONS[source.mission].SPEC.single_file):
            raise ArchiveError(
                f"{folder} is a file; give the folder of the light curves, or score one star of "
                "mission custom, whose reader needs a clock: bkjd, btjd or bjd",
                arguments=("data", "mission", "reader"),
            )
        if not folder.exists():
            raise ArchiveError(
                f"there is no folder {folder}; give the folder of the light curves",
                arguments=("data",),
            )
        return Recipe(
            source.mission, folder, source.reader, experiment.preparation, experiment.views
        )

    def prepare(
        self, curve: LightCurve, ephemerides: Sequence[Ephemeris]
    ) -> list[dict[str, Views] | LightCurveError]:
        """The views of a star's events as the network was trained on, or why there are none.

        Raises:
            LightCurveError: The curve cannot be flattened.
        """
        experiment = self.experiment
        return prepare_star(curve, ephemerides, experiment.views, experiment.preparation)

    def score(
        self,
        curve: LightCurve,
        ephemeris: Ephemeris,
        known: Mapping[str, float] | None = None,
    ) -> float:
        """The score of one event of a raw (not yet flattened) light curve.

        Warns where the event is seen so rarely that its score means little.

        Args:
            curve: The star's light curve.
            ephemeris: The event; it also gives the period and the duration of its scalars.
            known: What else a catalogue knows of it, such as depth_ppm, snr or star_radius_sun,
                for networks that read scalars; see `astronet.dataset.scalars`.

        Raises:
            LightCurveError: There is nothing to see in the curve at that ephemeris.
            RunError: `known` names what no scalar is made of.
        """
        event = self._event(ephemeris, known or {})
        (views,) = self.prepare(curve, [ephemeris])
        if isinstance(views, LightCurveError):
            raise views
        if remark := thin_coverage(curve, ephemeris):
            warnings.warn(f"star {curve.star}: {remark}", stacklevel=2)
        scalars = scalars_of(event, self.experiment.scalars)
        return float(self.score_views({n: view[None] for n, view in views.items()}, scalars)[0])

    def score_store(self, store: ViewStore) -> Floats:
        """Scores [n] of all rows of a store.

        Raises:
            StoreError: The store lacks a view that the network wants, and what to cut it from.
        """
        return self.score_views(
            views_of(store, self.experiment.views), self.scalars_of(store.index)
        )

    def scalars_of(self, events: pd.DataFrame) -> Views:
        """The scalars [n, k] that the network reads of events [n], NaN where unknown.

        Remarks on it where the events have none but those of their ephemerides.
        """
        if remark := remark_on(events, self.experiment.scalars):
            _logger.warning(remark)
        return scalars_of(events, self.experiment.scalars)

    def score_views(self, views: Mapping[str, AnyView], scalars: Views | None = None) -> Floats:
        """Scores [n] of views [n, bins] by name.

        Args:
            views: The views that the network reads; others may be there.
            scalars: What `scalars_of` gives [n, k]; by default all are unknown.
        """
        names = list(self.experiment.views)
        scores = np.empty(len(views[names[0]]))
        if scalars is None:
            scalars = np.full((len(scores), len(self.experiment.scalars)), np.nan, np.float32)
        small = count_parameters(self.network) < _SMALL
        size = _ROWS_OF_SMALL if small else _ROWS_AT_ONCE
        chunks = [slice(k, k + size) for k in range(0, len(scores), size)]
        threads = torch.get_num_threads() if self.device.type == "cpu" else 1
        shares = [share for k in range(threads) if (share := chunks[k::threads])]

        def score(share: Sequence[slice]) -> None:
            with torch.inference_mode(), autocast(self.precision, self.device):
                for rows in share:
                    some = {name: views[name][rows] for name in names}
                    batch = self._batch(some, scalars[rows])
                    scores[rows] = torch.sigmoid(self._fast(batch).double()).cpu().numpy()

        if len(shares) <= 1:
            score(chunks)
            return scores
        # Chunks side by side, one thread each, are faster than several threads within a chunk.
        with ThreadPoolExecutor(len(shares), initializer=lambda: torch.set_num_threads(1)) as pool:
            list(pool.map(score, shares))
        torch.set_num_threads(threads)
        return scores

    def _batch(self, views: Mapping[str, Views], scalars: Views) -> Batch:
        """Views [b, bins] and scalars [b, k] on the device, in memory that the network may have."""
        tensors = {
            name: torch.from_numpy(np.array(view, np.float32)).to(self.device)
            for name, view in views.items()
        }
        known = torch.from_numpy(np.array(scalars, np.float32)).to(self.device)
        return Batch(tensors, known, torch.zeros(len(scalars)))

    def _event(self, ephemeris: Ephemeris, known: Mapping[str, float]) -> pd.DataFrame:
        """A table of one event: what is known of it, and its ephemeris.

        Raises:
            RunError: A name is none of the columns that scalars are made of.
        """
        columns = columns_of([*SCALARS, *self.experiment.scalars])
        if wrong := sorted(set(known) - set(columns)):
            raise RunError(f"known: no scalar is made of {wrong[0]!r}; give {', '.join(columns)}")
        own = {"period_days": ephemeris.period, "duration_days": ephemeris.duration}
        return pd.DataFrame([dict(known) | own])


def load(*runs: str | Path, folder: Path | None = None) -> Scorer:
    """Opens trained runs or shipped weights for scoring; several are averaged.

    Args:
        runs: Run folders, or names of shipped weights, for example `pretrained`; where a path of
            that name exists, the path is meant.
        folder: Where shipped weights lie; by default those that come with the package.

    Raises:
        RunError: A run is missing, incomplete or of another kind than the first; no shipped
            weights have that name, or a file of theirs is not as it was packed.
    """
    if not runs:
        raise RunError("which run? give the folder that `astronet train` made, e.g. runs/demo")
    trained = [_open(Path(run), folder) for run in runs]
    for one in trained:
        if isinstance(one, Shipped):
            _logger.info("weights: %s", one)
    return Scorer(trained)


def _open(path: Path, folder: Path | None) -> Trained:
    """A run folder, or, where there is no such path, the shipped weights of that name."""
    is_name = len(path.parts) == 1 and not path.exists()
    return load_shipped(path.name, folder) if is_name else Run.load(path)
