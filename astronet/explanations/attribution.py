"""Attribution of a logit to the bins of the views, by integrated gradients and by occlusion."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from astronet.errors import ConfigError
from astronet.explanations.event import Event
from astronet.explanations.model import Model
from astronet.lightcurves.arrays import Floats

if TYPE_CHECKING:
    from captum import attr

_STEPS = (64, 256, 1024)
"""Numbers of integration steps, tried in turn until the error no longer exceeds `TOLERANCE`."""

TOLERANCE = 0.01
"""Tolerated error of the sum of the attributions, relative to |logit − baseline logit|.

The tolerance is absolute if this difference is smaller than 1. The result for the largest number of
steps is used even if its error exceeds the tolerance.
"""

_MAX_PATCHES = 400
_BATCH_SIZE = 64


@dataclass(frozen=True, eq=False)
class Gradients:
    """Integrated gradients of one event's logit (Sundararajan, Taly & Yan 2017, ICML, eq. 1).

    Attributes:
        views: Contributions [bins] of the bins of each view to logit − baseline, by name of the
            view.
        logit: Logit of the event.
        baseline: Logit of the same event with all views set to 0.
        steps: Number of integration steps.
    """

    views: dict[str, Floats]
    logit: float
    baseline: float
    steps: int

    @property
    def total(self) -> float:
        """Sum of the contributions of all bins of all views; ideally logit − baseline."""
        return float(sum(view.sum() for view in self.views.values()))

    @property
    def error(self) -> float:
        """Difference `total` − (logit − baseline); 0 for exact integration (completeness)."""
        return self.total - (self.logit - self.baseline)


@dataclass(frozen=True, eq=False)
class Occlusion:
    """Decrease of the logit when patches of one view are set to 0 (Zeiler & Fergus 2014, §4).

    Attributes:
        drops: Decrease [bins] of the logit when the patch that contains the bin is set to 0.
        width: Width of a patch [bins]. The patches are contiguous and start at the first bin; the
            last patch can be narrower.
    """

    drops: Floats
    width: int


def require_captum() -> None:
    """Raise an error if captum is not installed.

    Raises:
        ConfigError: captum is not installed.
    """
    _captum()


def integrated_gradients(model: Model, event: Event) -> Gradients:
    """Return the integrated gradients of an event, from a baseline with all views set to 0.

    A view of zeros is constant at the out-of-transit level, so the baseline has no transit. Scalars
    are unchanged.

    Raises:
        ConfigError: captum is not installed.
    """
    views = model.tensors(event)
    zeros = tuple(torch.zeros_like(view) for view in views)
    method = _captum().IntegratedGradients(
        lambda *inputs: model.logits_of_views(event, *inputs), multiply_by_inputs=True
    )
    with torch.inference_mode():
        logit, baseline = (
            float(model.logits_of_views(event, *inputs)) for inputs in (views, zeros)
        )
    for steps in _STEPS:
        parts = method.attribute(views, zeros, n_steps=steps, internal_batch_size=_BATCH_SIZE)
        named = {
            name: part[0].double().cpu().numpy()
            for name, part in zip(event.views, parts, strict=True)
        }
        gradients = Gradients(named, logit, baseline, steps)
        if abs(gradients.error) <= TOLERANCE * max(1.0, abs(logit - baseline)):
            break
    return gradients


def occlusion(model: Model, event: Event, name: str) -> Occlusion:
    """Return the decrease of the logit when each patch of one view is set to 0 in turn.

    The other views are left unchanged.

    Raises:
        ConfigError: captum is not installed.
    """
    position = list(event.views).index(name)
    views = model.tensors(event)
    width = patch_width(event, name)

    def logits(view: torch.Tensor) -> torch.Tensor:
        others = [other.expand(len(view), -1) for other in views]
        return model.logits_of_views(event, *others[:position], view, *others[position + 1 :])

    with torch.inference_mode():
        drops = (
            _captum()
            .Occlusion(logits)
            .attribute(
                views[position],
                sliding_window_shapes=(width,),
                strides=width,
                baselines=0.0,
                perturbations_per_eval=_BATCH_SIZE,
            )
        )
    return Occlusion(drops[0].double().cpu().numpy(), width)


def patch_width(event: Event, name: str) -> int:
    """Return the width of a patch [bins] for the occlusion of a view.

    The width is a quarter of the transit duration, but at least one bin and large enough that the
    view has at most 400 patches.
    """
    centres = event.phases(name)
    step = float(centres[1] - centres[0])
    quarter = round(event.ephemeris.duration / step / 4)
    return max(1, quarter, int(np.ceil(len(centres) / _MAX_PATCHES)))


def _captum() -> "attr":
    try:
        from captum import attr
    except ImportError:
        raise ConfigError("captum is not installed; run `pip install captum`") from None
    return attr
