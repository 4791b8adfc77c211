"""Catalogue scalars: logarithms by hand, NaN for unusable values."""

import datetime
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from samples import REPOSITORY

from astronet.catalogs.context import CONTEXT
from astronet.dataset.scalars import (
    SCALARS,
    AnyScalar,
    Scalar,
    ScalarName,
    columns_of,
    event_table,
    events_of_star,
    has_numbers,
    remark_on,
    scalars_of,
)
from astronet.errors import ConfigError, RunError, StoreError
from astronet.lightcurves import Ephemeris
from astronet.missions.tables import all_layouts

EVENT = {
    "period_days": 10.0,
    "duration_days": 0.1,
    "depth_ppm": 1000.0,
    "snr": 100.0,
    "impact": 0.5,
    "radius_earth": 0.1,
    "star_radius_sun": 1.0,
    "star_teff_k": 5777.0,
    "star_logg": 4.5,
    "number": 10,
    "star_events": 100,
    "resonance": 0.001,
    "stars_at_ephemeris": 1,
}


def test_every_scalar_has_the_expected_value() -> None:
    values = scalars_of(pd.DataFrame([EVENT]), tuple(SCALARS))
    assert values.dtype == np.float32
    assert values.tolist() == [[1, -2, 3, 2, 0.5, -1, 0, 5777, 4.5, 1, 2, -3, 0]]


def test_scalars_are_in_the_order_of_the_names() -> None:
    index = pd.DataFrame([EVENT, EVENT | {"snr": 1000.0}])
    assert scalars_of(index, ["star_logg", "log_snr"]).tolist() == [[4.5, 2], [4.5, 3]]
    assert scalars_of(index, []).shape == (2, 0)


def test_every_name_has_a_scalar_and_every_column_a_source() -> None:
    assert get_args(ScalarName) == tuple(SCALARS)
    columns = columns_of(SCALARS)
    assert len(columns) == len(set(columns))
    assert set(columns) == set(EVENT)
    assert set(columns) <= {column for layout in all_layouts() for column in layout.columns} | {
        *CONTEXT
    }


def test_the_docs_list_every_scalar() -> None:
    page = (REPOSITORY / "docs" / "catalogs.md").read_text()
    for name, scalar in SCALARS.items():
        columns = " / ".join(f"`{column}`" for column in scalar.columns)
        assert f"| `{name}` | {columns} | " in page
        assert (scalar.scale == "log") == name.startswith("log_")


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        (Scalar(column="a"), [-3, 0, 4, np.nan]),
        (Scalar(column="a", scale="log"), [np.nan, np.nan, np.log10(4), np.nan]),
        (Scalar(column="a", scale="asinh"), [*np.arcsinh([-3, 0, 4]), np.nan]),
        (Scalar(column="a", over="b"), [-1.5, np.nan, np.nan, np.nan]),
        (Scalar(column="absent"), [np.nan] * 4),
    ],
    ids=str,
)
def test_a_custom_column_becomes_a_scalar(scalar: Scalar, expected: list[float]) -> None:
    index = pd.DataFrame({"a": [-3.0, 0.0, 4.0, np.inf], "b": [2.0, 0.0, -1.0, 1.0]})
    np.testing.assert_allclose(scalars_of(index, [scalar])[:, 0], expected, rtol=1e-6)


def test_events_with_all_required_numbers_are_selected() -> None:
    index = pd.DataFrame({"a": [1.0, np.nan, np.inf, 0.0], "b": ["1", "2", "3", "none"]})
    assert has_numbers(index, ["a", "b"]).tolist() == [True, False, False, False]
    assert has_numbers(index, ["a"]).tolist() == [True, False, False, True]
    assert has_numbers(index, []).all()
    cause = "^data.requires: the store's index has no column snrr; did you mean snr?"
    with pytest.raises(StoreError, match=cause):
        has_numbers(index.assign(snr=1), ["snrr"])


@pytest.mark.parametrize(
    "value",
    ["", "deep", "nan", None, pd.NA, np.inf, -np.inf, 0.0, -3.0, 1 + 2j, [1], {}, True],
)
def test_the_logarithm_of_a_value_that_is_not_positive_is_unknown(value: object) -> None:
    index = pd.DataFrame({"depth_ppm": pd.Series([100, value], dtype=object)})
    assert np.array_equal(scalars_of(index, ["log_depth"]), [[2], [np.nan]], equal_nan=True)


