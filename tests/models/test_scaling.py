"""Standardisation of scalars, with unknown values and values that never vary in training."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from torch import nn

from astronet.errors import RunError
from astronet.models.scaling import Scaling

NAN = float("nan")


def fitted(*rows: list[float], dropout: float = 0.0) -> Scaling:
    scaling = Scaling(len(rows[0]), dropout)
    scaling.fit(np.array(rows, np.float32))
    return scaling.eval()


def test_standardisation_by_hand() -> None:
    scaling = fitted([1, 10], [3, NAN], [NAN, 30])  # means 2 and 20, deviations 1 and 10
    out = scaling(torch.tensor([[3.0, 0.0], [NAN, 20.0], [2.5, float("inf")]]))
    assert out.tolist() == [[1, -2, 1, 1], [0, 0, 0, 1], [0.5, 0, 1, 0]]
    assert scaling.out_features == 4


def test_values_are_clipped_at_five_deviations() -> None:
    out = fitted([-1], [1])(torch.tensor([[1e30], [-1e30], [4.0]]))
    assert out[:, 0].tolist() == [5, -5, 4]


@pytest.mark.parametrize("training", [[NAN, NAN, NAN], [7, 7, 7], [7, NAN, NAN], [0.1, 0.1, 0.1]])
def test_scalar_that_never_varies_in_training_is_masked(training: list[float]) -> None:
    # Its weights are untrained, so a known value would add noise to the score.
    scaling = fitted(*([value, n] for n, value in enumerate(training)))
    out = scaling(torch.tensor([[7.0, 1.0], [1e6, 1.0], [NAN, 1.0]]))
    assert out.tolist() == [[0, 0, 0, 1]] * 3


def test_without_training_events_all_scalars_are_unknown() -> None:
    scaling = Scaling(2)
    scaling.fit(np.empty((0, 2), np.float32))
    assert not scaling(torch.ones(3, 2)).any()


VALUES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.one_of(st.just(NAN), st.floats(-1e6, 1e6, width=32)),
)


@given(VALUES)
def test_scaled_values_are_finite_and_known_ones_are_marked(values: np.ndarray) -> None:
    k = values.shape[1]
    out = fitted(*values.tolist())(torch.from_numpy(values))
    scaled, mask = out[:, :k].numpy(), out[:, k:].numpy()
    assert out.isfinite().all()
    assert (np.abs(scaled) <= 5).all()
    varies = np.array([len(np.unique(column[np.isfinite(column)])) > 1 for column in values.T])
    assert not mask[:, ~varies].any()
    assert not mask[~np.isfinite(values)].any()
    assert (scaled[mask == 0] == 0).all()


def test_mask_marks_exactly_the_known_values() -> None:
    values = np.random.default_rng(0).normal(5777, 500, (100, 3)).astype(np.float32)
    values[np.random.default_rng(1).random((100, 3)) < 0.3] = NAN
    out = fitted(*values.tolist())(torch.from_numpy(values))
    assert np.array_equal(out[:, 3:].numpy(), np.isfinite(values))
    for column in range(3):
        known = out[:, column][out[:, 3 + column] == 1]
        assert known.mean().item() == pytest.approx(0, abs=1e-3)
        assert known.std(correction=0).item() == pytest.approx(1, abs=1e-3)


@given(VALUES, st.randoms(use_true_random=False))
def test_order_of_events_is_kept(values: np.ndarray, random) -> None:
    scaling = fitted(*values.tolist())
    order = list(range(len(values)))
    random.shuffle(order)
    batch = torch.from_numpy(values)
    assert torch.equal(scaling(batch[order]), scaling(batch)[order])


def test_dropout_masks_known_values_in_training_only() -> None:
    scaling = fitted([-1, -1], [1, 1], dropout=0.25)
    values = torch.ones(4000, 2)
    values[:100] = NAN
    assert scaling(values)[100:, 2:].all()
    torch.manual_seed(0)
    once = scaling.train()(values)
    torch.manual_seed(0)
    assert torch.equal(once, scaling(values))
    assert not once[:100].any()
    assert torch.equal(once[:, :2], once[:, 2:])  # 0 if masked, 1 otherwise
    masked = 1 - once[100:, 2:]
    assert masked.mean().item() == pytest.approx(0.25 / 2, abs=0.02)  # half of them on average
    assert masked.any(dim=1).float().mean().item() == pytest.approx(0.25 * 2 / 3, abs=0.02)


def test_without_dropout_no_random_number_is_drawn() -> None:
    state = torch.get_rng_state()
    fitted([-1], [1]).train()(torch.ones(2, 1))
    assert torch.equal(state, torch.get_rng_state())


def test_scaling_is_saved_with_the_weights() -> None:
    saved = fitted([1, 10], [3, 30])
    loaded = Scaling(2)
    loaded.load_state_dict(saved.state_dict())
    values = torch.tensor([[3.0, 15.0], [NAN, 1.0]])
    assert torch.equal(saved(values), loaded.eval()(values))
    assert set(saved.state_dict()) == {"mean", "deviation"}
    assert not list(saved.parameters())


def test_scaling_is_computed_in_float32_under_autocast() -> None:
    scaling = fitted([5000], [6000])
    with torch.autocast("cpu", torch.bfloat16):
        out = scaling(torch.tensor([[5501.0]]))
        assert nn.Linear(2, 1)(out).dtype == torch.bfloat16
    assert out.dtype == torch.float32
    assert out[0, 0].item() == pytest.approx(0.002)


def test_wrong_number_of_scalars_is_rejected() -> None:
    with pytest.raises(RunError) as error:
        Scaling(3)(torch.ones(2, 1))
    assert str(error.value) == (
        "the network reads 3 scalars per event, but the data has the shape [2, 1]; "
        "compute the scalars with astronet.dataset.scalars.scalars_of"
    )
