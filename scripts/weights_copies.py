"""Copies of the training events, to which the trees are also fitted."""

from functools import cached_property
from hashlib import sha256

import numpy as np
from weights_networks import COARSE, Networks

from astronet.dataset.stack_inputs import StackInputs, stack_inputs
from astronet.files.atomic import replacing
from astronet.lightcurves.arrays import Floats, Ints
from astronet.runs.loading import load
from astronet.runs.run import Run
from astronet.training.copies import VARIED, VARIED_COPIES, copied_events

COPIES = 3
"""Number of degraded copies of each event to which the trees for coarse views are fitted."""


class Copies:
    """Inputs of copies of the training events, which are kept in the folder of the runs.

    Args:
        networks: Networks, whose runs are trained if they are missing.
        like: Inputs of all events of the store.
        rows: Rows of the training events [n].
    """

    def __init__(self, networks: Networks, like: StackInputs, rows: Ints) -> None:
        self._networks, self._like, self._rows = networks, like, rows

    @property
    def varied(self) -> list[StackInputs]:
        """Inputs of copies that differ by small errors of the ephemerides.

        The logits are those of the events themselves.
        """
        logits, catalogue = self._logits
        index = self._networks.store.index
        return [
            stack_inputs(
                self._kept(f"varied-{number}", number), logits, index, catalogue, self._unknown
            ).of(self._rows)
            for number in range(VARIED_COPIES)
        ]

    @property
    def coarse(self) -> list[StackInputs]:
        """Inputs of coarse copies, with logits of networks not trained on the star."""
        logits, catalogue = self._logits
        index = self._networks.store.index
        found = []
        for number in range(COPIES):
            kept = self._kept(f"coarse-{number}", number)
            inputs = stack_inputs(kept[:, 1:], logits, index, catalogue, kept[:, :1])
            found.append(inputs.of(self._rows))
        return found

    @property
    def _logits(self) -> tuple[Floats, Floats]:
        return self._like.values["networks"], self._like.values["catalogue_networks"]

    @cached_property
    def _runs(self) -> list[Run]:
        return self._networks.without_folds(COARSE)

    @property
    def _unknown(self) -> Floats:
        return np.full((len(self._like), 1), np.nan)

    def _kept(self, name: str, number: int) -> Floats:
        """Return the features of a copy [n, k], which are computed if they are not in the folder.

        Coarse copies have their logits in the first column.
        """
        store = self._networks.store
        coarse = name.startswith("coarse")
        key = sha256(store.digest.encode() + VARIED.model_dump_json().encode())
        if coarse:
            key = sha256("".join(run.digest for run in self._runs).encode())
        path = self._networks.work / f"{name}-{key.hexdigest()[:16]}.npy"
        if not path.exists():
            numbers = self._coarse(number) if coarse else self._varied(number)
            with replacing(path) as part, part.open("wb") as file:
                np.save(file, numbers)
        return np.asarray(np.load(path))

    def _varied(self, number: int) -> Floats:
        return copied_events(self._networks.store, VARIED, number).features

    def _coarse(self, number: int) -> Floats:
        """Return the logit and the features of each event of a coarse copy [n, 1 + features]."""
        networks, runs = self._networks, self._runs
        experiment = runs[0].experiment
        assert experiment.data.degradation is not None
        copied = copied_events(networks.store, experiment.data.degradation, number)
        views = copied.degraded.views(experiment.views)
        logits = np.full(len(networks.store), np.nan)
        for fold, run in enumerate(runs):
            held_out = networks.folds_of_stars == fold
            own = {name: view[held_out] for name, view in views.items()}
            logits[held_out] = load(run.path).scores(own).logits[:, 0]
        return np.column_stack([logits, copied.features])
