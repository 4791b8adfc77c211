"""Empty bins of an event's global view, which rebinned views do not use."""

from dataclasses import replace

import numpy as np

from astronet.errors import LightCurveError
from astronet.explanations.event import Event

TOLERANCE = 0.02
"""Largest deviation of views rebinned again from the views of the event [transit depths].

The views of the published DR24 set are rounded and deviate by up to 0.004."""


def with_measured_bins(event: Event) -> Event:
    """Return a copy of the event whose empty bins of the global view are known, if any are used.

    All empty bins of a global view contain the same fill value, so they are the bins with the most
    frequent value. They are taken to be empty only if the views of the event can then be rebinned
    from the global view, but cannot be rebinned from all bins: sparse light curves have empty bins,
    but views that were rebinned from a stored global view use all bins.
    """
    if event.global_name is None or deviation(event) <= TOLERANCE:
        return event
    whole = event.views[event.global_name]
    values, counts = np.unique(whole, return_counts=True)
    sparse = replace(event, measured=whole != values[counts.argmax()])
    return sparse if deviation(sparse) < deviation(event) else event


def deviation(event: Event) -> float:
    """Return the largest absolute deviation of the rebinned views from those of the event.

    It is 0 if no view is rebinned from the global view, and infinite if a view cannot be rebinned.
    """
    try:
        again = event.consistent()
    except LightCurveError:
        return float("inf")
    return max(float(np.abs(view - again.views[name]).max()) for name, view in event.views.items())
