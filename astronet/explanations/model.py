"""Logits and scores of the network that is explained."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.special import logit as logit_of
from torch import Tensor, nn

from astronet.errors import RunError, counted
from astronet.explanations.event import Event
from astronet.figures.numbers import score_text as text_of
from astronet.lightcurves.arrays import Floats, Views
from astronet.models import NETWORKS
from astronet.models.batches import Batch
from astronet.models.convolutional import ConvolutionalNetwork
from astronet.models.layers import count_parameters

_BATCH_SIZE = 64

ScoreViews = Callable[[Mapping[str, Views], Views], Floats]
"""Function that returns scores [n] from views [n, bins] by name and scalars [n, k]."""


@dataclass(frozen=True, eq=False)
class Model:
    """Network or ensemble whose scores are explained.

    Attributes:
        network: Module that maps a batch to logits [b]. An ensemble returns the logit of its mean
            score; a calibrated network returns calibrated logits.
        device: Device of the network's parameters.
        score: Function that computes the scores, so that they equal those of predictions, which may
            be computed in bfloat16 and with merged layers. None means the network itself, in
            float32. Attributions always use the network itself.
    """

    network: nn.Module
    device: torch.device
    score: ScoreViews | None = None

    def logits(self, events: Sequence[Event]) -> Floats:
        """Return the logits [n] of events [n], which must have the same views."""
        if not events:
            return np.empty(0)
        if self.score is not None:
            views = {name: np.stack([e.views[name] for e in events]) for name in events[0].views}
            return _logits(self.score(views, np.stack([event.scalars for event in events])))
        with torch.inference_mode():
            parts = [
                self.network(self._batch(events[k : k + _BATCH_SIZE])).double().cpu().numpy()
                for k in range(0, len(events), _BATCH_SIZE)
            ]
        return np.concatenate(parts)

    def logit(self, event: Event) -> float:
        """Return the logit of one event."""
        return float(self.logits([event])[0])

    def logits_of_views(self, event: Event, *views: Tensor) -> Tensor:
        """Return the logits [b] of b copies of one event with modified views.

        Args:
            event: Event that provides the scalars and the names of the views.
            views: Modified views, one tensor [b, bins] per view in the order of the event's views.
        """
        scalars = torch.from_numpy(event.scalars[None]).to(self.device)
        rows = len(views[0])
        named = dict(zip(event.views, views, strict=True))
        batch = Batch(named, scalars.expand(rows, -1), torch.zeros(rows, device=self.device))
        logits: Tensor = self.network(batch)
        return logits

    def tensors(self, event: Event) -> tuple[Tensor, ...]:
        """Return the event's views as tensors [1, bins] on the model's device."""
        return tuple(torch.from_numpy(v[None].copy()).to(self.device) for v in event.views.values())

    def _batch(self, events: Sequence[Event]) -> Batch:
        views = {
            name: torch.from_numpy(np.stack([event.views[name] for event in events]))
            for name in events[0].views
        }
        scalars = torch.from_numpy(np.stack([event.scalars for event in events]))
        return Batch(views, scalars, torch.zeros(len(events))).to(self.device)


def members(network: nn.Module) -> list[ConvolutionalNetwork]:
    """Return all convolutional networks contained in a module; the list may be empty."""
    return [module for module in network.modules() if isinstance(module, ConvolutionalNetwork)]


def representatives(network: nn.Module) -> list[ConvolutionalNetwork]:
    """Return the first convolutional network of each architecture in an ensemble.

    Networks of the same type with the same number of parameters count as one architecture.
    """
    found: dict[tuple[type, int], ConvolutionalNetwork] = {}
    for member in members(network):
        found.setdefault((type(member), count_parameters(member)), member)
    return list(found.values())


def score_text(logit: float | None) -> str:
    """Return the formatted score that corresponds to a logit; an en dash if the logit is None."""
    return "–" if logit is None else text_of(score_of(logit))


def _logits(scores: Floats) -> Floats:
    """Return the logits [n] of scores [n]; a score that is rounded to 1 has the logit 36.7."""
    smallest = np.finfo(np.float64).tiny
    return np.asarray(logit_of(np.clip(scores, smallest, 1 - 2.0**-53)), np.float64)


def score_of(logit: float) -> float:
    """Return the score that corresponds to a logit: its sigmoid, in double precision."""
    return float(torch.sigmoid(torch.tensor(logit, dtype=torch.float64)))


def check_convolutional(trained: Sequence[Any]) -> None:
    """Raise an error unless all networks are convolutional.

    Args:
        trained: Runs or shipped weights.

    Raises:
        RunError: A network has no convolutions.
    """
    for one in trained:
        network = one.experiment.network
        if not network.convolutional:
            *others, last = [kind for kind, spec in NETWORKS.items() if spec.convolutional]
            kinds = f"{', '.join(others)} or {last}"
            raise RunError(
                f"{one}: a network of kind {network.kind} has no convolutions to explain; use a "
                f"run with a network of kind {kinds}, or the shipped weights `pretrained`"
            )


def described(
    trained: Sequence[Any], networks: Iterable[nn.Module], shipped: Sequence[Any]
) -> Iterator[str]:
    """Yield the name of each run or set of weights, with its number of networks if it is above 1.

    If there are several, those whose scores are calibrated before averaging are marked as well.

    Args:
        trained: Runs and shipped weights.
        networks: Network of each of them.
        shipped: Shipped weights among them.
    """
    for one, network in zip(trained, networks, strict=True):
        count = len(members(network))
        notes = [counted(count, "network")] if count > 1 else []
        notes += ["calibrated"] if one in shipped and len(trained) > 1 else []
        yield one.name + (f" ({', '.join(notes)})" if notes else "")
