"""Groups of inputs of a stack: which are known, and the columns that trees read."""

import numpy as np
import pandas as pd
import pytest

from astronet.dataset.stack_inputs import (
    CENTROID,
    GROUPS,
    INPUTS,
    StackInputs,
    input_names,
    ordered,
    stack_inputs,
)
from astronet.errors import StoreError
from astronet.lightcurves.features.event import FEATURES


def inputs(*, all_events: bool = True, **columns: object) -> StackInputs:
    """Inputs of three events: two of star 7 with the logits 1 and 3, and one of star 8."""
    table = {"star": [7, 8, 7], "number": [1, 1, 2], "period_days": [3.0, 5.0, 11.0]}
    times = {"epoch_bkjd": [131.0, 132.0, 133.0], "duration_days": [0.1, 0.2, 0.2]}
    events = pd.DataFrame(table | times | columns)
    logits = np.array([[0.0, 2.0], [-4.0, -6.0], [2.0, 4.0]])
    features = np.random.default_rng(0).normal(size=(3, len(FEATURES)))
    return stack_inputs(features, logits, events, all_events=all_events)


def test_an_ephemeris_alone_has_no_depth_catalogue_or_centroid() -> None:
    found = inputs()
    for group in ("views", "networks", "siblings"):
        assert found.known[group].all()
    for group in ("depth", "catalogue", "catalogue_networks", "centroid"):
        assert not found.known[group].any()


def test_siblings_are_the_other_rows_of_the_star() -> None:
    highest = inputs().values["siblings"][:, 0]
    np.testing.assert_array_equal(highest, [3.0, np.nan, 1.0])
    assert not inputs(all_events=False).known["siblings"].any()


def test_a_statistic_of_zero_was_not_computed() -> None:
    found = inputs(**{CENTROID: [np.e, 0.0, np.nan]})
    assert found.known["centroid"].tolist() == [True, False, False]
    np.testing.assert_allclose(found.values["centroid"][0], [1.0])
    joined = inputs(tce_fwm_stat=[9.0, 9.0, 9.0], joined_tce_fwm_stat=[np.e, 0.0, np.nan])
    np.testing.assert_array_equal(joined.values["centroid"], found.values["centroid"])


def test_the_depth_and_the_catalogue_of_an_event_can_be_known() -> None:
    found = inputs(depth_ppm=[100.0, np.nan, 0.0])
    assert found.known["depth"].tolist() == [True, False, False]
    optional = ("snr", "impact", "radius_earth", "star_teff_k", "star_logg", "star_radius_sun")
    complete = {name: [1.0, 1.0, 1.0] for name in ("depth_ppm", *optional)}
    found = inputs(**complete | {"depth_ppm": [100.0, np.nan, 100.0], "snr": [9.0, 9.0, np.nan]})
    for group in ("catalogue", "catalogue_networks"):
        assert found.known[group].tolist() == [True, False, False]
    place = INPUTS["depth"].index("depth_ppm")
    np.testing.assert_allclose(found.values["depth"][:, place], [2.0, np.nan, 2.0])


def test_an_event_without_views_has_no_inputs_and_is_a_sibling_without_a_score() -> None:
    events = pd.DataFrame({"star": [1, 1], "period_days": [2.0, 7.0], "epoch_bkjd": [130.0, 131.0]})
    logits = np.array([[1.0], [np.nan]])
    found = stack_inputs(np.zeros((2, len(FEATURES))), logits, events)
    assert found.known["networks"].tolist() == [True, False]
    assert np.isnan(found.values["siblings"][0]).all()
    assert found.values["siblings"][1, 0] == 1.0


def test_columns_are_named_in_their_order() -> None:
    found = inputs()
    for groups in (("siblings", "views"), GROUPS):
        names = input_names(groups, networks=2)
        assert found.columns(groups).shape == (3, len(names))
        assert len(set(names)) == len(names)
    assert ordered(("siblings", "views", "siblings")) == ("views", "siblings")
    np.testing.assert_array_equal(
        found.columns(["siblings", "views"])[:, -5:], found.values["siblings"]
    )
    assert input_names(["networks", "catalogue_networks"], 1, 2) == (
        "network_1",
        "catalogue_network_1",
        "catalogue_network_2",
    )


def test_some_of_the_events_keep_their_inputs() -> None:
    found = inputs(depth_ppm=[100.0, np.nan, 0.0])
    some = found.of(np.array([2, 0]))
    assert len(some) == 2
    assert some.known["depth"].tolist() == [False, True]
    assert some.with_all(["views", "depth"]).tolist() == [False, True]
    np.testing.assert_array_equal(some.values["networks"], [[2.0, 4.0], [0.0, 2.0]])


def test_different_numbers_of_rows_are_an_error() -> None:
    events = pd.DataFrame({"star": [1, 1]})
    with pytest.raises(StoreError, match="features of 2 events and logits of 3 for 2 rows"):
        stack_inputs(np.zeros((2, len(FEATURES))), np.zeros((3, 1)), events)
