"""Context columns of a table of events."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.catalogs.comparisons import COMPARISONS
from astronet.catalogs.context import CONTEXT, with_context
from astronet.missions.tables import read_catalog


def table(*rows: tuple[int, float, float]) -> pd.DataFrame:
    """Return events from rows of (star, period [d], epoch [BKJD])."""
    return pd.DataFrame(rows, columns=["star", "period_days", "epoch_bkjd"])


def survey(*rows: tuple[int, float, float]) -> pd.DataFrame:
    """Return the events after those of 1,000 other stars with different periods."""
    others = [(10_000 + n, 50 * 1.001**n, 130.0) for n in range(1000)]
    return table(*others, *rows)


def test_events_of_a_star_are_counted():
    counted = with_context(table((1, 3.0, 0), (2, 5.0, 0), (1, 7.1, 0)))
    assert counted.star_events.tolist() == [2, 1, 2]


def test_resonance_of_a_single_event_is_unknown():
    assert with_context(table((1, 3.0, 0), (2, 6.0, 0))).resonance.isna().all()


def test_resonance_is_the_distance_from_an_integer_ratio():
    # 6.03 d is 2.01 times 3 d, which differs from 2 by 0.01.
    found = with_context(table((1, 3.0, 0), (1, 6.03, 0))).resonance
    np.testing.assert_allclose(found, 0.01 / 2.01, rtol=1e-9)


def test_nearest_resonance_is_used():
    found = with_context(table((1, 3.0, 0), (1, 4.5, 0), (1, 9.0, 0))).resonance
    np.testing.assert_allclose(found, [1e-6, 1e-6, 1e-6])  # 3 and 4.5 d both divide 9 d
    found = with_context(table((1, 3.0, 0), (1, 4.5, 0), (1, 9.9, 0))).resonance
    np.testing.assert_allclose(found, [0.3 / 3.3, 0.2 / 2.2, 0.2 / 2.2])


def test_stars_that_share_an_ephemeris_are_counted():
    found = with_context(
        survey((1, 3.0, 100.0), (2, 3.0001, 106.05), (3, 3.0, 101.0), (4, 3.1, 100.0))
    )
    assert found.stars_at_ephemeris.tolist()[-4:] == [2, 2, 1, 1]
    assert (found.stars_at_ephemeris[:1000] == 1).all()


def test_star_with_repeated_events_is_counted_once():
    found = with_context(survey((1, 3.0, 100.0), (1, 3.0, 100.0), (2, 3.0, 100.0)))
    assert found.stars_at_ephemeris.tolist()[-3:] == [2, 2, 2]


def test_shared_ephemerides_are_unknown_in_small_tables():
    assert with_context(table((1, 3.0, 100.0), (2, 3.0, 100.0))).stars_at_ephemeris.isna().all()


def test_events_without_ephemeris_have_unknown_context():
    found = with_context(survey((1, np.nan, 100.0), (1, 3.0, np.nan), (1, 3.0, 1.0), (1, -3, 1)))
    assert found.star_events.tolist()[-4:] == [4, 4, 4, 4]
    assert found.resonance.tolist()[-3:-1] == [1e-6, 1e-6]
    assert np.isnan(found.resonance.iloc[-4]) and np.isnan(found.resonance.iloc[-1])
    assert found.stars_at_ephemeris.isna().tolist()[-4:] == [True, True, False, True]


def test_existing_context_columns_are_kept():
    given_before = table((1, 3.0, 0)).assign(star_events=5, resonance=0.1, stars_at_ephemeris=9)
    found = with_context(given_before)
    pd.testing.assert_frame_equal(found[[*given_before]], given_before)


def test_nothing_is_added_without_ephemerides():
    names = pd.DataFrame({"star": [1, 1]})
    assert list(with_context(names)) == ["star"]


EVENTS = st.tuples(st.integers(1, 5), st.floats(0.5, 500), st.floats(0, 1000))


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.floats(0.5, 500), st.floats(0, 1000)),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_order_of_rows_does_not_matter(rows, random):
    there = with_context(survey(*rows)).iloc[1000:].reset_index(drop=True)
    order = random.sample(range(len(rows)), len(rows))
    mixed = with_context(survey(*(rows[k] for k in order))).iloc[1000:].reset_index(drop=True)
    pd.testing.assert_frame_equal(mixed, there.iloc[order].reset_index(drop=True))


def test_reading_a_catalogue_adds_the_context(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("star,period_days,epoch_bkjd,duration_days\n7,3,100,0.1\n7,6.03,101,0.2\n")
    events = read_catalog(path)
    assert list(events)[-10:] == [*CONTEXT, *COMPARISONS]
    assert events.star_events.tolist() == [2, 2]


def test_a_large_table_with_one_ephemeris_is_read_in_linear_time() -> None:
    """Comparing all pairs of 200,000 events would take hours and 300 GB."""
    n = 200_000
    table = pd.DataFrame({"star": np.arange(n), "period_days": 3.0, "epoch_bkjd": 100.0})
    found = with_context(table)
    assert (found["stars_at_ephemeris"] == 1000).all()
    noise = np.random.default_rng(0).normal(0, 1e-6, n)
    alike = with_context(table.assign(period_days=3 + noise))
    assert (alike["stars_at_ephemeris"] == 1000).all()
    one_star = with_context(table.assign(star=1))
    assert (one_star["resonance"] == 1e-6).all()


def test_resonances_of_a_star_with_very_many_periods_are_unknown() -> None:
    """Among 200,000 periods, a resonance is found by chance, and all pairs take minutes."""
    n = 200_000
    periods = np.geomspace(0.5, 500, n)
    events = pd.DataFrame({"star": 1, "period_days": periods, "epoch_bkjd": 100.0})
    assert with_context(events)["resonance"].isna().all()
    assert with_context(events[:1000])["resonance"].notna().all()


def test_one_period_with_many_epochs_is_compared_with_the_nearest_epochs() -> None:
    n = 200_000
    epochs = np.linspace(100, 200, n, endpoint=False)
    events = pd.DataFrame({"star": np.arange(n), "period_days": 100.0, "epoch_bkjd": epochs})
    counts = with_context(events)["stars_at_ephemeris"]
    # The epochs are 0.0005 d apart, and 200 on each side are within 0.1 d.
    assert counts[n // 2 : n // 2 + 100].between(399, 401).all()


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_stars_at_an_ephemeris_equal_a_comparison_of_all_pairs(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 1200
    table = pd.DataFrame(
        {
            "star": np.concatenate([np.arange(1100), random.integers(0, 1100, 100)]),
            "period_days": random.choice([2.0, 3.0, 5.0], n) * (1 + random.normal(0, 1e-4, n)),
            "epoch_bkjd": 100 + random.uniform(0, 5, n),
        }
    )
    star, period, epoch = (table[c].to_numpy() for c in table)
    cycles = (epoch[None] - epoch[:, None]) / period[:, None]
    equal = np.abs(cycles - np.round(cycles)) * period[:, None] < 0.1
    equal &= (period >= (period * (1 - 1e-4))[:, None]) & (period <= (period * (1 + 1e-4))[:, None])
    expected = [len(np.unique(star[row])) for row in equal]
    assert with_context(table)["stars_at_ephemeris"].tolist() == expected
