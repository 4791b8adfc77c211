"""Optimisation: settings, learning-rate schedule, and a network that overfits."""

from typing import Any

import pytest
import torch
from network_events import SMALL_ASTRONET, VIEWS

from astronet.training.optimization import (
    classification_loss,
    learning_rate_factor,
    make_optimizer,
)
from astronet.training.settings import Optimization


def test_every_setting_of_optimization_is_documented() -> None:
    assert all(field.description for field in Optimization.model_fields.values())


def test_network_overfits_32_events(make_batch: Any) -> None:
    torch.manual_seed(0)
    batch, network = make_batch(**VIEWS), SMALL_ASTRONET.build(VIEWS)
    settings = Optimization(learning_rate=3e-3)
    optimizer = make_optimizer(settings, network.parameters())
    for _ in range(60):
        optimizer.zero_grad()
        loss = classification_loss(settings, network(batch), batch.label)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


def test_constant_schedule_keeps_the_learning_rate() -> None:
    factors = [learning_rate_factor(Optimization(), progress) for progress in (0.0, 0.5, 1.0)]
    assert factors == [1.0, 1.0, 1.0]


def test_cosine_schedule_rises_then_falls_to_zero() -> None:
    settings = Optimization(schedule="cosine")
    steps = (0.0, 0.05, 0.1, 0.55, 1.0)
    factors = [learning_rate_factor(settings, progress) for progress in steps]
    assert factors == pytest.approx([0.0, 0.5, 1.0, 0.5, 0.0])
