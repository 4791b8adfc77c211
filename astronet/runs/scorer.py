"""Scores from trained networks, for stores, light curves and single events."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.scalars import event_table, remark_on, scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import ArchiveError, LightCurveError, RunError
from astronet.lightcurves.arrays import Floats, Ints, Views
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
from astronet.runs.averaging import widest
from astronet.runs.run import Run
from astronet.runs.shipped import Shipped, load_shipped
from astronet.runs.trained import Trained
from astronet.stars.views import Recipe

_logger = logging.getLogger("astronet")

_ROWS_AT_ONCE, _ROWS_OF_SMALL = 64, 256
"""Batch sizes on the CPU for large and small networks. With larger batches, the activations exceed
the processor's cache and scoring is slower."""

_ROWS_ON_GPU = 2048
"""Batch size on a GPU. Smaller batches do not use the whole GPU (see benchmarks/gpu.py)."""

_SMALL = 1_000_000
"""Number of parameters below which a network is scored in batches of `_ROWS_OF_SMALL`."""


class Scorer:
    """One or several trained networks whose scores are averaged (ensemble; S&V 2018, §5.4).

    Scores are computed in bfloat16 if the networks were trained in bfloat16 and the hardware
    supports it, otherwise in float32. The scores of a network trained in bfloat16 can change by
    several thousandths if they are computed in float32.

    A score is between 0 and 1 and ranks events according to the labels used in training; it is not
    the probability that an event is a planet. Scores of shipped weights are calibrated.

    Args:
        trained: Runs or shipped weights; at least one.
        device: Device on which scores are computed; None means a GPU if one is available, and
            otherwise the CPU.

    Attributes:
        experiment: Config with all views and scalars that the networks read.
        batch_size: Number of events per batch. On the CPU, each thread scores one batch at a time.

    Raises:
        RunError: `trained` is empty, the networks cannot be averaged, or the weights of a network
            cannot be loaded.
    """

    def __init__(
        self, trained: Sequence[Trained], *, device: torch.device | str | None = None
    ) -> None:
        self.trained = tuple(trained)
        first = widest([(str(run), run.experiment) for run in self.trained])
        self.experiment = first
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        rounded = first.training.precision == "bfloat16" and has_bfloat16(self.device)
        self.precision: Rounding = "bfloat16" if rounded else "float32"
        self.network = Ensemble([run.load_network() for run in self.trained]).to(self.device).eval()
        self._fast = fused(self.network)
        self.batch_size = _batch_size(count_parameters(self.network), self.device)

    @property
    def name(self) -> str:
        """Names of the runs and shipped weights, joined by " + "."""
        return " + ".join(run.name for run in self.trained)

    @property
    def shipped(self) -> list[Shipped]:
        """The shipped weights in `trained`; empty if there are only runs."""
        return [one for one in self.trained if isinstance(one, Shipped)]

    def recipe(self, folder: Path, source: Source | None = None, *, stars: int = 1) -> Recipe:
        """Return the settings for preparing views from files in the same way as in training.

        Args:
            folder: Folder of light curves or, for mission custom and a single star, the star's
                file.
            source: Mission and reader options of the files; None means those used in training.
            stars: Number of stars to score.

        Raises:
            ArchiveError: `folder` does not exist, or is a file although the mission requires a
                folder or there are several stars.
        """
        experiment = self.experiment
        source = source or experiment.source
        if folder.is_file() and (stars > 1 or not MISSIONS[source.mission].SPEC.single_file):
            raise ArchiveError(
                f"{folder} is a file, not a folder; give the folder of the light curves, or, for a "
                "single light curve of your own, set mission to custom and the reader option clock "
                "to bkjd, btjd or bjd",
                arguments=("data", "mission", "reader"),
            )
        if not folder.exists():
            raise ArchiveError(
                f"{folder} does not exist; give the folder of the light curves, or, if the mission "
                "is custom, the path of a single light curve",
                arguments=("data",),
            )
        return Recipe.of(source, experiment.preparation, experiment.views, folder)

    def prepare(
        self, curve: LightCurve, ephemerides: Sequence[Ephemeris]
    ) -> list[dict[str, Views] | LightCurveError]:
        """Return the views of one star's events, prepared in the same way as in training.

        Args:
            curve: Raw (not detrended) light curve of the star.
            ephemerides: Ephemerides of the events.

        Returns:
            One item per event: its views by name, or the error that prevented their computation.

        Raises:
            LightCurveError: The light curve cannot be detrended.
        """
        experiment = self.experiment
        return prepare_star(curve, ephemerides, experiment.views, experiment.preparation)

    def score(
        self,
        curve: LightCurve,
        ephemeris: Ephemeris,
        known: Mapping[str, float] | None = None,
    ) -> float:
        """Return the score of one event in a raw (not detrended) light curve.

        A warning is issued if the score is unreliable, for example if the light curve covers fewer
        than two transits.

        Args:
            curve: Light curve of the star.
            ephemeris: Ephemeris of the event; its period and duration are also used to compute
                scalars, if the network reads any.
            known: Values of other catalogue columns by name, for example depth_ppm, snr or
                star_radius_sun, for networks that read scalars; see `astronet.dataset.scalars`.

        Raises:
            LightCurveError: The light curve cannot be detrended, or has no usable points at this
                ephemeris, for example because the epoch is in another time system.
            RunError: A key of `known` is not a catalogue column used by any scalar.

        Examples:
            >>> import astronet
            >>> curve = astronet.missions.kepler.read_light_curve("data/raw/kepler", 11446443)
            >>> ephemeris = astronet.Ephemeris(period=2.47061, epoch=132.646, duration=0.0743)
            >>> 0 < astronet.load("pretrained").score(curve, ephemeris) < 1
            True
        """
        event = event_table(ephemeris, known or {}, self.experiment.scalars)
        (views,) = self.prepare(curve, [ephemeris])
        if isinstance(views, LightCurveError):
            raise views
        if remark := thin_coverage(curve, ephemeris):
            warnings.warn(f"star {curve.star}: {remark}", stacklevel=2)
        scalars = scalars_of(event, self.experiment.scalars)
        return float(self.score_views({n: view[None] for n, view in views.items()}, scalars)[0])

    def score_store(self, store: ViewStore, rows: Ints | None = None) -> Floats:
        """Return the scores [n] of events in a store.

        Args:
            store: Store of views.
            rows: Row numbers of the events [n]; None means all events in row order.

        Raises:
            StoreError: A view that the network reads has a different number of bins in the store,
                or is missing and cannot be rebinned from the global view.
            LightCurveError: The bins of a rebinned view are too wide for its phase window.
        """
        views = views_of(store, self.experiment.views)
        if rows is None:
            return self.score_views(views, self.scalars_of(store.index))
        some = {name: view[rows] for name, view in views.items()}
        return self.score_views(some, self.scalars_of(store.index.iloc[rows]))

    def scalars_of(self, events: pd.DataFrame) -> Views:
        """Return the network's scalar inputs [n, k] for events [n]; NaN if unknown.

        A warning is logged if the network reads optional catalogue columns, but no event has a
        value in any of them.
        """
        if remark := remark_on(events, self.experiment.scalars):
            _logger.warning(remark)
        return scalars_of(events, self.experiment.scalars)

    def score_views(self, views: Mapping[str, AnyView], scalars: Views | None = None) -> Floats:
        """Return the scores [n] of events, computed from their views and scalars.

        Args:
            views: Views [n, bins] by name; views that the network does not read are ignored.
            scalars: Scalars [n, k] from `scalars_of`; None means that all are unknown.

        Raises:
            RunError: The network reads scalars, but their number is not k.
        """
        names = list(self.experiment.views)
        scores = np.empty(len(views[names[0]]))
        if scalars is None:
            scalars = np.full((len(scores), len(self.experiment.scalars)), np.nan, np.float32)
        starts = range(0, len(scores), self.batch_size)
        chunks = [slice(start, start + self.batch_size) for start in starts]
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
        # One thread per batch is faster than several threads within one batch.
        with ThreadPoolExecutor(len(shares), initializer=lambda: torch.set_num_threads(1)) as pool:
            list(pool.map(score, shares))
        torch.set_num_threads(threads)
        return scores

    def _batch(self, views: Mapping[str, Views], scalars: Views) -> Batch:
        """Copy views [b, bins] and scalars [b, k] to the scorer's device, and return the batch."""
        tensors = {
            name: torch.from_numpy(np.array(view, np.float32)).to(self.device)
            for name, view in views.items()
        }
        copied = torch.from_numpy(np.array(scalars, np.float32)).to(self.device)
        return Batch(tensors, copied, torch.zeros(len(scalars)))


