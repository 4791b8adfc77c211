"""Agreement of a device with the CPU: scores of shipped weights, and one training step."""

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from astronet import ViewStore
from astronet.dataset.recut import views_of
from astronet.models import AstroNetSpec
from astronet.models.batches import Batch
from astronet.models.precision import Rounding, autocast
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import load_shipped, shipped_names
from astronet.training.optimization import classification_loss, make_optimizer
from astronet.training.settings import Optimization
from benchmarks.measuring import show
from benchmarks.networks import (
    VIEWS,
    random_batch,
)

Views = Mapping[str, Any]

_PRECISIONS: tuple[Rounding, ...] = ("float32", "bfloat16")


def check_scores(path: Path | None, device: torch.device) -> None:
    """Print the largest difference between the scores on the CPU and on the device."""
    rows = []
    for name in shipped_names():
        cpu, other = (Scorer([load_shipped(name)], device=place) for place in ("cpu", device))
        views, scalars = _some_views(cpu, path)
        exact = _scores(cpu, views, scalars, "float32")
        for precision in _PRECISIONS:
            there = _scores(other, views, scalars, precision)
            here = _scores(cpu, views, scalars, precision)
            difference = f"{np.abs(there - here).max():.1e}"
            rows.append((name, precision, difference, f"{np.abs(there - exact).max():.1e}"))
    columns = (
        "weights",
        "precision",
        "largest difference, same precision",
        "largest difference, CPU in float32",
    )
    show(f"Scores of {len(exact):,} events on {device} and on the CPU", columns, rows)


def _some_views(scorer: Scorer, path: Path | None) -> tuple[Views, Any]:
    if path is not None:
        store = ViewStore.open(path)
        return views_of(store, scorer.experiment.views), scorer.scalars_of(store.index)
    generator = np.random.default_rng(0)
    specs = scorer.experiment.views
    views = {n: generator.normal(size=(64, s.bins)).astype(np.float32) for n, s in specs.items()}
    return views, None


def _scores(scorer: Scorer, views: Views, scalars: Any, precision: Rounding) -> Any:
    scorer.precision = precision
    return scorer.score_views(views, scalars)


def check_step(device: torch.device) -> None:
    """Print how one training step on the device differs from the same step on the CPU."""
    torch.manual_seed(0)
    network, batch = AstroNetSpec().build(VIEWS), random_batch()
    rows = []
    settings: tuple[tuple[Rounding, bool], ...] = (
        ("float32", False),
        ("float32", True),
        ("bfloat16", False),
    )
    for precision, tf32 in settings:
        torch.backends.cudnn.allow_tf32 = tf32
        loss, gradient, moved = _one_step(network, batch, torch.device("cpu"), "float32")
        there = _one_step(network, batch, device, precision)
        difference = (there[1] - gradient).norm() / gradient.norm()
        same = float((torch.sign(there[2]) == torch.sign(moved)).float().mean())
        name = f"{precision}{', TF32 convolutions' if tf32 else ''}"
        rows.append((name, f"{abs(there[0] - loss):.1e}", f"{difference:.1e}", f"{same:.2%}"))
    torch.backends.cudnn.allow_tf32 = True
    columns = (
        "precision",
        "loss",
        "gradient, relative norm",
        "parameters changed in the same direction",
    )
    show(f"One training step on {device}, difference from float32 on the CPU", columns, rows)


def _one_step(
    network: nn.Module, batch: Batch, device: torch.device, precision: Rounding
) -> tuple[float, torch.Tensor, torch.Tensor]:
    """Return the loss, all gradients and all changes of parameters of one Adam step."""
    network, batch = copy.deepcopy(network).to(device), batch.to(device)
    before = _flat(network.parameters())
    optimizer = make_optimizer(Optimization(), network.parameters(), fused=True)
    with autocast(precision, device):
        logits = network(batch)
    loss = classification_loss(Optimization(), logits, batch.label)
    loss.backward()
    gradient = _flat(p.grad for p in network.parameters() if p.grad is not None)
    optimizer.step()
    return float(loss.detach()), gradient, _flat(network.parameters()) - before


def _flat(tensors: Iterable[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).cpu()
