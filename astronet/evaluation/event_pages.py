"""Links from events of the report to other pages about them, and commands that write such pages."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from astronet.errors import RunError
from astronet.figures.pages import event_page
from astronet.lightcurves.arrays import Ints


@dataclass(frozen=True, eq=False)
class EventPages:
    """Other pages about the events of a report.

    Attributes:
        report: Folder of the report, relative to which the links are given.
        vetting: Folder of vetting pages; None means that there are none.
        explanation: Function that returns the path of the page that explains the score of an
            event, from the star and the number of the event; None means that there is none.
        command: Function that returns the command that explains the score of the event in a row of
            the store; None means that no command is shown.
        rows: Row [n] in the store of each event of the report; None means that no command is shown.

    Raises:
        RunError: The folder of vetting pages does not exist.
    """

    report: Path
    vetting: Path | None = None
    explanation: Callable[[int | str, int], Path] | None = None
    command: Callable[[int], str] | None = None
    rows: Ints | None = None

    def __post_init__(self) -> None:
        if self.vetting is not None and not self.vetting.is_dir():
            raise RunError(
                f"{self.vetting} is not a folder of vetting pages; give the output folder of "
                "`astronet vet`",
                arguments=("vet",),
            )

    def links(self, star: int | str, number: int) -> list[tuple[str, str]]:
        """Return the text and the relative address of each page of an event that exists."""
        found = []
        if self.vetting is not None:
            page = self.vetting / event_page(star, number)
            found += [("vetting page", page)] if page.is_file() else []
        if self.explanation is not None:
            page = self.explanation(star, number)
            found += [("explanation", page)] if page.is_file() else []
        return [(text, self._address(page)) for text, page in found]

    def command_for(self, place: int) -> str | None:
        """Return the command that explains the score of an event; None if it is unknown.

        Args:
            place: Position of the event in the table of the report.
        """
        if self.command is None or self.rows is None:
            return None
        return self.command(int(self.rows[place]))

    def _address(self, page: Path) -> str:
        relative = os.path.relpath(page.resolve(), self.report.resolve())
        return quote(Path(relative).as_posix())
