"""Conversion of table entries to numbers; texts for missing values become NaN."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import plain_values

MISSING = frozenset(
    {"", "-", "--", "---", ".", "..", "...", "…", "nan", "+nan", "-nan", "null", "nil", "none"}
    | {"na", "n/a", "n.a.", "#n/a", "#na", "<na>", "masked", "missing", "indef", "\\n"}
)
"""Texts that mean a missing value in the tables of astropy, pandas, IRAF, VizieR and SQL, in lower
case."""

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?")


class EntryError(LightCurveError):
    """Error raised if an entry of a column is not a number.

    Attributes:
        row: Row of the entry, counted from 0.
        entry: Text of the entry.
    """

    def __init__(self, name: str, row: int, entry: str) -> None:
        super().__init__(f"column {name}, row {row + 1}: {entry!r} is not a number; {_REMEDY}")
        self.name, self.row, self.entry = name, row, entry

    def on_line(self, line: int | None) -> LightCurveError:
        """Return an error that also names the line of the file, counted from 1, if it is known."""
        place = f"row {self.row + 1}" + ("" if line is None else f" (line {line} of the file)")
        return LightCurveError(
            f"column {self.name}, {place}: {self.entry!r} is not a number; {_REMEDY}"
        )


_REMEDY = "correct the entry, or leave it empty if the value is missing"


def numbers(name: str, column: Any) -> Any:
    """Return a column of numbers unchanged, and a column of texts as numbers with the same unit.

    Args:
        name: Name of the column, for error messages.
        column: Column [n] of a pandas or astropy table, with or without a unit.

    Raises:
        EntryError: A text is neither a number nor one of `MISSING`.
        LightCurveError: The column has several values per row, or contains complex numbers, logical
            values or arrays.
    """
    kind, shape = column.dtype.kind, column.shape
    if len(shape) != 1:
        raise LightCurveError(
            f"column {name} has {' × '.join(map(str, shape[1:]))} values per row instead of one; "
            "choose another column, or give a light curve"
        )
    if kind in "iuf":
        return column
    if kind not in "OUST":
        found = {"c": "complex numbers", "b": "logical values"}.get(kind, f"values of type {kind}")
        raise LightCurveError(
            f"column {name} contains {found}, not real numbers; choose another column"
        )
    values = _parsed(name, plain_values(column))
    if (unit := getattr(column, "unit", None)) is None:
        return values
    from astropy.table import Column  # astropy made the column, so it is loaded

    return Column(values, unit=unit)


def is_number(text: str) -> bool:
    """Return whether a text is a number."""
    return _NUMBER.fullmatch(text.strip().casefold()) is not None


def _parsed(name: str, entries: NDArray[Any]) -> NDArray[np.float64]:
    values = np.empty(len(entries))
    for row, entry in enumerate(entries):
        if isinstance(entry, np.ndarray | list | tuple):
            raise LightCurveError(
                f"column {name} has several values per row instead of one; choose another column, "
                "or give a light curve"
            )
        text = entry.decode("latin-1") if isinstance(entry, bytes) else str(entry)
        word = text.strip().casefold()
        if word in MISSING:
            values[row] = np.nan
        elif _NUMBER.fullmatch(word):
            values[row] = float(word)
        else:
            raise EntryError(name, row, text.strip())
    return values
