"""Tables of candidates and of searched stars, written from the parts of a search."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronet.errors import AstronetError, Command, MissingFilesError, RunError, commonest
from astronet.execution.parts import Content, Parts
from astronet.files.remote import RemotePath
from astronet.files.table_pieces import frame_of, write_pieces
from astronet.missions import MISSIONS
from astronet.stars.candidate_rows import (
    CANDIDATE_COLUMNS,
    STAR_COLUMNS,
    candidate_rows,
    star_row,
)
from astronet.stars.search import SearchedStar, SearchRecipe

CANDIDATES, STARS = "candidates", "stars"
"""Names of the tables in each part."""

MEASURED_BINS = "global.measured"
"""Name of the masks of the measured bins of the global views in each part, eight bins per byte."""

_MOST_DOWNLOADS = 20
"""Maximum number of stars in a command that downloads their light curves."""

_MOST_REASONS = 1000
"""Maximum number of reasons that are kept for an error message."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
"""Name of a star that is the same after it has been read as a number; 007 is not."""

Score = Callable[[int, pd.DataFrame], pd.DataFrame]
"""Function that adds scores to the candidates of a part, given the number of the part."""


@dataclass
class Tally:
    """Numbers of stars and candidates, and the best candidates.

    Attributes:
        shown: Number of best candidates to keep.
        rank: Column by which candidates are ranked, in descending order.
        stars: Number of stars.
        with_candidates: Number of stars with candidates.
        failed: Number of stars that could not be searched.
        candidates: Number of candidates.
        named: Whether there is a candidate of a star whose name is not a number, such as 007.
        reasons: Reasons why stars could not be searched, at most 1,000 of them.
        without_files: Stars without light-curve files by reason, among those in `reasons`.
        arguments: Names of the settings to change by reason, among those in `reasons`.
        best: All candidates of the stars with the best candidates.
    """

    shown: int
    rank: str
    stars: int = 0
    with_candidates: int = 0
    failed: int = 0
    candidates: int = 0
    named: bool = False
    reasons: list[str] = field(default_factory=list)
    without_files: dict[str, int | str] = field(default_factory=dict)
    arguments: dict[str, list[str]] = field(default_factory=dict)
    best: pd.DataFrame = field(default_factory=pd.DataFrame)

    def top(self) -> pd.DataFrame:
        """Return the best candidates, sorted by rank; the index is arbitrary."""
        return self._ranked(self.best).head(self.shown)

    def add_candidates(self, frame: pd.DataFrame) -> None:
        """Count candidates, and keep the best ones.

        Args:
            frame: Candidates of a part; all candidates of a star are in one part.
        """
        self.candidates += len(frame)
        if frame.empty:
            return
        self.named |= not all(_NUMBER.fullmatch(str(star)) for star in frame["star"])
        known = frame if self.best.empty else pd.concat([self.best, frame], ignore_index=True)
        stars = self._ranked(known).head(self.shown)["star"]
        self.best = known[known["star"].isin(stars)].reset_index(drop=True)

    def add_stars(self, rows: list[dict[str, Any]]) -> None:
        """Count the searched stars of a part."""
        self.stars += len(rows)
        failed = [row for row in rows if row["reason"]]
        self.failed += len(failed)
        self.with_candidates += sum(row["candidates"] > 0 for row in rows)
        kept = failed[: _MOST_REASONS - len(self.reasons)]
        self.reasons += [row["reason"] for row in kept]
        self.without_files |= {row["reason"]: row["star"] for row in kept if row["no_files"]}
        self.arguments |= {row["reason"]: row["arguments"].split() for row in kept}

    def has_one_reason(self) -> bool:
        """Return whether no star could be searched, all for the same reason."""
        return 0 < self.stars == self.failed == commonest(self.reasons)[1]

    def _ranked(self, frame: pd.DataFrame) -> pd.DataFrame:
        if frame.empty:
            return frame
        return frame.sort_values(self.rank, ascending=False, kind="stable", na_position="last")


