"""Progress bars for whatever takes longer than two seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

console = Console(stderr=True)
"""Where bars and remarks go; results go to standard output."""


@contextmanager
def progress_bar(
    doing: str, unit: str, total: int, *, done: int = 0, quiet: bool = False
) -> Iterator[Callable[[int], None]]:
    """A bar with rate and remaining time; gives the function that moves it by some units."""
    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet) as bar:
        task = bar.add_task(doing, total=total, completed=done)
        yield lambda amount: bar.advance(task, amount)


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.3g}/s" if speed else "")


@contextmanager
def transfer_bar(stars: int, *, quiet: bool = False) -> Iterator[Callable[[int, int, int], None]]:
    """A bar of stars with files, bytes, rate and remaining time.

    Gives the function that adds stars, files and bytes.
    """
    columns = (
        TextColumn("downloading"),
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TextColumn("stars {task.fields[files]} files"),
        _Transferred(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet) as bar:
        task = bar.add_task("", total=stars, files=0, size=0)
        done = bar.tasks[0].fields

        def add(stars: int, files: int, size: int) -> None:
            bar.update(task, advance=stars, files=done["files"] + files, size=done["size"] + size)

        yield add


class _Transferred(ProgressColumn):
    """Bytes so far, and how many a second."""

    def render(self, task: Task) -> Text:
        size = task.fields["size"]
        rate = size / task.elapsed if task.elapsed else 0
        return Text(f"{size / 1e6:.0f} MB {rate / 1e6:.1f} MB/s", no_wrap=True)
