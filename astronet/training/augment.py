"""Augmentation of training events: transformations that preserve the label."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astronet.errors import ConfigError
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.degrading import degraded
from astronet.lightcurves.settings import Degradation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.models.batches import Batch


def random_flips(events: int, generator: torch.Generator) -> Tensor:
    """Select the events to reverse in time, each with a probability of 0.5 (S&V 2018, §5).

    Args:
        events: Number of events n.
        generator: Random number generator on the CPU.

    Returns:
        Mask [n] of the selected events.
    """
    return torch.rand(events, generator=generator) < 0.5


def reflect(batch: Batch, flips: Tensor) -> Batch:
    """Return the batch with all views of the selected events reversed in time.

    Args:
        batch: Batch on any device.
        flips: Mask [b] of the events to reverse.
    """
    flips = flips.to(batch.label.device)
    return batch._replace(
        views={
            name: torch.where(flips[:, None], view.flip(1), view)
            for name, view in batch.views.items()
        }
    )


@dataclass(frozen=True, eq=False)
class Degrader:
    """Function that degrades random events to the quality of short light curves.

    Attributes:
        settings: Settings of the degradation.
        specs: Specification of each view of the batches; None if unknown.
        fractions: Ratio of duration to period of every event in the store [n]; an event whose ratio
            is not between 0 and 1 is never degraded.

    Raises:
        ConfigError: A specification is unknown, or there is no global view of the whole period.
    """

    settings: Degradation
    specs: Mapping[str, ViewSpec | None]
    fractions: Floats

    def __post_init__(self) -> None:
        if unknown := [name for name, spec in self.specs.items() if spec is None]:
            raise ConfigError(
                f"the bins of the view '{unknown[0]}' are unknown, so it cannot be degraded; give "
                "the view in the config, or set data.degradation=null"
            )
        if self.whole is None:
            raise ConfigError(
                "data.degradation needs a view of the whole period, but the views are "
                f"{', '.join(self.specs)}; add the view `global: {{bins: 2001}}`, or set "
                "data.degradation=null"
            )

    @property
    def whole(self) -> str | None:
        """Name of the global view; None if there is none."""
        known = self._known.items()
        return next((name for name, spec in known if spec == ViewSpec(bins=spec.bins)), None)

    @property
    def _known(self) -> dict[str, ViewSpec]:
        return {name: spec for name, spec in self.specs.items() if spec is not None}

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the batch with the views of randomly selected events degraded.

        Args:
            batch: Batch on the CPU with the row numbers of the events.
            generator: Random number generator on the CPU.

        Raises:
            LightCurveError: The bins of a view do not fit into the window of an event.
        """
        drawn = torch.rand(len(batch.label), generator=generator) < self.settings.probability
        seed = int(torch.randint(2**62, (1,), generator=generator))
        if batch.row is None or self.whole is None:
            return batch
        fractions = self.fractions[batch.row.numpy()]
        drawn &= torch.from_numpy((fractions > 0) & (fractions < 1))
        if not drawn.any():
            return batch
        made = degraded(
            batch.views[self.whole][drawn].numpy(),
            fractions[drawn.numpy()],
            self.settings,
            np.random.default_rng(seed),
        ).views(self._known)
        views = {name: view.clone() for name, view in batch.views.items()}
        for name, view in made.items():
            views[name][drawn] = torch.from_numpy(view)
        return batch._replace(views=views)
