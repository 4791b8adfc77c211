"""Properties of every network of the union, each tested with one small network per kind."""

from pathlib import Path
from typing import Any

import pytest
import torch
from network_events import SMALL_ASTRONET, VIEWS
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from astronet.config import Experiment
from astronet.errors import ConfigError, RunError
from astronet.explanations.model import members
from astronet.models import NETWORKS, AnyNetwork, NetworkSpec, count_parameters
from astronet.models.batches import Batch
from astronet.models.convolutional import ConvolutionalNetwork
from astronet.models.fully_connected import DenseColumnSpec, FullyConnectedSpec
from astronet.models.geometry import layers_of
from astronet.models.inference import fused
from astronet.models.linear import LinearSpec
from astronet.models.residual import ResidualColumnSpec, ResidualSpec

SMALL: dict[str, NetworkSpec] = {
    "astronet": SMALL_ASTRONET,
    "fully_connected": FullyConnectedSpec(
        columns={"local": DenseColumnSpec(layers=2, size=8, translation_delta=2)},
        hidden_layers=1,
        hidden_size=8,
    ),
    "linear": LinearSpec(),
    "residual": ResidualSpec(
        columns={
            "global": ResidualColumnSpec(channels=(8, 8), circular=True),
            "local": ResidualColumnSpec(channels=(8,)),
        },
        hidden_size=16,
        dropout=0,
        scalars=("log_period", "log_snr"),
    ),
}
"""One small network per kind; a kind of the union that is missing here fails every test."""

PAPER = {"global": 2001, "local": 201}
"""Views for which the docstring of each network gives the number of parameters."""


@pytest.fixture(params=NETWORKS)
def spec(request: pytest.FixtureRequest) -> Any:
    """Return the settings of the small network of each kind."""
    if request.param not in SMALL:
        pytest.fail(f"the network {request.param!r} has no small spec in SMALL; add one")
    return SMALL[request.param]


def network_of(spec: Any, views: dict[str, int] = VIEWS, seed: int = 0) -> nn.Module:
    """Return a network in evaluation mode."""
    torch.manual_seed(seed)
    return spec.build(views).eval()


@pytest.fixture
def batch_of(make_batch: Any) -> Any:
    """Return a function that makes events with the views and scalars that a network reads."""

    def make(spec: Any, events: int = 8, **bins: int) -> Batch:
        batch = make_batch(events=events, **(bins or VIEWS))
        random = torch.Generator().manual_seed(1)
        return batch._replace(scalars=torch.randn(events, len(spec.scalars), generator=random))

    return make


def rows_of(batch: Batch, rows: Any) -> Batch:
    """Return some events of a batch."""
    views = {name: view[rows] for name, view in batch.views.items()}
    return Batch(views, batch.scalars[rows], batch.label[rows], batch.row[rows])


def test_logits_are_finite_float32(spec: Any, batch_of: Any) -> None:
    for network in (network_of(spec), network_of(spec).train()):
        logits = network(batch_of(spec))
        assert logits.shape == (8,)
        assert logits.dtype == torch.float32
        assert logits.isfinite().all()


def test_unknown_scalars_and_large_values_give_finite_logits(spec: Any, batch_of: Any) -> None:
    batch = batch_of(spec)
    unknown = batch._replace(scalars=torch.full_like(batch.scalars, torch.nan))
    large = batch._replace(views={name: 1e4 * view for name, view in batch.views.items()})
    assert network_of(spec)(unknown).isfinite().all()
    assert network_of(spec)(large).isfinite().all()


def test_order_of_a_batch_is_irrelevant(spec: Any, batch_of: Any) -> None:
    network, batch = network_of(spec), batch_of(spec)
    order = torch.tensor([5, 2, 7, 0, 1, 6, 3, 4])
    torch.testing.assert_close(network(rows_of(batch, order)), network(batch)[order])


def test_batch_of_one_equals_a_row_of_a_larger_batch(spec: Any, batch_of: Any) -> None:
    network, batch = network_of(spec), batch_of(spec)
    for row in range(8):
        one = network(rows_of(batch, slice(row, row + 1)))
        torch.testing.assert_close(one, network(batch)[row : row + 1])


def test_gradients_reach_every_parameter(spec: Any, batch_of: Any) -> None:
    network = network_of(spec).train()
    network(batch_of(spec, events=32)).square().sum().backward()
    without = [
        name
        for name, weight in network.named_parameters()
        if weight.grad is None or not weight.grad.any()
    ]
    assert without == []
    assert all(weight.grad.isfinite().all() for weight in network.parameters())


def test_logits_depend_on_every_view_and_scalar(spec: Any, batch_of: Any) -> None:
    network, batch = network_of(spec), batch_of(spec)
    batch.scalars.requires_grad_()
    for view in batch.views.values():
        view.requires_grad_()
    network(batch).sum().backward()
    inputs: list[Tensor] = [*batch.views.values(), *([batch.scalars] if spec.scalars else [])]
    assert all(given.grad is not None and given.grad.any(0).any() for given in inputs)
    if spec.scalars:
        assert batch.scalars.grad.any(0).all()


