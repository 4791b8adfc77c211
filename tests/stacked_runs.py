"""Copies of the small run to which a stack can be added."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from samples import SmallRun

import astronet
from astronet.dataset.recut import views_of
from astronet.dataset.stack_inputs import StackInputs
from astronet.dataset.store import ViewStore
from astronet.lightcurves.arrays import Floats
from astronet.runs.stacked import ViewsOfEvents, inputs_of
from astronet.training.forests import ForestSettings

FEW = ForestSettings(trees=12, learning_rate=0.3, events_per_leaf=2, l2=0.1, seeds=1)
"""Settings of trees for the few events of the small run."""


@dataclass(frozen=True, eq=False)
class CopiedRun:
    """Copy of the small run, and the inputs of a stack for the events of its store."""

    path: Path
    store: ViewStore
    scores: Floats
    inputs: StackInputs

    @classmethod
    def of(cls, small_run: SmallRun, factory: pytest.TempPathFactory) -> Self:
        path = factory.mktemp("stacked") / "run"
        shutil.copytree(small_run.run, path)
        store = ViewStore.open(small_run.store)
        scorer = astronet.load(path)
        views = ViewsOfEvents(views_of(store, scorer.experiment.views))
        scores = scorer.scores_of_store(store)
        inputs = inputs_of(scores, views, store.index, [scorer.experiment])
        return cls(path, store, scores.score, inputs)
