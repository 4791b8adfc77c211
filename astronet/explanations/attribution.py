"""Which bins of its views a logit comes from: integrated gradients and occlusion, by captum."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from astronet.errors import ConfigError
from astronet.explanations.event import Event
from astronet.explanations.judge import Judge
from astronet.lightcurves.arrays import Floats

if TYPE_CHECKING:
    from captum import attr

_STEPS = (64, 256, 1024)
"""Points on the path from the flat views; more are taken until the sum is right."""

TOLERANCE = 0.01
"""How far the sum of the attributions may miss the difference of the logits, relative to it or to
1, whichever is larger: the next number of steps is tried above it."""

_MOST_PATCHES = 400
_ROWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Gradients:
    """Integrated gradients of one event (Sundararajan, Taly & Yan 2017, ICML, eq. 1).

    Attributes:
        views: By the view's name, the logit that each bin adds [bins]; below 0 it takes away.
        logit: Of the event.
        flat: The logit of the same event with all views flat at 0: where the path begins.
        steps: Points on the path.
    """

    views: dict[str, Floats]
    logit: float
    flat: float
    steps: int

    @property
    def total(self) -> float:
        """The sum over all bins of all views: logit − flat, but for `error`."""
        return float(sum(view.sum() for view in self.views.values()))

    @property
    def error(self) -> float:
        """What the sum misses (§3, completeness)."""
        return self.total - (self.logit - self.flat)


@dataclass(frozen=True, eq=False)
class Occluded:
    """What the logit loses when patches of one view are set to 0 (Zeiler & Fergus 2014, ECCV, §4).

    Attributes:
        drops: The logit less that without the bin's patch [bins].
        width: Bins of a patch; patches lie side by side from the first bin on.
    """

    drops: Floats
    width: int


def require_captum() -> None:
    """Refuses to begin without the library.

    Raises:
        ConfigError: It is not installed.
    """
    _captum()


def integrated_gradients(judge: Judge, event: Event) -> Gradients:
    """The share of every bin in the logit, counted from views that are flat at 0.

    0 is a view's level out of transit, so a flat view is one with nothing in it. Scalars are held.

    Raises:
        ConfigError: captum is not installed.
    """
    views = judge.tensors(event)
    empty = tuple(torch.zeros_like(view) for view in views)
    method = _captum().IntegratedGradients(
        lambda *given: judge.of_views(event, *given), multiply_by_inputs=True
    )
    with torch.inference_mode():
        logit, flat = (float(judge.of_views(event, *given)) for given in (views, empty))
    for steps in _STEPS:
        parts = method.attribute(views, empty, n_steps=steps, internal_batch_size=_ROWS_AT_ONCE)
        named = {
            name: part[0].double().cpu().numpy()
            for name, part in zip(event.views, parts, strict=True)
        }
        found = Gradients(named, logit, flat, steps)
        if abs(found.error) <= TOLERANCE * max(1.0, abs(logit - flat)):
            break
    return found


def occlusion(judge: Judge, event: Event, name: str) -> Occluded:
    """What the logit loses by each patch of a view, the other views being as they are.

    Raises:
        ConfigError: captum is not installed.
    """
    place = list(event.views).index(name)
    views = judge.tensors(event)
    width = patch_width(event, name)

    def of_this(view: torch.Tensor) -> torch.Tensor:
        others = [other.expand(len(view), -1) for other in views]
        return judge.of_views(event, *others[:place], view, *others[place + 1 :])

    with torch.inference_mode():
        drops = (
            _captum()
            .Occlusion(of_this)
            .attribute(
                views[place],
                sliding_window_shapes=(width,),
                strides=width,
                baselines=0.0,
                perturbations_per_eval=_ROWS_AT_ONCE,
            )
        )
    return Occluded(drops[0].double().cpu().numpy(), width)


def patch_width(event: Event, name: str) -> int:
    """Bins of an occluding patch: a quarter of the transit, and at most 400 patches a view."""
    centres = event.phases(name)
    step = float(centres[1] - centres[0])
    quarter = round(event.ephemeris.duration / step / 4)
    return max(1, quarter, int(np.ceil(len(centres) / _MOST_PATCHES)))


def _captum() -> "attr":
    try:
        from captum import attr
    except ImportError:
        raise ConfigError("explaining needs captum; pip install 'astronet[explain]'") from None
    return attr
