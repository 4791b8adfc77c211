"""Training: loss, optimiser, logged metrics and gradient clipping."""

import math
from typing import Any

import pytest
import torch
from lightning import Trainer
from pydantic import ValidationError
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import nn
from torch.utils.data import DataLoader

from astronet.models.batches import Batch
from astronet.models.linear import LinearSpec
from astronet.training.classifier import Classifier
from astronet.training.optimization import classification_loss, make_optimizer
from astronet.training.settings import Optimization

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning"),  # Lightning's own
]
VIEWS = {"local": 21}


def test_loss_by_hand() -> None:
    logits, labels = torch.tensor([0.0, 2.0]), torch.tensor([1.0, 0.0])
    expected = (math.log(2) + math.log(1 + math.exp(2))) / 2
    assert classification_loss(Optimization(), logits, labels).item() == pytest.approx(expected)


def test_positive_weight_multiplies_the_loss_of_planets() -> None:
    logits, labels = torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0])
    loss = classification_loss(Optimization(positive_weight=3), logits, labels)
    assert loss.item() == pytest.approx((3 + 1) * math.log(2) / 2)


def test_label_smoothing_moves_the_minimum_of_the_loss() -> None:
    settings = Optimization(label_smoothing=0.2)  # 1 becomes 0.9
    logits = torch.tensor([math.log(9)], requires_grad=True)
    classification_loss(settings, logits, torch.tensor([1.0])).backward()
    assert logits.grad is not None
    assert logits.grad.item() == pytest.approx(0, abs=1e-6)


def test_loss_of_bfloat16_logits_is_float32() -> None:
    for weight in (None, 2.0):
        settings = Optimization(positive_weight=weight)
        logits = torch.tensor([1.0, -1.0], dtype=torch.bfloat16)
        assert (
            classification_loss(settings, logits, torch.tensor([1.0, 0.0])).dtype == torch.float32
        )


def test_default_optimiser_is_that_of_the_paper() -> None:
    optimizer = make_optimizer(Optimization(), [nn.Parameter(torch.zeros(1))])
    group = optimizer.param_groups[0]
    assert (group["lr"], group["betas"], group["eps"]) == (1e-5, (0.9, 0.999), 1e-8)
    assert group["weight_decay"] == 0


@pytest.mark.parametrize("fused", [False, True])
def test_adam_without_weight_decay_equals_torch_adam(fused: bool) -> None:
    ours, theirs = (nn.Parameter(torch.tensor([1.0, -2.0])) for _ in range(2))
    optimizers = [
        make_optimizer(Optimization(learning_rate=0.1), [ours], fused=fused),
        torch.optim.Adam([theirs], lr=0.1),
    ]
    for _ in range(5):
        for weight, optimizer in zip((ours, theirs), optimizers, strict=True):
            weight.grad = 2 * weight.detach()
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


def test_sgd_step_by_hand() -> None:
    weight = nn.Parameter(torch.tensor([1.0]))
    settings = Optimization(optimizer="sgd", learning_rate=0.1, betas=(0.0, 0.9), weight_decay=0.5)
    optimizer = make_optimizer(settings, [weight])
    weight.grad = torch.tensor([2.0])
    optimizer.step()
    assert weight.item() == pytest.approx(1 - 0.1 * (2 + 0.5))


