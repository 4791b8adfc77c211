"""The Python API scores light curves with the same values, warnings and errors as `predict`."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.time import Time
from commands import command

import astronet
from astronet.errors import LightCurveError, RunError
from astronet.lightcurves import Ephemeris, LightCurve
from astronet.runs.scorer import Scorer

EVENT = Ephemeris(3.3, 3494.5, 0.12)  # BKJD
HOURS = Ephemeris(3.3, 3494.5, 1.2)


def fluxes(time, depth=0.01):
    distance = np.abs((time - EVENT.epoch + 1.65) % 3.3 - 1.65)
    profile = ((0.06 - distance) / 0.02).clip(0, 1)
    return 1 - depth * profile + 3e-4 * np.random.default_rng(5).standard_normal(len(time))


TIME = np.arange(3492.0, 3519.0, 0.0139)
CURVE = LightCurve("mine", TIME, fluxes(TIME))


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return astronet.load("pretrained")


def test_a_planet_has_a_high_score_without_a_warning(scorer):
    assert scorer.score(CURVE, EVENT) > 0.8


def test_several_events_give_several_scores(scorer):
    """Without the list, a transit of the planet is taken for one of the wrong event."""
    other = Ephemeris(5.1, 3493.0, 0.1)
    wrong = "the flux does not drop during the expected transits; check the ephemeris"
    with pytest.warns(UserWarning, match=f"star mine, event 2: {wrong}"):
        scores = scorer.score(CURVE, [EVENT, other])
    with pytest.warns(
        UserWarning, match="star mine: the dip is centred 0.56 d before the expected"
    ):
        single = scorer.score(CURVE, other)
    assert scores.tolist() == pytest.approx([scorer.score(CURVE, EVENT), single], abs=1e-6)
    assert scores.argmax() == 0


def test_one_of_several_events_without_a_score_is_a_warning(scorer):
    outside = Ephemeris(900.0, 3000.0, 0.1)
    with pytest.warns(UserWarning, match="star mine, event 2: no score: .*no data within"):
        scores = scorer.score(CURVE, [EVENT, outside])
    assert np.isfinite(scores).tolist() == [True, False]
    with pytest.raises(LightCurveError, match="no data within"):
        scorer.score(CURVE, outside)
    with pytest.raises(RunError, match="the list of events is empty"):
        scorer.score(CURVE, [])


def test_a_light_curve_of_lightkurve_has_the_same_score(scorer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lightkurve warns about optional packages
        import lightkurve

        time = Time(TIME + 2454833, format="jd", scale="tdb")
        curve = lightkurve.LightCurve(time=time, flux=CURVE.flux)
    assert scorer.score(curve, EVENT) == pytest.approx(scorer.score(CURVE, EVENT), abs=1e-3)


@pytest.mark.parametrize(
    ("curve", "event", "message"),
    [
        (CURVE, HOURS, "is longer than that of planets; check that it is in days, not hours"),
        (LightCurve("mine", TIME, fluxes(TIME, -0.01)), EVENT, "the flux rises during the"),
        (LightCurve("mine", TIME[:300], fluxes(TIME[:300])), EVENT, "data during only one"),
    ],
)
def test_warnings_equal_those_of_predict(scorer, tmp_path: Path, curve, event, message):
    pd.DataFrame({"time": curve.time, "flux": curve.flux}).to_csv(tmp_path / "mine.csv")
    given = {"period": event.period, "epoch": event.epoch, "duration": event.duration}
    result = command(
        "predict",
        "pretrained",
        star="mine",
        data=tmp_path / "mine.csv",
        mission="custom",
        reader="clock=bkjd",
        out=tmp_path / "s.csv",
        **given,
    )
    assert result.status == 0, result.error
    row = pd.read_csv(tmp_path / "s.csv").iloc[0]
    with pytest.warns(UserWarning) as caught:
        score = scorer.score(curve, event)
    assert [str(one.message) for one in caught] == [f"star mine: {row['warning']}"]
    assert message in row["warning"]
    assert score == pytest.approx(row["score"], abs=1e-6)


@pytest.mark.parametrize(
    ("clock", "offset"), [("bkjd", 0.0), ("btjd", -2167.0), ("bjd", 2454833.0)]
)
def test_the_epoch_of_a_custom_light_curve_is_on_its_clock(scorer, tmp_path, clock, offset):
    path = tmp_path / "mine.csv"
    pd.DataFrame({"time": TIME + offset, "flux": CURVE.flux}).to_csv(path)
    given = {"star": "mine", "data": path, "mission": "custom", "reader": f"clock={clock}"}
    given |= {"period": 3.3, "duration": 0.12, "out": tmp_path / "s.csv", "overwrite": True}
    assert command("predict", "pretrained", epoch=3494.5 + offset, **given).status == 0
    row = pd.read_csv(tmp_path / "s.csv").iloc[0]
    assert row["epoch_bkjd"] == pytest.approx(3494.5)
    assert row["score"] == pytest.approx(scorer.score(CURVE, EVENT), abs=2e-3)
    for other, wrong in (("BKJD", 3494.5), ("BTJD", 1327.5), ("BJD", 2458327.5)):
        if other != clock.upper():
            assert command("predict", "pretrained", epoch=wrong, **given).error.startswith(
                f"the epoch is probably in {other}, but the times of the light curve are in "
                f"{clock.upper()}; "
            )


def test_an_epoch_on_another_clock_is_an_error_in_python(scorer):
    with pytest.raises(LightCurveError, match="the epoch is probably in BTJD, but the times"):
        scorer.score(CURVE, Ephemeris(3.3, 1327.5, 0.12))


def test_the_spread_is_that_of_the_networks(scorer):
    (found,) = scorer.prepare(CURVE, [EVENT])
    views = {name: view[None] for name, view in found.views.items()}
    scores = scorer.scores(views)
    assert scores.score[0] == scorer.score_views(views)[0]
    assert 0 < scores.spread[0] < 0.3
