"""Pages of many stars, written in parts, and the rows of the index."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from astronet.execution.engine import Engine
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Content, Parts
from astronet.execution.running import run_in_parts, waiting_stars
from astronet.files.journal import Journal
from astronet.progress import progress_bar
from astronet.vetting_pages.candidate import StarOfCandidates
from astronet.vetting_pages.index import IndexRow
from astronet.vetting_pages.star_pages import PageRecipe, write_star

_ROWS = "rows"
"""Name of the table in each part with one row per candidate."""

Rows = list[tuple[int, IndexRow]]
"""Row of each candidate of a star in the event table, and its row in the index."""


@dataclass(frozen=True)
class _Task:
    """Task that vets a star; see `write_star`."""

    recipe: PageRecipe

    def __call__(self, star: StarOfCandidates) -> Rows:
        rows = write_star(self.recipe, star)
        return [(one.row, row) for one, row in zip(star.candidates, rows, strict=True)]


def lost_star(star: StarOfCandidates, reason: str) -> Rows:
    """Return the result of a star that no worker could vet."""
    return [
        (
            one.row,
            IndexRow(
                "",
                star.star,
                one.number,
                one.listed[0],
                24 * one.listed[1],
                one.listed[2],
                label=one.label,
                reason=reason,
            ),
        )
        for one in star.candidates
    ]


def write_waiting(
    parts: Parts,
    recipe: PageRecipe,
    stars: Sequence[StarOfCandidates],
    engine: Engine,
    journal: Journal,
    quiet: bool,
) -> None:
    """Write the pages of all stars whose parts are not finished, and save their rows of the index.

    Args:
        parts: Finished parts, to which the new ones are added.
        recipe: Settings of all pages.
        stars: Stars with their candidates.
        engine: Engine that runs `write_star`.
        journal: Log of the finished parts, and of the candidates without a page.
        quiet: Whether to hide the progress bar.

    Raises:
        RunError: A page cannot be written.
        KeyboardInterrupt: The command was interrupted. The finished parts are kept.
        WorkerError: A worker process terminated unexpectedly.
    """
    if waiting := waiting_stars(parts, len(stars)):
        done, log = len(stars) - waiting, PartLog(journal, _failures)
        with progress_bar("vetting", "stars", len(stars), done=done, quiet=quiet) as advance:
            run_in_parts(parts, _Task(recipe), stars, _content_of, engine, advance, log)


def rows_of(parts: Parts) -> dict[int, IndexRow]:
    """Return the rows of the index by the row of the candidate in the event table.

    Raises:
        RunError: A part is corrupt.
    """
    found = {}
    for number in parts.numbers:
        for record in parts.rows(number, _ROWS):
            try:
                row = int(record.pop("row"))
                checks = {name: tuple(record[name]) for name in ("failed", "warned")}
                found[row] = IndexRow(**{**record, **checks})
            except (KeyError, TypeError, ValueError, OverflowError):
                raise parts.corrupt(number, f"{_ROWS}.jsonl") from None
    return found


def _content_of(stars: Sequence[Rows]) -> Content:
    """Return the content of a part: the rows of the index."""
    rows: list[dict[str, Any]] = [
        {"row": row, **asdict(found)} for star in stars for row, found in star
    ]
    return {_ROWS: rows}, {}


def _failures(content: Content) -> Iterator[dict[str, Any]]:
    """Yield the candidates in the content of a part that have no page, and the reasons."""
    for row in content[0][_ROWS]:
        if not row["page"]:
            yield {name: row[name] for name in ("star", "number", "reason")}