def test_saved_weights_give_the_same_logits(spec: Any, tmp_path: Path, batch_of: Any) -> None:
    batch, network, second = batch_of(spec), network_of(spec), network_of(spec, seed=1)
    assert not torch.equal(second(batch), network(batch))
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, tmp_path / "w.st")
    second.load_state_dict(load_file(tmp_path / "w.st"))
    assert torch.equal(second(batch), network(batch))
    torch.save(network.state_dict(), tmp_path / "w.pt")
    third = network_of(spec, seed=2)
    third.load_state_dict(torch.load(tmp_path / "w.pt", weights_only=True))
    assert torch.equal(third(batch), network(batch))


def test_docstring_gives_the_number_of_parameters(spec: Any) -> None:
    network = type(spec)().build(PAPER)
    assert f"{count_parameters(network):,} parameters" in str(type(network).__doc__)


def test_same_seed_gives_the_same_weights(spec: Any) -> None:
    one, other = network_of(spec).state_dict(), network_of(spec).state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_order_of_the_views_is_irrelevant(spec: Any, batch_of: Any) -> None:
    batch = batch_of(spec)
    network, swapped = network_of(spec), network_of(spec, dict(reversed(VIEWS.items())))
    reordered = batch._replace(views=dict(reversed(batch.views.items())))
    assert torch.equal(network(batch), swapped(reordered))


def test_views_are_sorted_by_name(spec: Any) -> None:
    names = {"rebinned_local": 61, "local": 61, "global": 101}
    if spec.convolutional:
        columns = spec.columns | {"rebinned_local": spec.columns["local"]}
        spec = spec.model_copy(update={"columns": columns})
    assert list(spec.build(names).views) == ["global", "local", "rebinned_local"]


@pytest.mark.parametrize("name", ["half", "double", "v1.5"])
def test_view_may_have_any_name(spec: Any, name: str, batch_of: Any) -> None:
    if "local" in spec.columns:
        spec = spec.model_copy(update={"columns": {name: spec.columns["local"]}})
    logits = spec.build({name: 61})(batch_of(spec, events=2, **{name: 61}))
    assert logits.shape == (2,)


def test_missing_view_is_rejected(spec: Any, batch_of: Any) -> None:
    with pytest.raises(RunError) as error:
        network_of(spec)(batch_of(spec, events=2, **{"global": 101}))
    assert str(error.value) == (
        "the network reads the view 'local', but the data contains only global; "
        "use a store that contains the views used in training"
    )


def test_view_of_another_length_is_rejected(spec: Any, batch_of: Any) -> None:
    with pytest.raises(RunError) as error:
        network_of(spec)(batch_of(spec, events=2, **(VIEWS | {"local": 201})))
    assert str(error.value) == (
        "the view 'local' has 201 bins, but the network expects 61; "
        "use a store whose views have the same settings as in training"
    )


def test_fused_network_gives_the_same_logits(spec: Any, batch_of: Any) -> None:
    network, batch = network_of(spec).train(), batch_of(spec, events=32)
    for _ in range(3):
        network(batch)  # updates the running mean and variance of batch normalisations
    network.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fast = fused(network)
    with torch.inference_mode():
        torch.testing.assert_close(fast(batch), network(batch))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fast.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_convolutional_networks_can_be_explained(spec: Any) -> None:
    network = network_of(spec)
    assert spec.convolutional == isinstance(network, ConvolutionalNetwork)
    assert members(network) == [network] * spec.convolutional
    if isinstance(network, ConvolutionalNetwork):
        assert [name for name, _ in network.named_columns()] == list(VIEWS)
        for name, column in network.named_columns():
            assert layers_of(column, VIEWS[name])
            features = column(torch.zeros(2, VIEWS[name]))
            assert features.shape == (2, column.out_features)


def test_convolutional_network_needs_a_column_per_view(spec: Any) -> None:
    named = {name: {"bins": bins} for name, bins in (VIEWS | {"odd": 61}).items()}
    content = {"network": spec.model_dump(mode="json"), "views": named}
    if not spec.convolutional:
        assert Experiment.model_validate(content).network == spec
        return
    with pytest.raises(ValidationError, match=r"network\.columns has columns for global, local"):
        Experiment.model_validate(content)
    with pytest.raises(ConfigError) as error:
        spec.build(VIEWS | {"odd": 61})
    assert str(error.value) == (
        "the view 'odd' has no column (columns: global, local); "
        "add a column of that name to network.columns, or remove the view"
    )


def test_settings_are_unchanged_by_a_json_round_trip(spec: Any) -> None:
    assert TypeAdapter(AnyNetwork).validate_json(spec.model_dump_json()) == spec


def test_every_setting_is_documented(spec: Any) -> None:
    for settings in (spec, *spec.columns.values()):
        assert all(field.description for field in type(settings).model_fields.values())


def test_unknown_settings_are_rejected(spec: Any) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        TypeAdapter(AnyNetwork).validate_python({"kind": spec.kind, "colums": {}})


def test_kind_is_the_name_in_the_union(spec: Any) -> None:
    assert NETWORKS[spec.kind] is type(spec)
