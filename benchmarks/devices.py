"""Comparison of training on one and two devices: `python -m benchmarks.devices`.

Networks with the default settings are trained for one epoch on transits in noise, once in one
process and once in two, with the same seed, in float32 and without dropout. Both devices are the
CPU. The number of events is not a multiple of the batch size, nor the last batch of the devices.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from astronet import GLOBAL, LOCAL, ViewStore
from astronet.config import experiment_from
from astronet.models import NETWORKS
from astronet.runs.loading import load
from astronet.train import train
from benchmarks.measuring import show

EVENTS, VALIDATED, BATCH = 257, 63, 32
"""Numbers of training and validation events, and of events per batch of both devices together."""

COLUMNS = (
    "network",
    "normalisation",
    "largest difference of a weight",
    "of a validation score",
    "largest change of a weight in training",
)


def main(folder: Path) -> None:
    """Train all networks and print the table."""
    store = transits_in_noise(folder / "store")
    rows = [compared(store, folder / kind, kind) for kind in NETWORKS]
    show(f"One epoch on one and two devices, batch size {BATCH}", COLUMNS, rows)


def compared(store: ViewStore, folder: Path, kind: str) -> tuple[str, ...]:
    """Train a network on one and two devices, and return the row of the table."""
    weights, scores = [], []
    content = {
        "store": str(store.path),
        "data": {"batch_size": BATCH, "split": {"kind": "official"}},
        "network": {"kind": kind} | ({"dropout": 0.0} if kind == "residual" else {}),
        "training": {"epochs": 1, "precision": "float32"},
        "trainer": {"accelerator": "cpu"},
    }
    first = experiment_from(content, [], kind)
    torch.manual_seed(first.training.seed)
    network = first.network.build(first.view_bins)
    before = _values(network)
    for devices in (1, 2):
        experiment = experiment_from(content, [f"trainer.devices={devices}"], kind)
        run = train(experiment, folder / f"{devices}", quiet=True)
        weights.append(_values(run.load_network()))
        rows = np.flatnonzero((store.index["split"] == "val").to_numpy())
        scores.append(load(run.path).score_store(store, rows))
    normalised = any(isinstance(one, torch.nn.BatchNorm2d) for one in network.modules())
    return (
        kind,
        "batch" if normalised else "none",
        f"{(weights[0] - weights[1]).abs().max():.1e}",
        f"{np.abs(scores[0] - scores[1]).max():.1e}",
        f"{(weights[0] - before).abs().max():.1e}",
    )


def _values(network: torch.nn.Module) -> torch.Tensor:
    """Return all parameters of a network in one vector."""
    return torch.cat([one.detach().flatten() for one in network.parameters()])


def transits_in_noise(path: Path) -> ViewStore:
    """Return a store of noise; half of the events have a transit in the middle of their views."""
    generator = np.random.default_rng(0)
    events = EVENTS + VALIDATED
    planet = np.arange(events) % 2 == 0
    views = {}
    for name, spec in (("global", GLOBAL), ("local", LOCAL)):
        view = 0.3 * generator.standard_normal((events, spec.bins), np.float32)
        middle, width = spec.bins // 2, spec.bins // 40
        view[planet, middle - width : middle + width] -= 1
        views[name] = view
    index = pd.DataFrame({"star": range(events), "number": 1})
    index["label"] = np.where(planet, "PC", "AFP")
    index["split"] = np.where(np.arange(events) < EVENTS, "train", "val")
    return ViewStore.create(path, index, [views], {"global": GLOBAL, "local": LOCAL}, {})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
