"""Rows of a table in a text file: their lines and numbers of fields."""

import csv
import logging
from collections.abc import Iterator
from pathlib import Path

from astronet.errors import CatalogError, counted, one_line
from astronet.files.csv_files import MOST_COLUMNS

_logger = logging.getLogger("astronet")


def table_lines(
    path: str | Path,
    lines: list[str],
    begin: int,
    separator: str,
    expected: int,
    *,
    fewer: bool = False,
) -> list[int]:
    """Return the indices of the lines that belong to the rows of a table.

    Comments and blank lines are left out. A line that begins with `#` is a comment only if a row
    begins there: within a quoted field that extends over several lines, it is part of the field.

    Args:
        path: Path of the table, for error messages.
        lines: Lines of the file.
        begin: Index of the first line of the table.
        separator: Separator of the fields.
        expected: Number of fields in the header.
        fewer: Whether all rows except the last one may have fewer fields than the header.

    Raises:
        CatalogError: A row has fewer fields than the header or thousands more, or cannot be parsed.
    """
    numbers: list[int] = []
    last, short = 0, None
    for n, last in _records(path, lines, begin, separator, numbers):
        if last > max(expected, MOST_COLUMNS):  # pandas would take minutes
            raise CatalogError(wrong_length(path, n, last, expected))
        short = short or ((n, last) if last < expected else None)
    if not numbers:
        return []
    if last < expected:
        raise CatalogError(
            f"{path} is truncated (line {max(n for n in numbers if lines[n]) + 1}, the last one, "
            f"has {last} of {expected} fields); correct the file, or download it again"
        )
    if short and not fewer:  # pandas would add missing values
        raise CatalogError(wrong_length(path, *short, expected))
    _warn_about_comments(path, lines[: numbers[-1]], numbers[0] + 1, separator, expected)
    return numbers


def _warn_about_comments(
    path: str | Path, lines: list[str], begin: int, separator: str, expected: int
) -> None:
    """Log a warning if comments between the rows have as many fields as a row."""
    comments = [n for n in range(begin, len(lines)) if lines[n].startswith("#")]
    if alike := [n for n in comments if lines[n].count(separator) + 1 == expected > 1]:
        _logger.warning(
            "%s: %s with # and will be left out as comments, despite having as many fields as a "
            "row (first: line %d); quote the first field if they are rows",
            path,
            counted(len(alike), "line begins", "lines begin"),
            alike[0] + 1,
        )


def _records(
    path: str | Path, lines: list[str], begin: int, separator: str, numbers: list[int]
) -> Iterator[tuple[int, int]]:
    """Yield the index of the last line of each row, and the number of its fields.

    The indices of all lines that belong to rows are appended to `numbers`.
    """
    if not any(line.count('"') % 2 for line in lines):  # no field extends over several lines
        for n in range(begin, len(lines)):
            if lines[n].strip() and lines[n][0] != "#":
                numbers.append(n)
                quoted = '"' in lines[n]
                fields = fields_of(path, lines[n], separator) if quoted else ()
                yield n, len(fields) if quoted else lines[n].count(separator) + 1
        return
    at_start = True

    def not_comments() -> Iterator[str]:
        nonlocal at_start
        for n in range(begin, len(lines)):
            if at_start and lines[n].startswith("#"):
                continue
            if lines[n].strip() or not at_start:
                at_start = False
                numbers.append(n)
                yield lines[n] + "\n"

    try:
        for record in csv.reader(not_comments(), delimiter=separator):
            at_start = True
            yield numbers[-1], len(record)
    except csv.Error as error:
        raise unparsable(path, error) from None


def fields_of(path: str | Path, line: str, separator: str) -> list[str]:
    """Return the fields of a line.

    Raises:
        CatalogError: The line cannot be parsed.
    """
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        raise unparsable(path, error) from None


def wrong_length(path: str | Path, line: int, fields: int, expected: int) -> str:
    """Return the error message for a line, counted from 0, with a wrong number of fields."""
    return (
        f"{path}: line {line + 1} has {counted(fields, 'field')}, but {expected} are expected; "
        "correct the line"
    )


def unparsable(path: str | Path, error: object) -> CatalogError:
    """Return the error for a file that the parser rejects."""
    return CatalogError(
        f"{path} cannot be parsed as a table ({one_line(error)}); correct the file, or download it "
        "again"
    )
