"""What all networks have in common, and what each is for."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load_file, save_file
from torch import nn

from astronet.errors import ConfigError, RunError
from astronet.models import (
    AstroNetSpec,
    ColumnSpec,
    DenseColumnSpec,
    FullyConnectedSpec,
    LinearSpec,
    NetworkSpec,
    ResidualColumnSpec,
    ResidualSpec,
    count_parameters,
)
from astronet.models.fully_connected import DenseColumn
from astronet.training.optimization import classification_loss, make_optimizer
from astronet.training.settings import Optimization

VIEWS = {"global": 101, "local": 61}
SMALL = AstroNetSpec(
    columns={
        "global": ColumnSpec(blocks=3, filters=4, pool=5),
        "local": ColumnSpec(blocks=2, filters=4, pool=7),
    },
    hidden_layers=1,
    hidden_size=16,
)
DENSE = DenseColumnSpec(layers=2, size=8, translation_delta=2)
SPECS = [
    SMALL,
    FullyConnectedSpec(columns={"local": DENSE}, hidden_layers=1, hidden_size=8),
    LinearSpec(),
    ResidualSpec(
        columns={
            "global": ResidualColumnSpec(channels=(8, 8), circular=True),
            "local": ResidualColumnSpec(channels=(8,)),
        },
        hidden_size=16,
    ),
]
every_network = pytest.mark.parametrize("spec", SPECS, ids=[spec.kind for spec in SPECS])


@every_network
def test_a_batch_becomes_logits(spec: Any, make_batch: Any) -> None:
    logits = spec.build(VIEWS)(make_batch(events=3, **VIEWS))
    assert logits.shape == (3,)
    assert logits.dtype == torch.float32


@every_network
def test_an_event_does_not_see_its_neighbours(spec: Any, make_batch: Any) -> None:
    network, batch = spec.build(VIEWS).eval(), make_batch(events=4, **VIEWS)
    alone = batch._replace(views={name: view[2:3] for name, view in batch.views.items()})
    torch.testing.assert_close(network(alone), network(batch)[2:3])


@every_network
def test_the_order_in_which_views_are_named_does_not_matter(spec: Any, make_batch: Any) -> None:
    batch = make_batch(events=2, **VIEWS)
    torch.manual_seed(0)
    network = spec.build(VIEWS).eval()
    torch.manual_seed(0)
    swapped = spec.build(dict(reversed(VIEWS.items()))).eval()
    reordered = batch._replace(views=dict(reversed(batch.views.items())))
    assert torch.equal(network(batch), swapped(reordered))


@every_network
def test_views_are_joined_by_name(spec: Any) -> None:
    names = {"rebinned_local": 61, "local": 61, "global": 101}
    if isinstance(spec, AstroNetSpec | ResidualSpec):
        columns = spec.columns | {"rebinned_local": spec.columns["local"]}
        spec = spec.model_copy(update={"columns": columns})
    assert list(spec.build(names).views) == ["global", "local", "rebinned_local"]


@every_network
@pytest.mark.parametrize("name", ["half", "double", "v1.5"])
def test_a_view_may_have_any_name(spec: Any, name: str, make_batch: Any) -> None:
    if isinstance(spec, AstroNetSpec | ResidualSpec):
        spec = type(spec)(columns={name: spec.columns["local"]})
    if isinstance(spec, FullyConnectedSpec):
        spec = FullyConnectedSpec(columns={name: DENSE})
    assert spec.build({name: 61})(make_batch(events=2, **{name: 61})).shape == (2,)


@every_network
def test_saved_weights_give_the_same_logits(spec: Any, tmp_path: Path, make_batch: Any) -> None:
    batch, network, again = make_batch(**VIEWS), *(spec.build(VIEWS).eval() for _ in range(2))
    assert not torch.equal(again(batch), network(batch))
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, tmp_path / "w.st")
    again.load_state_dict(load_file(tmp_path / "w.st"))
    assert torch.equal(again(batch), network(batch))
    torch.save(network.state_dict(), tmp_path / "w.pt")
    third = spec.build(VIEWS).eval()
    third.load_state_dict(torch.load(tmp_path / "w.pt", weights_only=True))
    assert torch.equal(third(batch), network(batch))


@pytest.mark.parametrize("spec", SPECS[:3], ids=[spec.kind for spec in SPECS[:3]])
def test_kernels_start_uniform_and_biases_at_zero(spec: Any) -> None:
    for layer in spec.build(VIEWS).modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            out, into, *width = layer.weight.shape
            limit = math.sqrt(6 / ((out + into) * math.prod(width)))
            largest = layer.weight.abs().max().item()
            assert 0.5 * limit < largest <= limit
            assert not layer.bias.any()


def test_wide_kernels_fill_their_interval_evenly() -> None:
    torch.manual_seed(0)
    weight = LinearSpec().build({"global": 20_000}).logit.weight
    assert weight.std().item() == pytest.approx(math.sqrt(6 / 20_001 / 3), rel=0.02)


@every_network
def test_a_spec_survives_its_own_text(spec: Any) -> None:
    assert TypeAdapter(NetworkSpec).validate_json(spec.model_dump_json()) == spec


@every_network
def test_every_setting_is_documented(spec: Any) -> None:
    for settings in (type(spec), DenseColumnSpec, Optimization):
        assert all(field.description for field in settings.model_fields.values())


@every_network
def test_a_spec_refuses_unknown_settings(spec: Any) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        TypeAdapter(NetworkSpec).validate_python({"kind": spec.kind, "colums": {}})


def test_a_network_overfits_32_events(make_batch: Any) -> None:
    torch.manual_seed(0)
    batch, network = make_batch(**VIEWS), SMALL.build(VIEWS)
    settings = Optimization(learning_rate=3e-3)
    optimizer = make_optimizer(settings, network.parameters())
    for _ in range(60):
        optimizer.zero_grad()
        loss = classification_loss(settings, network(batch), batch.label)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


def test_parameters_of_the_papers_network() -> None:
    both = {"global": 2001, "local": 201}
    assert count_parameters(AstroNetSpec().build(both)) == 9_940_193
    assert count_parameters(AstroNetSpec(hidden_size=1024).build({"global": 2001})) == 19_272_497
    assert count_parameters(AstroNetSpec().build({"local": 201})) == 1_551_793
    assert count_parameters(LinearSpec().build({"global": 2001})) == 2_002


def test_frozen_weights_do_not_count() -> None:
    network = LinearSpec().build({"global": 10})
    network.logit.bias.requires_grad_(False)
    assert count_parameters(network) == 10


def test_dropout_acts_in_training_only(make_batch: Any) -> None:
    batch = make_batch(**VIEWS)
    network = SMALL.model_copy(update={"dropout": 0.5}).build(VIEWS)
    assert not torch.equal(network(batch), network(batch))
    network.eval()
    assert torch.equal(network(batch), network(batch))
    assert not any(isinstance(layer, nn.Dropout) for layer in SMALL.build(VIEWS).modules())


def test_bfloat16_is_near_float32(make_batch: Any) -> None:
    torch.manual_seed(0)
    batch = make_batch(events=16)
    network = AstroNetSpec().build({"global": 2001, "local": 201}).eval()
    with torch.no_grad():
        exact = network(batch)
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(batch)
    assert (exact - rough.float()).abs().max() < 1e-2


@pytest.mark.gpu
def test_a_gpu_gives_the_same_logits(make_batch: Any) -> None:
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


def test_a_shifted_first_layer_keeps_what_it_sees_best() -> None:
    column = DenseColumn(DenseColumnSpec(layers=1, size=1, translation_delta=1), 5)
    _set_conv(column, [1.0, 10.0, 100.0])
    assert column(torch.tensor([[1.0, 0.0, 0.0, 1.0, 0.0]])).tolist() == [[100.0]]
    assert column(torch.tensor([[0.0, 0.0, 1.0, 1.0, 0.0]])).tolist() == [[110.0]]


def test_a_shifted_first_layer_may_average() -> None:
    spec = DenseColumnSpec(layers=1, size=1, translation_delta=1, pooling="avg")
    column = DenseColumn(spec, 5)
    _set_conv(column, [1.0, 10.0, 100.0])
    assert column(torch.tensor([[0.0, 0.0, 3.0, 0.0, 0.0]])).tolist() == [[111.0]]


def test_a_shifted_first_layer_does_not_see_shifts_of_up_to_delta() -> None:
    column = DenseColumn(DenseColumnSpec(layers=1, size=1, translation_delta=1), 5)
    _set_conv(column, [0.0, 1.0, 0.0])
    events = torch.eye(5)  # one event a bin
    assert column(events)[:, 0].tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_no_views() -> None:
    with pytest.raises(ConfigError) as error:
        AstroNetSpec().build({})
    assert str(error.value) == (
        "the network has no input view; give it at least one, such as global"
    )


def test_a_view_without_a_column() -> None:
    with pytest.raises(ConfigError) as error:
        AstroNetSpec().build({"global": 2001, "odd": 61})
    assert str(error.value) == (
        "the view 'odd' has no column (columns: global, local); "
        "describe one under network.columns, or leave the view out"
    )


def test_a_column_without_a_view() -> None:
    with pytest.raises(ConfigError) as error:
        FullyConnectedSpec(columns={"lcal": DENSE}).build(VIEWS)
    assert str(error.value) == (
        "the column 'lcal' belongs to no view (views: global, local); "
        "take it out of network.columns, or add the view"
    )


def test_shifts_wider_than_the_view() -> None:
    spec = FullyConnectedSpec(columns={"local": DenseColumnSpec(layers=1, translation_delta=31)})
    with pytest.raises(ConfigError) as error:
        spec.build({"local": 61})
    assert str(error.value) == (
        "column 'local': a translation_delta of 31 needs more than 62 points but gets 61; "
        "use at most 30"
    )


def test_shifts_without_a_layer() -> None:
    with pytest.raises(ValidationError, match="shifts the first layer; set layers to 1 or more"):
        DenseColumnSpec(translation_delta=3)


@every_network
def test_data_that_lacks_a_view(spec: Any, make_batch: Any) -> None:
    with pytest.raises(RunError) as error:
        spec.build(VIEWS)(make_batch(events=2, **{"global": 101}))
    assert str(error.value) == (
        "the network reads the view 'local' but the data has global; "
        "use a store that holds the views it was trained on"
    )


@every_network
def test_a_view_of_another_length(spec: Any, make_batch: Any) -> None:
    with pytest.raises(RunError) as error:
        spec.build(VIEWS)(make_batch(events=2, **(VIEWS | {"local": 201})))
    assert str(error.value) == (
        "the view 'local' has 201 bins but the network was built for 61; "
        "use a store whose views were cut as in training"
    )


def _set_conv(column: DenseColumn, kernel: list[float]) -> None:
    """Gives the only convolution a kernel [width] and no bias."""
    weight, bias = column.parameters()
    with torch.no_grad():
        weight.copy_(torch.tensor(kernel)[None, None, :])
        bias.zero_()
