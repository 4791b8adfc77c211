"""Training, scores and explanations on a GPU agree with those on the CPU."""

import copy
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import torch
from network_events import make_batch
from samples import SmallRun, interrupted_in_epoch
from torch import nn

from astronet import ViewStore
from astronet.config import load_config
from astronet.errors import RunError
from astronet.evaluate import evaluate
from astronet.explain import explain_row
from astronet.models import AstroNetSpec
from astronet.models.batches import Batch
from astronet.models.precision import autocast
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import load_shipped, shipped_names
from astronet.train import train
from astronet.training.optimization import classification_loss
from astronet.training.settings import Optimization

__all__ = ["make_batch"]

pytestmark = pytest.mark.gpu

CLOSE = {"float32": 2e-3, "bfloat16": 2e-2}
"""Largest difference between a score on a GPU and on the CPU, which round differently. In float32,
the convolutions of a GPU use TF32."""


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", shipped_names())
def test_shipped_weights_give_the_same_scores(
    small_run: SmallRun, name: str, precision: Literal["float32", "bfloat16"]
) -> None:
    store = ViewStore.open(small_run.store)
    gpu, cpu = (Scorer([load_shipped(name)], device=device) for device in ("cuda", "cpu"))
    gpu.precision, cpu.precision = precision, "float32"
    difference = np.abs(gpu.score_store(store) - cpu.score_store(store))
    assert difference.max() < CLOSE[precision]


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.3)])
def test_one_training_step_gives_the_same_gradient(
    make_batch: Any,
    monkeypatch: pytest.MonkeyPatch,
    precision: Literal["float32", "bfloat16"],
    tolerance: float,
) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    torch.manual_seed(0)
    network, batch = AstroNetSpec().build({"global": 2001, "local": 201}), make_batch(events=64)
    expected = gradient_of(network, batch, "cpu", "float32")
    gradient = gradient_of(network, batch, "cuda", precision)
    assert (gradient - expected).norm() < tolerance * expected.norm()


def gradient_of(
    network: nn.Module, batch: Batch, device: str, precision: Literal["float32", "bfloat16"]
) -> torch.Tensor:
    network, batch = copy.deepcopy(network).to(device), batch.to(device)
    with autocast(precision, torch.device(device)):
        logits = network(batch)
    classification_loss(Optimization(), logits, batch.label).backward()
    gradients = [p.grad.flatten() for p in network.parameters() if p.grad is not None]
    return torch.cat(gradients).cpu()


def test_run_trained_on_a_gpu_is_evaluated_and_explained(
    small_run: SmallRun, tmp_path: Path
) -> None:
    experiment = load_config(small_run.config, ["trainer.accelerator=gpu"])
    run = train(experiment, tmp_path / "run", quiet=True)
    record = json.loads((run.path / "run.json").read_text())
    assert record["device"].startswith("cuda")
    store = ViewStore.open(small_run.store)
    gpu, cpu = (Scorer([Run.load(run.path)], device=device) for device in ("cuda", "cpu"))
    scores = gpu.score_store(store)
    assert np.abs(scores - cpu.score_store(store)).max() < CLOSE["bfloat16"]
    found = evaluate([run.path], store=small_run.store, out=tmp_path / "evaluation")
    assert found.report.exists()
    explained = explain_row(gpu, store, 3, out=tmp_path / "page", quiet=True)
    assert explained.score == pytest.approx(scores[3], abs=CLOSE["bfloat16"])


def test_interrupted_training_resumes_on_a_gpu(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = load_config(small_run.config, ["trainer.accelerator=gpu"])
    whole = train(experiment, tmp_path / "whole", quiet=True)
    with (
        interrupted_in_epoch(3, monkeypatch),
        pytest.raises(RunError, match="interrupted in epoch 3 of 4"),
    ):
        train(experiment, tmp_path / "run", quiet=True)
    run = train(experiment, tmp_path / "run", resume=True, quiet=True)
    losses, expected = (
        pd.read_csv(path / "metrics.csv")["train_loss"] for path in (run.path, whole.path)
    )
    assert losses.tolist() == pytest.approx(expected.tolist(), rel=1e-2)
