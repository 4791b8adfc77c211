"""Embeddings of events: the activations of the last hidden layers of trained networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from astronet.dataset.recut import AnyView
from astronet.lightcurves.arrays import Views
from astronet.models.batches import Batch
from astronet.models.inference import fused
from astronet.models.layers import Logit
from astronet.runs.shipped import Shipped

_ROWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Embedder:
    """Networks whose activations describe events, on the CPU and in single precision.

    Single precision makes the activations independent of the processor, up to rounding errors.

    Attributes:
        network: Network or ensemble of networks in evaluation mode.
        views: Names of the views that the networks read.
    """

    network: nn.Module
    views: tuple[str, ...]

    @classmethod
    def of(cls, shipped: Shipped) -> Self:
        """Return the networks of shipped weights.

        Raises:
            RunError: A weights file is missing or corrupt, or does not match the description.
        """
        return cls(fused(shipped.load_network()), tuple(shipped.experiment.views))

    @cached_property
    def _output_layers(self) -> list[nn.Module]:
        return [layer for layer in self.network.modules() if isinstance(layer, Logit)]

    def activations(self, views: Mapping[str, AnyView]) -> list[Views]:
        """Return the inputs of each network's output layer for n events, each [n, units].

        Args:
            views: Views [n, bins] by name; views that the networks do not read are ignored.
        """
        used = {name: views[name] for name in self.views}
        rows = len(next(iter(used.values())))
        chunks = [slice(k, k + _ROWS_AT_ONCE) for k in range(0, rows, _ROWS_AT_ONCE)]
        parts = [self._of_batch({n: view[chunk] for n, view in used.items()}) for chunk in chunks]
        return [np.concatenate(of_network) for of_network in zip(*parts, strict=True)]

    def _of_batch(self, views: Mapping[str, Views]) -> list[Views]:
        """Return the activations of one batch of views [b, bins], each [b, units]."""
        found: dict[nn.Module, list[Tensor]] = {}

        def keep(layer: nn.Module, inputs: tuple[Any, ...]) -> None:
            found.setdefault(layer, []).append(inputs[0].float())

        hooks = [layer.register_forward_pre_hook(keep) for layer in self._output_layers]
        tensors = {n: torch.from_numpy(np.array(view, np.float32)) for n, view in views.items()}
        rows = len(next(iter(tensors.values())))
        try:
            with torch.inference_mode():
                self.network(Batch(tensors, None, torch.zeros(rows)))
        finally:
            for hook in hooks:
                hook.remove()
        # A network that averages both directions of time calls its output layer twice.
        return [torch.stack(found[layer]).mean(0).numpy() for layer in self._output_layers]
