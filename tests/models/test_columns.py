"""Convolutional columns: lengths, kernels set by hand, and the order of features."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from network_events import set_kernel
from pydantic import ValidationError

from astronet.errors import ConfigError
from astronet.models.columns import ColumnSpec, ConvColumn
from astronet.models.rows import out_length

GLOBAL = ColumnSpec(blocks=5, pool=5)
LOCAL = ColumnSpec(blocks=2, pool=7)


def test_lengths_of_the_papers_columns() -> None:
    column = ConvColumn(GLOBAL, 2001)
    assert column.lengths == [999, 498, 247, 122, 59]
    assert column.out_features == 59 * 256 == 15104
    column = ConvColumn(LOCAL, 201)
    assert column.lengths == [98, 46]
    assert column.out_features == 46 * 32 == 1472


def test_first_stride_of_two_halves_the_length_once() -> None:
    column = ConvColumn(ColumnSpec(blocks=4, pool=5, filters=8, first_stride=2), 2001)
    assert column.lengths == [499, 248, 122, 59]  # 2001 → 1001, then as with a stride of 1
    kernels = [weight.numel() for name, weight in column.named_parameters() if "weight" in name]
    plain = ConvColumn(ColumnSpec(blocks=4, pool=5, filters=8), 2001)
    assert kernels == [w.numel() for name, w in plain.named_parameters() if "weight" in name]


def test_out_length_by_hand() -> None:
    assert out_length(7, kernel=3) == 5
    assert out_length(7, kernel=3, padding=1) == 7
    assert out_length(7, kernel=3, stride=2) == 3
    assert out_length(8, kernel=3, stride=2) == 3


@given(
    length=st.integers(1, 60),
    blocks=st.integers(1, 3),
    convs=st.integers(1, 2),
    kernel=st.sampled_from([1, 3, 4, 5]),
    pool=st.integers(0, 5),
    stride=st.integers(1, 3),
    first_stride=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid"]),
)
def test_number_of_features_equals_out_features(
    length: int,
    blocks: int,
    convs: int,
    kernel: int,
    pool: int,
    stride: int,
    first_stride: int,
    padding: str,
) -> None:
    if padding == "same" and kernel == 4:
        return
    spec = ColumnSpec(
        blocks=blocks,
        convs_per_block=convs,
        filters=2,
        factor=1.5,
        kernel=kernel,
        pool=pool,
        stride=stride,
        first_stride=first_stride,
        padding=padding,
    )
    try:
        column = ConvColumn(spec, length)
    except ConfigError:
        return
    assert column(torch.zeros(2, length)).shape == (2, column.out_features)


def test_identity_kernel_leaves_relu_and_pooling() -> None:
    column = _identity(pool=2)
    view = torch.tensor([[1.0, 3.0, -2.0, -5.0, 4.0, 0.0]])
    assert column(view).tolist() == [[3.0, 0.0, 4.0]]


def test_pool_width_of_0_or_1_disables_pooling() -> None:
    view = torch.tensor([[1.0, 3.0, -2.0]])
    assert _identity(pool=0)(view).tolist() == [[1.0, 3.0, 0.0]]
    assert _identity(pool=1)(view).tolist() == [[1.0, 3.0, 0.0]]


def test_convolution_is_a_cross_correlation_with_zero_padding() -> None:
    column = ConvColumn(ColumnSpec(blocks=1, convs_per_block=1, filters=1, kernel=3, pool=0), 4)
    set_kernel(column, [[1.0, 10.0, 100.0]])
    assert column(torch.tensor([[1.0, 2.0, 3.0, 4.0]])).tolist() == [[210.0, 321.0, 432.0, 43.0]]


def test_features_are_ordered_by_point_then_channel() -> None:
    column = ConvColumn(ColumnSpec(blocks=1, convs_per_block=1, filters=2, kernel=1, pool=0), 3)
    set_kernel(column, [[1.0], [10.0]])
    assert column(torch.tensor([[1.0, 2.0, 3.0]])).tolist() == [[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]]


def test_shift_by_the_total_stride_shifts_features_by_one_point() -> None:
    torch.manual_seed(0)
    column = ConvColumn(ColumnSpec(blocks=2, filters=3, factor=1), 101)
    view = torch.zeros(1, 101)
    view[0, 40:52] = torch.randn(12)
    before = column(view).reshape(-1, 3)
    after = column(view.roll(4, dims=1)).reshape(-1, 3)
    edge = 4  # features near the ends depend on the zero padding
    torch.testing.assert_close(after[edge + 1 : -edge], before[edge : -edge - 1])


def test_number_of_filters_grows_by_the_factor_rounded_down() -> None:
    column = ConvColumn(ColumnSpec(blocks=3, filters=3, factor=1.5, pool=0), 10)
    kernels = [weight.shape[0] for name, weight in column.named_parameters() if "weight" in name]
    assert kernels == [3, 3, 4, 4, 6, 6]


def test_view_too_short_for_pooling_is_rejected() -> None:
    with pytest.raises(ConfigError) as error:
        ConvColumn(ColumnSpec(blocks=4, pool=7), 61, "local")
    assert str(error.value) == (
        "block 4 of column 'local': the pooling needs at least 7 points, but its input has 3; "
        "use fewer blocks or a smaller pool"
    )


def test_view_too_short_for_convolution_is_rejected() -> None:
    with pytest.raises(ConfigError) as error:
        ConvColumn(ColumnSpec(blocks=3, pool=0, padding="valid"), 19, "local")
    assert str(error.value) == (
        "block 3 of column 'local': the convolution needs at least 5 points, but its input has 3; "
        "use fewer blocks or a smaller kernel"
    )


def test_even_kernel_with_same_padding_is_rejected() -> None:
    message = (
        r"with padding=same, an even kernel width \(4\) would change the length of the view; "
        "use 5, or set padding to valid"
    )
    with pytest.raises(ValidationError, match=message):
        ColumnSpec(blocks=1, kernel=4)
    assert ColumnSpec(blocks=1, kernel=4, padding="valid").kernel == 4


@pytest.mark.parametrize("setting", [{"blocks": 0}, {"filters": 0}, {"factor": float("nan")}])
def test_setting_out_of_range_is_rejected(setting: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ColumnSpec(**({"blocks": 1} | setting))


def test_every_setting_is_documented() -> None:
    assert all(field.description for field in ColumnSpec.model_fields.values())


def _identity(pool: int) -> ConvColumn:
    spec = ColumnSpec(blocks=1, convs_per_block=1, filters=1, kernel=3, pool=pool)
    column = ConvColumn(spec, 6 if pool > 1 else 3)
    set_kernel(column, [[0.0, 1.0, 0.0]])
    return column
