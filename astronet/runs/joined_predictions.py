"""Predictions of all events of a table, joined from the parts in which they were computed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from astronet.errors import AstronetError, MissingFilesError, RunError, commonest
from astronet.evaluation.predictions import REPLACED, in_order
from astronet.execution.parts import Parts
from astronet.files.tables import plain
from astronet.lightcurves.arrays import Ints
from astronet.runs.prediction_parts import EVENTS

_NUMBERS = ("score", "spread", "centroid_statistic")
_ROWS_AT_ONCE = 4096


@dataclass(eq=False)
class Predicted:
    """Predictions of all events of a table, joined from parts.

    Attributes:
        events: Table of the events [n].
        computed: Computed columns [n], in the order of `events`.
        order: Rows of the events [n], sorted by decreasing score; those without a score are last.
        failure: Error with the cause and the remedy if no event has a score; otherwise None.
    """

    events: pd.DataFrame
    computed: pd.DataFrame
    order: Ints
    failure: AstronetError | None = None

    @classmethod
    def joined(cls, events: pd.DataFrame, parts: Parts) -> "Predicted":
        """Return the predictions in finished parts.

        Args:
            events: Table of the events from which the parts were computed.
            parts: Finished parts.

        Raises:
            RunError: A part is corrupt.
        """
        columns: dict[str, Any] = {}
        texts: dict[Any, Any] = {}  # equal texts share their memory
        without_files, arguments = set(), {}
        for number in parts.numbers:
            for record in parts.rows(number, EVENTS):
                row = record.pop("row")
                if record.pop("no_files", False):
                    without_files.add(record["reason"])
                if given := record.pop("arguments", ""):
                    arguments[record["reason"]] = given.split()
                for name, value in record.items():
                    if name not in columns:
                        kind = np.float64 if name in _NUMBERS else object
                        columns[name] = np.full(len(events), np.nan, kind)
                    value = np.nan if value is None and name in _NUMBERS else value
                    columns[name][row] = texts.setdefault(value, value)
        computed = pd.DataFrame(columns)
        score = computed["score"].to_numpy(np.float64)
        failure = None
        if not np.isfinite(score).any():
            failure = _failure(computed["reason"].tolist(), without_files, arguments)
        return cls(plain(events), computed, np.argsort(-score, kind="stable"), failure)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def scored(self) -> int:
        """Number of events with a score."""
        return int(np.isfinite(self.computed["score"].to_numpy(np.float64)).sum())

    def rows(self, begin: int, end: int) -> pd.DataFrame:
        """Return some rows of the table of predictions; the index contains the rows in `events`.

        Args:
            begin: Position of the first row in the sorted table.
            end: Position after the last row.
        """
        chosen = self.order[begin:end]
        replaced = [name for name in self.events if name in {*REPLACED, *self.computed}]
        own = self.events.drop(columns=replaced)
        frame = pd.concat([own.iloc[chosen], self.computed.iloc[chosen]], axis=1)
        return frame[in_order(map(str, frame))]

    def pieces(self) -> Iterator[pd.DataFrame]:
        """Yield the table of predictions, some thousand rows at a time."""
        for begin in range(0, max(len(self), 1), _ROWS_AT_ONCE):
            yield self.rows(begin, begin + _ROWS_AT_ONCE)


def _failure(
    reasons: list[str], without_files: set[str], arguments: dict[str, list[str]]
) -> AstronetError:
    """Return the error if no event has a score; the message gives the most common reason."""
    reason, count = commonest(reasons)
    kind = MissingFilesError if reason in without_files else RunError
    what = (
        "the event could not be scored"
        if len(reasons) == 1
        else f"none of the {len(reasons)} events could be scored, {count} of them for this reason"
    )
    return kind(f"{what}: {reason}", arguments=arguments.get(reason, ()))