@pytest.mark.parametrize(
    "setting",
    [{"learning_rate": 0}, {"learning_rate": math.nan}, {"betas": (1, 0.9)}, {"optimiser": "sgd"}],
)
def test_invalid_setting_is_rejected(setting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Optimization(**setting)


def test_validation_metrics_are_computed_over_the_whole_set(make_batch: Any) -> None:
    batches = [make_batch(events=n, seed=n, **VIEWS) for n in (8, 8, 3)]
    # In a batch of a single class, ranking metrics are undefined.
    batches.append(_only(make_batch(events=6, seed=1, **VIEWS), label=0))
    classifier = Classifier(LinearSpec().build(VIEWS))
    logged = _trainer().validate(classifier, _loader(batches), verbose=False)[0]
    with torch.no_grad():
        logits = torch.cat([classifier(batch) for batch in batches])
    labels = torch.cat([batch.label for batch in batches])
    assert logged["val_roc_auc"] == pytest.approx(roc_auc_score(labels, logits))
    precision = average_precision_score(labels, logits)
    assert logged["val_average_precision"] == pytest.approx(precision)
    assert logged["val_loss"] == pytest.approx(
        classification_loss(Optimization(), logits, labels).item()
    )


def test_validation_without_planets_has_a_loss_but_no_ranking_metrics(make_batch: Any) -> None:
    batch = _only(make_batch(events=6, **VIEWS), label=0)
    classifier = Classifier(LinearSpec().build(VIEWS))
    logged = _trainer().validate(classifier, _loader([batch]), verbose=False)[0]
    assert math.isnan(logged["val_roc_auc"])
    assert math.isnan(logged["val_average_precision"])
    assert math.isfinite(logged["val_loss"])


def test_train_loss_is_the_mean_over_events(make_batch: Any) -> None:
    batches = [make_batch(events=n, seed=n, **VIEWS) for n in (8, 3)]
    classifier = Classifier(LinearSpec().build(VIEWS), Optimization(learning_rate=1e-12))
    with torch.no_grad():
        logits = torch.cat([classifier(batch) for batch in batches])
    labels = torch.cat([batch.label for batch in batches])
    trainer = _trainer(max_epochs=1)
    trainer.fit(classifier, _loader(batches), _loader(batches))
    expected = classification_loss(Optimization(), logits, labels).item()
    assert float(trainer.callback_metrics["train_loss"]) == pytest.approx(expected, rel=1e-5)


def test_linear_network_learns_simulated_transits(make_batch: Any) -> None:
    torch.manual_seed(0)
    batches = [make_batch(events=16, seed=seed, **VIEWS) for seed in range(2)]
    classifier = Classifier(LinearSpec().build(VIEWS), Optimization(learning_rate=0.05))
    trainer = _trainer(max_epochs=20)
    trainer.fit(classifier, _loader(batches), _loader(batches))
    assert set(trainer.callback_metrics) == {
        "train_loss",
        "val_loss",
        "val_average_precision",
        "val_roc_auc",
    }
    assert float(trainer.callback_metrics["val_average_precision"]) > 0.99
    assert float(trainer.callback_metrics["train_loss"]) < 0.2


@pytest.mark.parametrize("mixed", [False, True])
def test_logits_are_float32_at_any_precision(mixed: bool, make_batch: Any) -> None:
    batch = make_batch(events=4, **VIEWS)
    classifier = Classifier(LinearSpec().build(VIEWS))
    with torch.no_grad():
        expected = torch.sigmoid(classifier(batch))
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            logits = classifier(batch)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(torch.sigmoid(logits), expected, rtol=0, atol=0.01)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_gradient_norm_is_clipped(precision: str, make_batch: Any) -> None:
    settings = Optimization(optimizer="sgd", learning_rate=1, betas=(0, 0.999), gradient_clip=0.01)
    classifier = Classifier(LinearSpec().build(VIEWS), settings)
    before = torch.cat([weight.detach().flatten().clone() for weight in classifier.parameters()])
    trainer = _trainer(max_epochs=1, precision=precision)
    trainer.fit(classifier, _loader([make_batch(events=8, **VIEWS)]))
    after = torch.cat([weight.detach().flatten() for weight in classifier.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.01, rel=1e-2)


@pytest.mark.parametrize("clip", [None, 1.0])
def test_adam_is_fused_unless_gradients_are_clipped(clip: float | None, make_batch: Any) -> None:
    classifier = Classifier(LinearSpec().build(VIEWS), Optimization(gradient_clip=clip))
    trainer = _trainer(max_epochs=1, precision="bf16-mixed")
    trainer.fit(classifier, _loader([make_batch(events=8, **VIEWS)]))
    assert trainer.optimizers[0].param_groups[0]["fused"] is (clip is None)


def _trainer(**options: Any) -> Trainer:
    quiet = {
        "accelerator": "cpu",
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
    }
    return Trainer(**(quiet | options))


def _loader(batches: list[Batch]) -> DataLoader[Batch]:
    return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]


def _only(batch: Batch, label: int) -> Batch:
    return batch._replace(label=torch.full_like(batch.label, label))
