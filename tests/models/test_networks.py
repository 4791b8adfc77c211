"""Properties of single networks; `test_laws.py` tests the properties of every network."""

import math
from typing import Any

import pytest
import torch
from network_events import SMALL_ASTRONET, VIEWS, set_kernel
from pydantic import ValidationError
from torch import nn

from astronet.errors import ConfigError
from astronet.models import AstroNetSpec, count_parameters
from astronet.models.fully_connected import DenseColumn, DenseColumnSpec, FullyConnectedSpec
from astronet.models.linear import LinearSpec

DENSE = DenseColumnSpec(layers=2, size=8, translation_delta=2)
GLOROT = [
    SMALL_ASTRONET,
    FullyConnectedSpec(columns={"local": DENSE}, hidden_layers=1, hidden_size=8),
    LinearSpec(),
]


@pytest.mark.parametrize("spec", GLOROT, ids=lambda spec: spec.kind)
def test_initial_weights_are_glorot_uniform_and_biases_are_zero(spec: Any) -> None:
    for layer in spec.build(VIEWS).modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            out, into, *width = layer.weight.shape
            limit = math.sqrt(6 / ((out + into) * math.prod(width)))
            largest = layer.weight.abs().max().item()
            assert 0.5 * limit < largest <= limit
            assert not layer.bias.any()


def test_initial_weights_have_the_variance_of_glorot_uniform() -> None:
    torch.manual_seed(0)
    weight = LinearSpec().build({"global": 20_000}).logit.weight
    assert weight.std().item() == pytest.approx(math.sqrt(6 / 20_001 / 3), rel=0.02)


def test_numbers_of_parameters_of_the_paper() -> None:
    both = {"global": 2001, "local": 201}
    assert count_parameters(AstroNetSpec().build(both)) == 9_940_193
    assert count_parameters(AstroNetSpec(hidden_size=1024).build({"global": 2001})) == 19_272_497
    assert count_parameters(AstroNetSpec().build({"local": 201})) == 1_551_793
    assert count_parameters(LinearSpec().build({"global": 2001})) == 2_002


def test_frozen_weights_are_not_counted() -> None:
    network = LinearSpec().build({"global": 10})
    network.logit.bias.requires_grad_(False)
    assert count_parameters(network) == 10


def test_dropout_is_active_in_training_only(make_batch: Any) -> None:
    batch = make_batch(**VIEWS)
    network = SMALL_ASTRONET.model_copy(update={"dropout": 0.5}).build(VIEWS)
    assert not torch.equal(network(batch), network(batch))
    network.eval()
    assert torch.equal(network(batch), network(batch))
    assert not any(isinstance(layer, nn.Dropout) for layer in SMALL_ASTRONET.build(VIEWS).modules())


def test_bfloat16_logits_are_close_to_float32(make_batch: Any) -> None:
    torch.manual_seed(0)
    batch = make_batch(events=16)
    network = AstroNetSpec().build({"global": 2001, "local": 201}).eval()
    with torch.no_grad():
        exact = network(batch)
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(batch)
    assert (exact - rough.float()).abs().max() < 1e-2


@pytest.mark.gpu
def test_gpu_gives_the_same_logits(make_batch: Any) -> None:
    torch.manual_seed(0)
    batch = make_batch(events=16)
    network = AstroNetSpec().build({"global": 2001, "local": 201}).eval()
    with torch.no_grad():
        expected = network(batch)
        logits = network.to("cuda")(batch.to("cuda")).cpu()
        with torch.autocast("cuda", torch.bfloat16):
            rough = network(batch.to("cuda")).float().cpu()
    torch.testing.assert_close(logits, expected, rtol=0, atol=2e-3)  # convolutions use TF32
    torch.testing.assert_close(rough, expected, rtol=0, atol=1e-2)


def test_shifted_first_layer_returns_the_maximum_over_shifts() -> None:
    column = DenseColumn(DenseColumnSpec(layers=1, size=1, translation_delta=1), 5)
    set_kernel(column, [[1.0, 10.0, 100.0]])
    assert column(torch.tensor([[1.0, 0.0, 0.0, 1.0, 0.0]])).tolist() == [[100.0]]
    assert column(torch.tensor([[0.0, 0.0, 1.0, 1.0, 0.0]])).tolist() == [[110.0]]


def test_shifted_first_layer_with_average_pooling() -> None:
    spec = DenseColumnSpec(layers=1, size=1, translation_delta=1, pooling="avg")
    column = DenseColumn(spec, 5)
    set_kernel(column, [[1.0, 10.0, 100.0]])
    assert column(torch.tensor([[0.0, 0.0, 3.0, 0.0, 0.0]])).tolist() == [[111.0]]


def test_shifted_first_layer_is_invariant_to_shifts_of_up_to_delta() -> None:
    column = DenseColumn(DenseColumnSpec(layers=1, size=1, translation_delta=1), 5)
    set_kernel(column, [[0.0, 1.0, 0.0]])
    events = torch.eye(5)  # one event per bin
    assert column(events)[:, 0].tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_network_without_views_is_rejected() -> None:
    with pytest.raises(ConfigError) as error:
        AstroNetSpec().build({})
    assert str(error.value) == "the network has no input view; add at least one, such as global"


def test_column_without_a_view_is_rejected() -> None:
    with pytest.raises(ConfigError) as error:
        FullyConnectedSpec(columns={"lcal": DENSE}).build(VIEWS)
    assert str(error.value) == (
        "the column 'lcal' has no view (views: global, local); "
        "remove it from network.columns, or add the view"
    )


def test_translation_delta_too_large_for_the_view_is_rejected() -> None:
    spec = FullyConnectedSpec(columns={"local": DenseColumnSpec(layers=1, translation_delta=31)})
    with pytest.raises(ConfigError) as error:
        spec.build({"local": 61})
    assert str(error.value) == (
        "column 'local': translation_delta=31 needs more than 62 points, but the view has 61; "
        "use at most 30"
    )


def test_translation_delta_without_layers_is_rejected() -> None:
    with pytest.raises(
        ValidationError, match="needs at least one dense layer; set layers to 1 or more"
    ):
        DenseColumnSpec(translation_delta=3)