def test_linear_scalars_can_be_zero_or_negative() -> None:
    index = pd.DataFrame({"impact": [0.0, -0.5, np.inf]})
    assert np.array_equal(scalars_of(index, ["impact"]), [[0], [-0.5], [np.nan]], equal_nan=True)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["100", "x"]),
        pd.Series(["100", None], dtype="string"),
        pd.Series(["100", "x"], dtype="category"),
        pd.Series([100, None], dtype="Int64"),
        pd.Series([100, None], dtype="Float64"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_columns_of_any_type_are_read(column: pd.Series) -> None:
    values = scalars_of(pd.DataFrame({"snr": column}), ["log_snr"])
    assert np.array_equal(values, [[2], [np.nan]], equal_nan=True)


def test_dates_are_not_numbers() -> None:
    index = pd.DataFrame({"impact": [datetime.datetime(2009, 5, 2)]})
    assert np.isnan(scalars_of(index, ["impact"])).all()


def test_a_missing_column_is_unknown_for_all_events() -> None:
    index = pd.DataFrame({"period_days": [10.0, 100.0]})
    values = scalars_of(index, ["log_period", "log_duration_ratio", "log_snr"])
    assert values[:, 0].tolist() == [1, 2]
    assert np.isnan(values[:, 1:]).all()


def test_the_first_of_two_columns_of_the_same_name_is_used() -> None:
    index = pd.DataFrame([[10.0, 1000.0]], columns=["snr", "snr"])
    assert scalars_of(index, ["log_snr"]).tolist() == [[1]]


@given(
    st.lists(
        st.tuples(*2 * [st.one_of(st.floats(), st.text(max_size=5), st.none())]),
        min_size=1,
        max_size=8,
    )
)
def test_values_are_finite_or_unknown_and_independent_of_other_rows(rows: list[tuple]) -> None:
    index = pd.DataFrame(rows, columns=["period_days", "duration_days"])
    names = ["log_period", "log_duration_ratio"]
    values = scalars_of(index, names)
    assert not np.isinf(values).any()
    alone = np.concatenate([scalars_of(index.iloc[[n]], names) for n in range(len(rows))])
    np.testing.assert_allclose(values, alone, rtol=1e-6)


class Spec(BaseModel):
    scalars: tuple[AnyScalar, ...] = ()


def test_an_unknown_name_is_rejected() -> None:
    with pytest.raises(ValidationError, match="'log_period', 'log_duration_ratio'"):
        Spec.model_validate({"scalars": ["log_perod"]})
    with pytest.raises(ValidationError, match="scale\n.*'linear', 'log' or 'asinh'"):
        Spec.model_validate({"scalars": [{"column": "snr", "scale": "lin"}]})
    with pytest.raises(ConfigError, match="^unknown scalar 'log_perod'; choose from log_period,"):
        scalars_of(pd.DataFrame([EVENT]), ["log_perod"])  # type: ignore[list-item]


def test_a_remark_names_the_missing_columns() -> None:
    names: tuple[ScalarName, ...] = ("log_period", "log_duration_ratio", "log_snr", "impact")
    bare = pd.DataFrame([EVENT])[["period_days", "duration_days"]]
    assert remark_on(bare, names) == (
        "the network also reads snr, impact, but no event has these values, so the scores may be "
        "less accurate; use an event table with these columns if the values are known"
    )
    assert remark_on(bare.assign(snr=[-1.0]), names) == remark_on(bare, names)
    assert remark_on(bare.assign(snr=[9.0]), names) == ""
    assert remark_on(bare, names[:2]) == remark_on(bare, ()) == ""


@pytest.mark.parametrize("value", [100 * u.m, "100", [100.0], np.array([1.0, 2.0]), True, 1j])
def test_known_values_must_be_real_numbers(value: object) -> None:
    with pytest.raises(RunError, match=r"^known: the value of depth_ppm is .*, not a real number"):
        event_table(Ephemeris(5.0, 1.0, 0.1), {"depth_ppm": value})


@pytest.mark.parametrize("value", [100, 100.5, np.float32(84), np.int64(3), 0.0, None, np.nan])
def test_known_numbers_are_accepted(value: float, caplog: pytest.LogCaptureFixture) -> None:
    assert len(event_table(Ephemeris(5.0, 1.0, 0.1), {"depth_ppm": value})) == 1
    assert not caplog.records


def test_a_depth_that_is_probably_a_fraction_is_warned_about_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = [Ephemeris(5.0, 1.0, 0.1), Ephemeris(7.0, 1.0, 0.1)]
    table = events_of_star(events, {"depth_ppm": 0.01, "period_days": 1e3})
    assert table["depth_ppm"].tolist() == [0.01, 0.01]
    assert table["period_days"].tolist() == [5.0, 7.0]
    (record,) = caplog.records
    assert "depth_ppm is 0.01, which is probably a fraction; multiply" in record.getMessage()