def content_of(bins: Mapping[str, int], found: Sequence[SearchedStar]) -> Content:
    """Return the tables of candidates and stars of a part, its views, and their measured bins.

    Args:
        bins: Numbers of bins of the views that networks read, by name.
        found: Searched stars of the part.
    """
    events = [event.views for star in found for event in star.views if event.views is not None]
    views = {
        name: np.array([event.views[name] for event in events], np.float32).reshape(-1, width)
        for name, width in bins.items()
    }
    arrays: dict[str, NDArray[Any]] = dict(views)
    if width := bins.get("global"):
        everything = np.ones(width, np.bool_)
        masks = [everything if event.measured is None else event.measured for event in events]
        arrays[MEASURED_BINS] = np.packbits(np.array(masks, np.bool_).reshape(-1, width), axis=-1)
    rows = [row for star in found for row in candidate_rows(star)]
    return {CANDIDATES: rows, STARS: [star_row(star) for star in found]}, arrays


def failures_in(content: Content) -> Iterator[dict[str, Any]]:
    """Yield the stars in the content of a part that could not be searched, and the reasons."""
    for row in content[0][STARS]:
        if row["reason"]:
            yield {"star": row["star"], "reason": row["reason"]}


def write_tables(
    parts: Parts,
    candidates: Path,
    stars: Path,
    tally: Tally,
    *,
    named_stars: bool = False,
    score: Score | None = None,
) -> None:
    """Write the tables of candidates and of searched stars, in the order of the stars.

    Only one part is in memory at a time.

    Args:
        parts: Finished parts of a search.
        candidates: Path of the table of candidates.
        stars: Path of the table of searched stars.
        tally: Numbers of stars and candidates, which are increased.
        named_stars: Whether stars are identified by names instead of numbers.
        score: Function that adds scores to the candidates; None if they are not scored.

    Raises:
        RunError: A part is corrupt.
        OSError: A table cannot be written.
    """
    kind = {"star": "str"} if named_stars else {}

    def pieces() -> Iterator[pd.DataFrame]:
        for number in parts.numbers:
            frame = candidates_of(parts, number, kind, scored=score is not None)
            piece = frame if score is None else score(number, frame)
            tally.add_candidates(piece)
            yield piece

    def rows() -> Iterator[pd.DataFrame]:
        for number in parts.numbers:
            found = parts.rows(number, STARS)
            tally.add_stars(found)
            yield frame_of(found, {**STAR_COLUMNS, **kind})

    write_pieces(pieces(), candidates)
    write_pieces(rows(), stars)


def check_any_searched(parts: Parts, recipe: SearchRecipe) -> None:
    """Raise an error, and delete the parts, if no star could be searched for the same reason.

    The error contains all that the tables would contain.

    Raises:
        AstronetError: No star could be searched.
    """
    tally = Tally(0, "statistic")
    for number in parts.numbers:
        tally.add_stars(parts.rows(number, STARS))
        if tally.failed < tally.stars:
            return
    if tally.has_one_reason():
        parts.delete()
        raise failure_of(tally, recipe)


def failure_of(tally: Tally, recipe: SearchRecipe) -> AstronetError:
    """Return the error if no star could be searched; the message gives the most common reason."""
    reason, count = commonest(tally.reasons)
    spec = MISSIONS[recipe.mission].SPEC
    stars = list(tally.without_files.values())
    message = (
        f"the star could not be searched: {reason}"
        if tally.stars == 1
        else f"none of the {tally.stars} stars could be searched, {count} of them for this reason: "
        f"{reason}"
    )
    if reason not in tally.without_files:
        return RunError(message, arguments=tally.arguments.get(reason, ()))
    remote = isinstance(recipe.folder, RemotePath)
    if spec.archive is None or remote or len(stars) > _MOST_DOWNLOADS:
        return MissingFilesError(message)
    options = {"stars": ",".join(map(str, stars)), "mission": spec.name, "out": recipe.folder}
    cadence = getattr(recipe.reader, "cadence", "long")
    options |= {} if cadence == "long" else {"cadence": cadence}
    return MissingFilesError(message, command=Command("download", options))


def candidates_of(
    parts: Parts, number: int, kind: Mapping[str, str], *, scored: bool = False
) -> pd.DataFrame:
    """Return the candidates of a part.

    Args:
        parts: Finished parts of a search.
        number: Number of the part.
        kind: Types that replace those of `CANDIDATE_COLUMNS`, by column name.
        scored: Whether to include the columns `unscored`, `warning` and `centroid`; see
            `candidate_rows`.
    """
    further = {"unscored": "str", "warning": "str", "centroid": "float64"} if scored else {}
    return frame_of(parts.rows(number, CANDIDATES), {**CANDIDATE_COLUMNS, **kind, **further})