def _batch_size(parameters: int, device: torch.device) -> int:
    """Return the batch size that is fastest for a network with this many parameters."""
    if device.type == "cuda":
        return _ROWS_ON_GPU
    return _ROWS_OF_SMALL if parameters < _SMALL else _ROWS_AT_ONCE


def load(*runs: str | Path, folder: Path | None = None) -> Scorer:
    """Return a scorer that averages the scores of one or more runs or shipped weights.

    Args:
        runs: Run folders or names of shipped weights, for example `pretrained`. An existing path
            takes precedence over shipped weights with the same name.
        folder: Folder of the shipped weights; None means `astronet.runs.shipped.FOLDER`.

    Raises:
        RunError: No run is given, a run is missing or not finished, no shipped weights have the
            given name, a file of a run or of shipped weights is missing or corrupt, or the scores
            of the networks cannot be averaged.
        ConfigError: The config of a run or of shipped weights is invalid.

    Examples:
        >>> import astronet
        >>> scorer = astronet.load("pretrained")
        >>> store = astronet.ViewStore.open("data/stores/dr24")
        >>> len(scorer.score_store(store)) == len(store)
        True
    """
    if not runs:
        raise RunError(
            "no run was given; give a run folder written by `astronet train`, for example "
            "runs/demo, or the name of shipped weights"
        )
    trained = [_open(Path(run), folder) for run in runs]
    for one in trained:
        if isinstance(one, Shipped):
            _logger.info("weights: %s", one)
    return Scorer(trained)


def _open(path: Path, folder: Path | None) -> Trained:
    """Return the run at `path`, or shipped weights if `path` is a bare name and does not exist."""
    is_name = len(path.parts) == 1 and not path.exists()
    return load_shipped(path.name, folder) if is_name else Run.load(path)
