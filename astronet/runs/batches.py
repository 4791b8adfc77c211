"""Scores of many events, computed in batches on several threads."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from astronet.dataset.centroid_statistics import CentroidStatistics
from astronet.dataset.recut import AnyView
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.models.batches import Batch
from astronet.models.ensemble import count_members, logits_of_members
from astronet.models.layers import count_parameters
from astronet.models.precision import Rounding, autocast

_ROWS_AT_ONCE, _ROWS_OF_SMALL = 64, 256
"""Batch sizes on the CPU for large and small networks. With larger batches, the activations exceed
the processor's cache and scoring is slower."""

_ROWS_ON_GPU = 2048
"""Batch size on a GPU. Smaller batches do not use the whole GPU (see benchmarks/gpu.py)."""

_SMALL = 1_000_000
"""Number of parameters below which a network is scored in batches of `_ROWS_OF_SMALL`."""


class Scores(NamedTuple):
    """Scores of n events.

    Attributes:
        score: Score of each event [n], averaged over the networks.
        spread: Standard deviation of the scores of the individual networks [n]; NaN if there is
            only one network.
        logits: Logits of the m individual networks before calibration [n, m].
        inputs: Groups of inputs from which a stack computed each score [n], for example
            "views + networks + siblings"; None if the scores are those of the networks.
        centroid: Centroid statistic of each event [n]; None if no stack reads it.
        unusual: Whether the features of each event [n] are unlike those of the training events;
            None if no stack knows their range.
    """

    score: Floats
    spread: Floats
    logits: Floats
    inputs: list[str] | None = None
    centroid: CentroidStatistics | None = None
    unusual: Bools | None = None

    def of(self, rows: Ints) -> "Scores":
        """Return the scores of some of the events, given by their numbers."""
        inputs = None if self.inputs is None else [self.inputs[row] for row in rows]
        centroid = None if self.centroid is None else self.centroid.of(rows)
        unusual = None if self.unusual is None else self.unusual[rows]
        three = self.score[rows], self.spread[rows], self.logits[rows]
        return Scores(*three, inputs, centroid, unusual)

    def at(self, rows: Bools) -> "Scores":
        """Return the scores of these events and of others, whose scores are NaN.

        Args:
            rows: Mask of these n events among all events.
        """

        def placed(values: Floats) -> Floats:
            whole = np.full((len(rows), *values.shape[1:]), np.nan)
            whole[rows] = values
            return whole

        return Scores(placed(self.score), placed(self.spread), placed(self.logits))


def averaged(scores: Sequence[Scores]) -> Scores:
    """Return the average of the scores [n] of several runs, of which some have stacks.

    The spread is that of the runs. The inputs are those of all stacks, separated by " / ".
    """
    each = np.stack([one.score for one in scores])
    inputs = zip(*(one.inputs for one in scores if one.inputs is not None), strict=True)
    return Scores(
        each.mean(axis=0),
        each.std(axis=0),
        np.hstack([one.logits for one in scores]),
        [" / ".join(dict.fromkeys(of_event)) for of_event in inputs],
        next((one.centroid for one in scores if one.centroid is not None), None),
        _any([one.unusual for one in scores if one.unusual is not None]),
    )


def _any(masks: Sequence[Bools]) -> Bools | None:
    """Return where any of the masks [n] is true; None if there are none."""
    return np.asarray(np.any(masks, axis=0), np.bool_) if masks else None


@dataclass(frozen=True, eq=False)
class BatchedNetwork:
    """Network that scores events in batches.

    Attributes:
        network: Network or ensemble of networks in evaluation mode, on the device.
        device: Device on which scores are computed.
        precision: Floating-point precision of the computation.
        batch_size: Number of events per batch. On the CPU, each thread scores one batch at a time.
    """

    network: nn.Module
    device: torch.device
    precision: Rounding
    batch_size: int

    def scores(self, views: Mapping[str, AnyView], scalars: Views) -> Scores:
        """Return the scores of n events.

        Args:
            views: Views [n, bins] by name; all of them are passed to the network.
            scalars: Scalars [n, k]; NaN if unknown.
        """
        rows = len(scalars)
        members = count_members(self.network)
        found = Scores(np.empty(rows), np.empty(rows), np.empty((rows, members)))
        chunks = [slice(k, k + self.batch_size) for k in range(0, rows, self.batch_size)]
        threads = torch.get_num_threads() if self.device.type == "cpu" else 1
        shares = [share for k in range(threads) if (share := chunks[k::threads])]

        def score(share: Sequence[slice]) -> None:
            with torch.inference_mode(), autocast(self.precision, self.device):
                for rows in share:
                    some = {name: view[rows] for name, view in views.items()}
                    of_batch = self._batch(some, scalars[rows])
                    for values, batch in zip(found[:3], of_batch[:3], strict=True):
                        values[rows] = batch

        if len(shares) <= 1:
            score(chunks)
            return found
        # One thread per batch is faster than several threads within one batch.
        with ThreadPoolExecutor(len(shares), initializer=lambda: torch.set_num_threads(1)) as pool:
            list(pool.map(score, shares))
        torch.set_num_threads(threads)
        return found

    def _batch(self, views: Mapping[str, Views], scalars: Views) -> Scores:
        """Return the scores of one batch of views [b, bins] and scalars [b, k]."""
        tensors = {
            name: torch.from_numpy(np.array(view, np.float32)).to(self.device)
            for name, view in views.items()
        }
        copied = torch.from_numpy(np.array(scalars, np.float32)).to(self.device)
        batch = Batch(tensors, copied, torch.zeros(len(scalars)))
        mean, members, raw = logits_of_members(self.network, batch)
        each = torch.sigmoid(torch.stack(members).double())
        spread = each.std(0, correction=0) if len(members) > 1 else each[0] * torch.nan
        score, logits = torch.sigmoid(mean.double()), torch.stack(raw, dim=1).double()
        return Scores(score.cpu().numpy(), spread.cpu().numpy(), logits.cpu().numpy())


@contextmanager
def one_thread_on(device: torch.device) -> Iterator[None]:
    """Compute scores on one thread in the `with` block, if the device is the CPU.

    The last bits of a score depend on the number of threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if device.type == "cpu" else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def batch_size(network: nn.Module, device: torch.device) -> int:
    """Return the batch size that is fastest for a network on a device."""
    if device.type == "cuda":
        return _ROWS_ON_GPU
    return _ROWS_OF_SMALL if count_parameters(network) < _SMALL else _ROWS_AT_ONCE
