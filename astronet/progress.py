"""Progress bars for operations that take longer than two seconds."""

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
"""Console for progress bars and messages (standard error); results go to standard output."""


@contextmanager
def progress_bar(
    doing: str, unit: str, total: int, *, done: int = 0, quiet: bool = False
) -> Iterator[Callable[[int], None]]:
    """Show a progress bar with rate and remaining time, and yield a function that advances it.

    The argument of the function is the number of items finished since the last call.

    Args:
        doing: Description of the operation, for example "fetching toi".
        unit: Name of the counted items in the plural, for example "rows".
        total: Total number of items.
        done: Number of items that are already finished at the start.
        quiet: Whether to hide the progress bar.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}", markup=False),
        _Rate(done),
        TimeElapsedColumn(),
        _Remaining(done),
    )
    with Progress(*columns, console=console, disable=quiet) as bar:
        task = bar.add_task(doing, total=total, completed=done, last=0.0, unit=unit)

        def advance(amount: int) -> None:
            bar.update(task, advance=amount, last=bar.tasks[0].elapsed or 0.0)

        yield advance


class _Remaining(ProgressColumn):
    """Column that shows the remaining time, estimated from all items since the start.

    Rich's own column uses the items of the last 30 seconds, so it shows no time if an item takes
    longer, such as a fold in `astronet tune`.

    Args:
        done: Number of items that were already finished at the start.
    """

    max_refresh = 0.5

    def __init__(self, done: int) -> None:
        super().__init__()
        self._done = done

    def render(self, task: Task) -> Text:
        finished, left = task.completed - self._done, task.remaining or 0
        if finished <= 0:
            return Text("-:--:--", style="progress.remaining")
        last = task.fields["last"]
        seconds = max(0.0, last / finished * left - ((task.elapsed or last) - last))
        minutes, seconds = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return Text(f"{hours:d}:{minutes:02d}:{seconds:02d}", style="progress.remaining")


class _Rate(ProgressColumn):
    """Column that shows the mean rate in items per second, from the start to the last item.

    Rich's own rate leaves out the first item, so it is meaningless for a few items.

    Args:
        done: Number of items that were already finished at the start.
    """

    def __init__(self, done: int) -> None:
        super().__init__()
        self._done = done

    def render(self, task: Task) -> Text:
        finished, seconds = task.completed - self._done, task.fields["last"]
        if finished <= 0 or seconds <= 0:
            return Text("")
        rate = finished / seconds
        return Text(f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s")


@contextmanager
def transfer_bar(
    stars: int, waiting: Callable[[], str], *, quiet: bool = False
) -> Iterator[Callable[[int, int, int], None]]:
    """Show the progress bar of a download, and yield a function that advances it.

    The arguments of the function are the numbers of stars, files and bytes to add to the totals.

    Args:
        stars: Number of stars to download.
        waiting: Function that returns what the download waits for, or "".
        quiet: Whether to hide the progress bar.
    """
    columns = (
        TextColumn("downloading"),
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TextColumn("stars {task.fields[files]} files"),
        _Transferred(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        _Waiting(waiting),
    )
    with Progress(*columns, console=console, disable=quiet) as bar:
        task = bar.add_task("", total=stars, files=0, size=0)
        done = bar.tasks[0].fields

        def add(stars: int, files: int, size: int) -> None:
            bar.update(task, advance=stars, files=done["files"] + files, size=done["size"] + size)

        yield add


class _Waiting(ProgressColumn):
    """Column that shows what a download waits for.

    Args:
        waiting: Function that returns the text of the column.
    """

    def __init__(self, waiting: Callable[[], str]) -> None:
        super().__init__()
        self._waiting = waiting

    def render(self, task: Task) -> Text:
        return Text(self._waiting())


class _Transferred(ProgressColumn):
    """Column that shows the total size of the downloaded files and the transfer rate."""

    def render(self, task: Task) -> Text:
        size = task.fields["size"]
        rate = size / task.elapsed if task.elapsed else 0
        return Text(f"{size / 1e6:.0f} MB {rate / 1e6:.1f} MB/s", no_wrap=True)
