"""Small pictures of the views of events."""

import numpy as np

from astronet.dataset.thumbnails import as_views, global_thumbnails, local_thumbnails
from astronet.lightcurves.arrays import Views
from astronet.runs.stacked import ViewsOfEvents

_LOCAL = ("local", "rebinned_local")
"""Names of views near the transit, of which the first one that exists is shown."""


def pictures_of(given: ViewsOfEvents) -> list[tuple[Views | None, Views | None]]:
    """Return small pictures of the local and the global view of each event [n]; None if unknown."""
    usable = given.usable
    pictures: list[tuple[Views | None, Views | None]] = [(None, None)] * len(usable)
    near = next((name for name in _LOCAL if name in given.views), None)
    if near is None or "global" not in given.views:
        return pictures
    for row in np.flatnonzero(usable).tolist():
        local, whole = (
            np.asarray(given.views[name][np.array([row])], np.float32) for name in (near, "global")
        )
        pictures[row] = (
            as_views(local_thumbnails(local))[0],
            as_views(global_thumbnails(whole))[0],
        )
    return pictures
