"""Scores of the candidates of a search."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from astronet.catalogs.comparisons import COMPARISONS
from astronet.catalogs.context import CONTEXT, with_context
from astronet.dataset.measured import Bits
from astronet.dataset.scalars import columns_of
from astronet.execution.parts import Parts
from astronet.files.table_pieces import frame_of
from astronet.lightcurves.arrays import Views
from astronet.runs.predictions import columns_of_stack, table_of
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import WHOLE, ViewsOfEvents
from astronet.stars.candidate_tables import CANDIDATES, MEASURED_BINS

SCORE_COLUMNS: Mapping[str, str] = {
    "score": "float64",
    "spread": "float64",
    "decision": "str",
    "unsure": "str",
    "seen_in_training": "boolean",
    "model": "str",
    "warning": "str",
    "reason": "str",
}
"""Types of the columns that scored candidates have in addition, by name, as in predictions.csv."""


def scorer_of_parts(
    scorer: Scorer, parts: Parts, mission: str, *, named_stars: bool = False
) -> Callable[[int, pd.DataFrame], pd.DataFrame]:
    """Return a function that adds scores to the candidates of a part.

    Its arguments are the number of the part and its candidates; see `scored_candidates`. If a
    network reads the number of stars with the same ephemeris, the ephemerides of all candidates are
    read first.

    Args:
        scorer: Networks that compute the scores.
        parts: Finished parts of a search, with the views of the candidates.
        mission: Mission that observed the stars.
        named_stars: Whether stars are identified by names instead of numbers.
    """
    context: dict[int, pd.DataFrame] = {}
    if "stars_at_ephemeris" in columns_of(scorer.experiment.scalars):
        columns = {"star": "str" if named_stars else "int64"}
        numbers = ("period_days", "epoch_bkjd", "depth_ppm", "snr")
        columns |= dict.fromkeys(numbers, "float64")
        frames = {n: frame_of(parts.rows(n, CANDIDATES), columns) for n in parts.numbers}
        of_all = context_of(pd.concat(frames.values(), ignore_index=True))
        ends = np.cumsum([len(frame) for frame in frames.values()])
        begins = ends - [len(frame) for frame in frames.values()]
        context = {n: of_all[a:b] for n, a, b in zip(frames, begins, ends, strict=True)}

    def scored(number: int, candidates: pd.DataFrame) -> pd.DataFrame:
        around = context.get(number)
        around = context_of(candidates) if around is None else around
        views = {name: np.array(parts.array(number, name)) for name in scorer.experiment.views}
        bits = parts.array(number, MEASURED_BINS) if WHOLE in views else None
        return scored_candidates(scorer, candidates, around, views, mission, bits)

    return scored


def context_of(candidates: pd.DataFrame) -> pd.DataFrame:
    """Return the context of each candidate [n]; see `astronet.catalogs.context.with_context`.

    Args:
        candidates: Candidates [n] with the columns star, period_days and epoch_bkjd, and optionally
            depth_ppm and snr. Stars can be numbers or names.
    """
    codes, _ = pd.factorize(candidates["star"])
    given = [name for name in ("depth_ppm", "snr") if name in candidates]
    events = candidates[["period_days", "epoch_bkjd", *given]].assign(star=codes)
    return with_context(events)[[*CONTEXT, *COMPARISONS]]


def scored_candidates(
    scorer: Scorer,
    candidates: pd.DataFrame,
    context: pd.DataFrame,
    views: Mapping[str, Views],
    mission: str,
    measured: Bits | None = None,
) -> pd.DataFrame:
    """Return the candidates with the columns `SCORE_COLUMNS` and, if there is a stack, its columns.

    The scores are those that `astronet predict` computes for the table of all candidates.

    Args:
        scorer: Networks that compute the scores.
        candidates: Candidates [n] with the columns of candidates.csv and the columns `unscored`,
            the reason why there are no views or "", `warning`, and `centroid`, the measured
            centroid statistic.
        context: Context of each candidate [n], from `context_of`.
        views: Views [k, bins] by name of the k candidates whose `unscored` is "".
        mission: Mission that observed the stars.
        measured: Packed masks of the measured bins of the global views [k, bins / 8]; None if it is
            not known which bins are measured.
    """
    usable = (candidates["unscored"] == "").to_numpy()
    events = candidates.drop(columns=["unscored", "warning", "centroid"]).reset_index(drop=True)
    own = events.drop(columns=list(context), errors="ignore")
    known = pd.concat([own, context.reset_index(drop=True)], axis=1)
    given = ViewsOfEvents.placed(
        views, usable, candidates["centroid"].to_numpy(np.float64), measured
    )
    scores = scorer.score_events(given, known)
    table = table_of(
        scorer,
        events,
        scores,
        mission,
        reasons=candidates["unscored"].tolist(),
        warnings=candidates["warning"].tolist(),
    ).sort_index()
    table["seen_in_training"] = table["seen_in_training"].astype("boolean")
    return table[[*events.columns, *SCORE_COLUMNS, *columns_of_stack(scores)]]
