"""Judgements of the networks: scores, what influences them, and similar labelled events."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from astronet.dataset.centroid_statistics import CENTROID_COLUMNS
from astronet.dataset.measured import unpacked
from astronet.explanations.event import Event
from astronet.explanations.influences import Influence, influence_sentence, without_secondary
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.runs.neighbours import NeighbourFinder, SimilarEvents
from astronet.runs.pictures import pictures_of
from astronet.runs.stacked import ViewsOfEvents
from astronet.vetting_pages.candidate import Judgement, Similar, text_of

if TYPE_CHECKING:
    from astronet.runs.scorer import Scorer

_CATALOGUE = ("depth_ppm", "snr", "impact", "radius_earth", "star_teff_k", "star_logg")
"""Columns of a catalogue that scores can depend on."""


def judged(
    scorer: "Scorer",
    table: Sequence[Mapping[Hashable, Any]],
    given: ViewsOfEvents,
    events: pd.DataFrame,
    mission: str,
) -> list[Judgement]:
    """Return what the networks say about each event [n].

    Args:
        scorer: Networks that computed the scores.
        table: Predictions of the events [n].
        given: Views of the events [n].
        events: Table of the events [n], with all events of their stars.
        mission: Mission that observed the stars.
    """
    finder = NeighbourFinder.of(scorer.trained)
    similar = finder.find(given, events, mission)
    scores = np.array([row["score"] for row in table], np.float64)
    sentences = _influences(scorer, given, events, scores)
    pictures = pictures_of(given)
    return [
        Judgement(
            str(row["model"]),
            float(row["score"]),
            float(row["spread"]),
            text_of(row["decision"]),
            text_of(row["unsure"]),
            text_of(row.get("warning")),
            text_of(row.get("reason")),
            None if pd.isna(row["seen_in_training"]) else bool(row["seen_in_training"]),
            sentences[k],
            similar[k].summary,
            _neighbours(similar[k]),
            *pictures[k],
        )
        for k, row in enumerate(table)
    ]


def _neighbours(similar: SimilarEvents) -> tuple[Similar, ...]:
    return tuple(
        Similar(
            one.star,
            one.number,
            one.label,
            one.planet,
            one.today,
            one.period_days,
            one.distance,
            one.local_view,
            one.global_view,
        )
        for one in similar.neighbours
    )


def _influences(
    scorer: "Scorer", given: ViewsOfEvents, events: pd.DataFrame, scores: Floats
) -> list[str]:
    """Return which input changes the score of each event [n] most, as a sentence."""
    changed: dict[str, Floats] = {}
    without = _without_secondaries(scorer, given, events)
    changed["the deepest dip away from the transit"] = scorer.score_events(without, events).score
    if any(scorer.stacks):
        if events["star"].duplicated().any():
            alone = scorer.score_events(given, events, all_events=False).score
            several = events["star"].duplicated(keep=False).to_numpy()
            changed["the other events of the star"] = np.where(several, alone, np.nan)
        unknown = replace(given, centroids=np.full(len(events), np.nan))
        plain = events.drop(columns=[c for c in CENTROID_COLUMNS if c in events])
        if given.centroids is not None or len(plain.columns) < len(events.columns):
            moved = scorer.score_events(unknown, plain).score
            changed["the centroid statistic"] = np.where(moved == scores, np.nan, moved)
    if columns := [column for column in _CATALOGUE if column in events]:
        bare = events.assign(**dict.fromkeys(columns, np.nan))
        listed = scorer.score_events(given, bare).score
        changed["the catalogue's depth, SNR and stellar values"] = np.where(
            listed == scores, np.nan, listed
        )
    return [
        influence_sentence(
            float(scores[k]), [Influence(part, float(of[k])) for part, of in changed.items()]
        )
        for k in range(len(events))
    ]


def _without_secondaries(
    scorer: "Scorer", given: ViewsOfEvents, events: pd.DataFrame
) -> ViewsOfEvents:
    """Return the views of all events without their deepest dips out of transit."""
    specs = scorer.experiment.views
    views = {name: np.array(view, np.float32) for name, view in given.views.items()}
    bins = scorer.experiment.view_bins
    masks = None if given.packed is None else unpacked(given.packed, bins["global"])
    nothing = np.zeros(0, np.float32)
    columns = ("period_days", "epoch_bkjd", "duration_days")
    ephemerides = events[list(columns)].to_numpy(np.float64)
    for row in np.flatnonzero(given.usable).tolist():
        own = {name: view[row] for name, view in views.items()}
        mask = None if masks is None else masks[row]
        event = Event("", None, Ephemeris(*ephemerides[row]), specs, own, nothing, mask)
        if (changed := without_secondary(event)) is not None:
            for name, view in changed.items():
                views[name][row] = view
    return replace(given, views=views)
