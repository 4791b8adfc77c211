"""Columns and scalars of the residual network."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from astronet.errors import ConfigError
from astronet.models.residual import ResidualColumn, ResidualColumnSpec, ResidualSpec
from astronet.models.rows import RowConvolution


def test_circular_stem_commutes_with_rotations() -> None:
    torch.manual_seed(0)
    spec = ResidualColumnSpec(channels=(4,), stem_stride=1, circular=True)
    stem = ResidualColumn(spec, 32).blocks[0]
    view = torch.randn(1, 1, 1, 32)
    torch.testing.assert_close(stem(view.roll(5, -1)), stem(view).roll(5, -1))


def test_stem_with_zero_padding_does_not_commute_with_rotations() -> None:
    torch.manual_seed(0)
    stem = ResidualColumn(ResidualColumnSpec(channels=(4,), stem_stride=1), 32).blocks[0]
    view = torch.randn(1, 1, 1, 32)
    assert not torch.allclose(stem(view.roll(5, -1)), stem(view).roll(5, -1))


@pytest.mark.parametrize("length", [32, 33, 201])
def test_block_halves_the_length(length: int) -> None:
    column = ResidualColumn(ResidualColumnSpec(channels=(4, 4), stem_stride=2), length)
    rows = column.blocks(torch.zeros(1, 1, 1, length))
    assert rows.shape[-1] == -(-length // 8)


def test_circular_padding_keeps_the_memory_format() -> None:
    rows = torch.randn(2, 8, 1, 20).contiguous(memory_format=torch.channels_last)
    convolution = RowConvolution(8, 8, 5, circular=True).to(memory_format=torch.channels_last)
    seen: list[torch.Tensor] = []
    convolution.conv.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    convolution(rows)
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(seen[0], F.pad(rows, (2, 2, 0, 0), mode="circular"))


@pytest.mark.parametrize(
    ("length", "kernel", "stride"), [(5, 5, 1), (20, 5, 1), (33, 7, 1), (20, 7, 2)]
)
def test_circular_convolution_is_the_same_with_and_without_gradients(
    length: int, kernel: int, stride: int
) -> None:
    torch.manual_seed(0)
    rows = torch.randn(2, 8, 1, length).contiguous(memory_format=torch.channels_last)
    convolution = RowConvolution(8, 4, kernel, stride, circular=True)
    trained = convolution(rows)
    with torch.inference_mode():
        torch.testing.assert_close(convolution(rows), trained.detach())


def test_view_too_short_for_its_blocks_is_rejected() -> None:
    spec = ResidualSpec(columns={"local": ResidualColumnSpec(channels=(4, 4, 4))})
    with pytest.raises(ConfigError) as error:
        spec.build({"local": 21})
    assert str(error.value) == (
        "block 3 of column 'local': the convolution needs at least 5 points, but its input has 3; "
        "use fewer blocks or a smaller kernel"
    )


def test_even_kernel_is_rejected() -> None:
    with pytest.raises(ValidationError, match="stem_kernel = 4 is even; use an odd width"):
        ResidualColumnSpec(stem_kernel=4)


SCALARS = ResidualSpec(
    columns={"local": ResidualColumnSpec(channels=(4,))},
    scalars=("log_period", "log_snr"),
)


def test_logit_depends_on_scalars_and_is_finite_if_they_are_unknown(make_batch: Any) -> None:
    torch.manual_seed(0)
    network = SCALARS.build({"local": 61}).eval()
    network.scaling.fit(np.array([[0.0, 0.0], [2.0, 2.0]], np.float32))
    batch = make_batch(events=2, local=61)
    known, other, unknown = (
        network(batch._replace(scalars=torch.full((2, 2), value)))
        for value in (0.5, 1.5, float("nan"))
    )
    assert not torch.allclose(known, other)
    assert not torch.allclose(known, unknown)
    assert unknown.isfinite().all()


def test_scaling_of_scalars_is_saved_with_the_weights() -> None:
    network = SCALARS.build({"local": 61})
    network.scaling.fit(np.array([[0.0, 1.0], [2.0, 3.0]], np.float32))
    loaded = SCALARS.build({"local": 61})
    loaded.load_state_dict(network.state_dict())
    assert loaded.scaling.mean.tolist() == [1.0, 2.0]


def test_height_of_spikes_above_the_ceiling_is_irrelevant(make_batch: Any) -> None:
    spec = ResidualSpec(columns={"local": ResidualColumnSpec(channels=(4,))}, ceiling=1.5)
    network, batch = spec.build({"local": 61}).eval(), make_batch(events=2, local=61)
    logits = []
    for height in (1.5, 19.0):
        view = batch.views["local"].clamp(max=1.0)
        view[:, 3] = height
        logits.append(network(batch._replace(views={"local": view})))
    assert torch.equal(*logits)


def test_scores_of_both_time_directions_are_averaged(make_batch: Any) -> None:
    torch.manual_seed(0)
    columns = {"local": ResidualColumnSpec(channels=(4,))}
    one = ResidualSpec(columns=columns).build({"local": 61}).eval()
    both = ResidualSpec(columns=columns, both_directions=True).build({"local": 61}).eval()
    both.load_state_dict(one.state_dict())
    batch = make_batch(events=8, local=61)
    back = batch._replace(views={"local": batch.views["local"].flip(1)})
    expected = (one(batch).sigmoid() + one(back).sigmoid()) / 2
    torch.testing.assert_close(both(batch).sigmoid(), expected)
    torch.testing.assert_close(both(batch), both(back))
    assert not torch.allclose(one(batch), one(back))
