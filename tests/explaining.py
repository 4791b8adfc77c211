"""Events to be explained, from a simulated light curve with white noise and box-shaped dips."""

import numpy as np

import astronet
from astronet.explanations.event import Event
from astronet.lightcurves.view_specs import GLOBAL, REBINNED_LOCAL, SECONDARY, ViewSpec
from astronet.lightcurves.views import make_views

SPECS = {
    "global": GLOBAL,
    "rebinned_local": REBINNED_LOCAL,
    "secondary": SECONDARY,
    "wide": ViewSpec(bins=201, durations=16, bin_width=0.16, rebinned_from=2001),
}
"""Views of the shipped weights."""

EPHEMERIS = astronet.Ephemeris(period=10.0, epoch=3.0, duration=0.25)


def light_curve(secondary=0.0, depth=0.01, scatter=4e-4, seed=1):
    """Return a light curve with box-shaped transits and, half a period later, secondaries."""
    generator = np.random.default_rng(seed)
    time = np.arange(0, 400, 0.0204)
    phase = (time - EPHEMERIS.epoch + 5) % 10 - 5
    flux = 1 + scatter * generator.standard_normal(len(time))
    flux -= depth * (np.abs(phase) < 0.125)
    flux -= secondary * (np.abs(np.abs(phase) - 5) < 0.125)
    return astronet.LightCurve("simulated", time, flux)


def event(specs=SPECS, **changes):
    """Return an event of that light curve, which needs no detrending."""
    views = make_views(light_curve(**changes), EPHEMERIS, specs)
    return Event("simulated", 1, EPHEMERIS, specs, views, np.empty(0, np.float32)).consistent()


SMALL = {
    "global": ViewSpec(bins=201),
    "local": ViewSpec(bins=61, durations=4, bin_width=0.16),
}
