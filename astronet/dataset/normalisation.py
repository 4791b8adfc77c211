"""Check of imported views: median 0 out of transit and minimum -1 (S&V 2018, §3.3)."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from astronet.lightcurves.arrays import Bools, Views

_logger = logging.getLogger("astronet")

_TOLERANCE = 0.05
"""Maximum deviation of the median from 0, and of the minimum from -1."""

_MOST = 0.01
"""Maximum fraction of views that are not normalised, without a warning."""


def counted_chunks(
    source: Path, chunks: Iterable[Mapping[str, Views]]
) -> Iterator[Mapping[str, Views]]:
    """Yield chunks of views; after the last one, log warnings that count unusual views.

    Views without a dip are not counted, because they cannot be normalised. There is no warning if
    at most 1 % of the views with the same name are unusual.

    Args:
        source: File or folder of the views, for the warnings.
        chunks: Chunks of rows: arrays [k, bins] by name.
    """
    wrong: Counter[str] = Counter()
    inverted: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for chunk in chunks:
        for name, views in chunk.items():
            unusual = _is_unusual(views)
            total[name] += len(views)
            wrong[name] += int(unusual.sum())
            inverted[name] += int(_is_inverted(views[unusual]).sum())
        yield chunk
    for name, count in wrong.items():
        if count > _MOST * total[name]:
            _logger.warning(
                "%s: %s of %s views %s are not normalised (median 0, minimum -1)%s, so scores of "
                "networks that were trained on normalised views are not valid; normalise them",
                source,
                f"{count:,}",
                f"{total[name]:,}",
                name,
                f", {inverted[name]:,} of them inverted" if inverted[name] else "",
            )


def _is_unusual(views: Views) -> Bools:
    """Return whether each view [k] of [k, bins] varies, but has another median or minimum."""
    if not views.shape[-1]:
        return np.zeros(len(views), np.bool_)
    least, most = views.min(axis=1), views.max(axis=1)
    median = np.median(views, axis=1)
    unusual = (np.abs(median) > _TOLERANCE) | (np.abs(least + 1) > _TOLERANCE)
    no_dip = (least == most) & (least == 0)
    return np.asarray(unusual & ~no_dip, np.bool_)


def _is_inverted(views: Views) -> Bools:
    """Return whether each view [k] of [k, bins] has median 0 and maximum 1, but not minimum -1."""
    if not len(views):
        return np.zeros(0, np.bool_)
    middle, most = np.median(views, axis=1), views.max(axis=1)
    return np.asarray((np.abs(middle) <= _TOLERANCE) & (np.abs(most - 1) <= 1e-3), np.bool_)
