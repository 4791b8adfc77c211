"""Scores from trained networks, for stores, light curves and single events."""

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
import pandas as pd
import torch

from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.scalars import events_of_star, remark_on, scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError
from astronet.evaluation.decisions import Thresholds
from astronet.files.remote import Location
from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.lightcurves.conversion import light_curve_of
from astronet.lightcurves.ephemeris import Ephemeris, ephemerides_of
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.preparation import EventViews, prepare_star
from astronet.missions.settings import Source
from astronet.models.ensemble import Ensemble
from astronet.models.inference import fused
from astronet.models.precision import Rounding, has_bfloat16
from astronet.runs.averaging import widest
from astronet.runs.batches import BatchedNetwork, Scores, averaged, batch_size
from astronet.runs.outcomes import check_outcomes
from astronet.runs.shipped import Shipped
from astronet.runs.stacked import ViewsOfEvents, scored_rows, scores_of_stack, stack_of, unmeasured
from astronet.runs.trained import Trained
from astronet.runs.training_stars import StarHashes, seen
from astronet.stars.centroids import measured_centroids
from astronet.stars.views import Recipe, check_folder

_logger = logging.getLogger("astronet")


class Scorer:
    """One or several trained networks whose scores are averaged (ensemble; S&V 2018, §5.4).

    Scores are computed in bfloat16 if the networks were trained in bfloat16 and the hardware
    supports it, otherwise in float32. The scores of a network trained in bfloat16 can change by
    several thousandths if they are computed in float32.

    A score is between 0 and 1 and ranks events by the labels used in training; it is not the
    probability of a planet. Scores of shipped weights are calibrated.

    Args:
        trained: Runs or shipped weights; at least one.
        device: Device on which scores are computed; None means a GPU if available, else the CPU.
        precision: Floating-point precision; None means that it is chosen as described above.

    Attributes:
        experiment: Config with all views and scalars that the networks read.
        batched: Networks that score events in batches.
        stacks: Stack of each run, whose trees read the logits of its networks and everything else
            that is known; None if its scores are those of the networks.

    Raises:
        RunError: `trained` is empty, the networks cannot be averaged, the weights of a network
            cannot be loaded, or a stack cannot be used (see `astronet.runs.stacked.stack_of`).
    """

    def __init__(
        self,
        trained: Sequence[Trained],
        *,
        device: torch.device | str | None = None,
        precision: Rounding | None = None,
    ) -> None:
        self.trained = tuple(trained)
        self.experiment = first = widest([(str(run), run.experiment) for run in self.trained])
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        rounded = first.training.precision == "bfloat16" and has_bfloat16(self.device)
        self.precision: Rounding = precision or ("bfloat16" if rounded else "float32")
        self.network = Ensemble([run.load_network() for run in self.trained]).to(self.device).eval()
        self.stacks = tuple(stack_of(one) for one in self.trained)
        apart = self.trained if len(self.trained) > 1 and any(self.stacks) else ()
        self._single = [Scorer([one], device=device, precision=precision) for one in apart]
        size = batch_size(self.network, self.device)
        self.batched = BatchedNetwork(fused(self.network), self.device, self.precision, size)

    @property
    def name(self) -> str:
        """Names of the runs and shipped weights, joined by " + "."""
        return " + ".join(run.name for run in self.trained)

    @cached_property
    def model(self) -> str:
        """Names of the runs and shipped weights with the first digits of their SHA-256 hashes."""
        named = [f"{run.name} {run.digest[:12]}" for run in self.trained]
        named += [f"stack {stack.description.sha256[:12]}" for stack in self.stacks if stack]
        return " + ".join(named)

    @cached_property
    def thresholds(self) -> Thresholds | None:
        """Decision thresholds; None if several runs are averaged, or if a run has none."""
        if len(self.trained) > 1:
            return None
        stack = self.stacks[0]
        return self.trained[0].thresholds if stack is None else stack.description.thresholds

    @cached_property
    def known_stars(self) -> list[tuple[StarHashes | None, str]]:
        """Hashes of the stars of each training set, None if unknown, and their mission."""
        return [(run.training_stars, run.experiment.source.mission) for run in self.trained]

    def seen_in_training(self, stars: Sequence[int | str], mission: str) -> list[bool | None]:
        """Return whether each star [n] is in the training set of any of the networks.

        The result is None if this is unknown: a run of an older version is among them, or the star
        numbers are from another catalogue than those of the training set.

        Args:
            stars: Numbers or names of the stars.
            mission: Mission that observed the stars, whose catalogue defines their numbers.
        """
        return seen(self.known_stars, mission, stars)

    def recipe(self, folder: Location, source: Source | None = None, *, stars: int = 1) -> Recipe:
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
        source = source or self.experiment.source
        check_folder(folder, source.mission, stars)
        return Recipe.of(source, self.experiment.preparation, self.experiment.views, folder)

    def prepare(
        self, curve: LightCurve, ephemerides: Sequence[Ephemeris]
    ) -> list[EventViews | LightCurveError]:
        """Return the views of one star's events, prepared in the same way as in training.

        Args:
            curve: Raw (not detrended) light curve of the star.
            ephemerides: Ephemerides of the events.

        Returns:
            One item per event: its views, or the error that prevented their computation.

        Raises:
            LightCurveError: The light curve cannot be detrended.
        """
        return prepare_star(curve, ephemerides, self.experiment.views, self.experiment.preparation)

    @overload
    def score(
        self, curve: Any, event: Ephemeris, known: Mapping[str, float] | None = None
    ) -> float: ...

    @overload
    def score(
        self, curve: Any, event: Sequence[Ephemeris], known: Mapping[str, float] | None = None
    ) -> Floats: ...

    def score(
        self,
        curve: Any,
        event: Ephemeris | Sequence[Ephemeris],
        known: Mapping[str, float] | None = None,
    ) -> float | Floats:
        """Return the score of one event, or the scores [n] of several events of the same star.

        A warning is issued if a score is unreliable, for example if the light curve covers fewer
        than two transits, as in the column `warning` of predictions.csv. If one of several events
        cannot be scored, its score is NaN and a warning states the reason. A stack that reads the
        centroid statistic measures it if the light curve has centroids.

        Args:
            curve: Raw (not detrended) light curve of the star: an `astronet.LightCurve`, or any
                object with `time` and `flux` whose times are an astropy `Time`, for example a
                `lightkurve.LightCurve` (see `astronet.lightcurves.conversion`).
            event: Ephemeris of the event, or the ephemerides of several events, strongest first;
                their periods and durations are also used to compute scalars, if the network reads
                any.
            known: Values of other catalogue columns by name, for example depth_ppm, snr or
                star_radius_sun, for networks that read scalars; see `astronet.dataset.scalars`.
                For several events, they must be properties of the star.

        Raises:
            LightCurveError: The light curve cannot be converted or detrended; or, for one event, it
                has no usable points at this ephemeris, or the epoch is in another time system.
            RunError: A key of `known` is not a catalogue column used by any scalar, or the list of
                events is empty.

        Examples:
            >>> import astronet
            >>> curve = astronet.missions.kepler.read_light_curve("data/raw/kepler", 11446443)
            >>> ephemeris = astronet.Ephemeris(period=2.47061, epoch=132.646, duration=0.0743)
            >>> 0 < astronet.load("pretrained").score(curve, ephemeris) < 1
            True
        """
        curve = light_curve_of(curve)
        single = isinstance(event, Ephemeris)
        ephemerides = ephemerides_of(event)
        events = events_of_star(ephemerides, known or {}, self.experiment.scalars)
        outcomes = self.prepare(curve, ephemerides)
        check_outcomes(curve.star, outcomes, single=single)
        wanted = np.flatnonzero(unmeasured(self.stacks, events)).tolist()
        centroids = measured_centroids(curve, ephemerides, wanted)
        given = ViewsOfEvents.of(outcomes, self.experiment.view_bins, centroids)
        scores = self.score_events(given, events.assign(star=0), all_events=not single).score
        return float(scores[0]) if single else scores

    def score_store(self, store: ViewStore, rows: Ints | None = None) -> Floats:
        """Return the scores [n] of events in a store.

        Args:
            store: Store of views. Its rows are all known events of their stars.
            rows: Row numbers of the events [n]; None means all events in row order.

        Raises:
            StoreError: A view that the network reads has a different number of bins in the store,
                or is missing and cannot be rebinned from the global view.
            LightCurveError: The bins of a rebinned view are too wide for its phase window.
        """
        return self.scores_of_store(store, rows).score

    def scores_of_store(self, store: ViewStore, rows: Ints | None = None) -> Scores:
        """Return the scores of events in a store; see `score_store`."""
        scored, places = scored_rows(store, rows, self.stacks)
        views = views_of(store, self.experiment.views)
        if len(scored) < len(store):
            views = {name: view[scored] for name, view in views.items()}
        masks = None if store.measured is None else store.measured[scored]
        events = store.index.iloc[scored]
        return self.score_events(ViewsOfEvents(views, packed=masks), events).of(places)

    def score_events(
        self,
        given: ViewsOfEvents,
        events: pd.DataFrame,
        *,
        all_events: bool = True,
        quiet: bool = False,
    ) -> Scores:
        """Return the scores of events by stacks or networks, averaged over the runs.

        Args:
            given: Views of the events [n].
            events: Table of the events [n] with the columns star, period_days, epoch_bkjd and
                duration_days, and optionally those of the scalars and of the centroid statistic.
            all_events: Whether the events are all known events of their stars. Otherwise, a stack
                does not use the other events of the star.
            quiet: Whether to log no warning about unknown scalars; see `scalars_of`.
        """
        if self._single:
            options = {"all_events": all_events, "quiet": quiet}
            return averaged([one.score_events(given, events, **options) for one in self._single])
        usable = given.usable
        scalars = self.scalars_of(events[usable], quiet=quiet) if usable.any() else None
        scores = self.scores(given.views_of_usable(), scalars).at(usable)
        stack, one = self.stacks[0], self.trained[0]
        if stack is None:
            return scores
        experiments = one.experiments if isinstance(one, Shipped) else (one.experiment,)
        return scores_of_stack(stack, scores, given, events, experiments, all_events)

    def scalars_of(self, events: pd.DataFrame, *, quiet: bool = False) -> Views:
        """Return the network's scalar inputs [n, k] for events [n]; NaN if unknown.

        A warning is logged if the network reads optional columns of which no event has a value,
        unless `quiet` is True.
        """
        if not quiet and (remark := remark_on(events, self.experiment.scalars)):
            _logger.warning(remark)
        return scalars_of(events, self.experiment.scalars)

    def score_views(self, views: Mapping[str, AnyView], scalars: Views | None = None) -> Floats:
        """Return the scores [n] of the networks, without the stack, for views and scalars.

        Args:
            views: Views [n, bins] by name; views that the network does not read are ignored.
            scalars: Scalars [n, k] from `scalars_of`; None means that all are unknown.

        Raises:
            RunError: The network reads scalars, but their number is not k.
        """
        return self.scores(views, scalars).score

    def scores(self, views: Mapping[str, AnyView], scalars: Views | None = None) -> Scores:
        """Return the scores [n] of the networks and their spread [n], without the stack.

        The arguments and errors are those of `score_views`.
        """
        used = {name: views[name] for name in self.experiment.views}
        if scalars is None:
            rows = len(next(iter(used.values())))
            scalars = np.full((rows, len(self.experiment.scalars)), np.nan, np.float32)
        return self.batched.scores(used, scalars)
