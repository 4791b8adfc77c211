"""Search of many stars in parts."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial

from astronet.execution.engine import Engine
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Parts
from astronet.execution.processes import Processes
from astronet.execution.running import run_in_parts, waiting_stars
from astronet.progress import progress_bar
from astronet.stars.candidate_tables import content_of
from astronet.stars.search import SearchRecipe, compile_before_search, search_star
from astronet.stars.views import Star


def search_waiting(
    parts: Parts,
    recipe: SearchRecipe,
    stars: Sequence[Star],
    bins: Mapping[str, int],
    where: Engine,
    log: PartLog,
    quiet: bool,
) -> None:
    """Search the stars of all parts that are not finished yet, and save these parts.

    Args:
        parts: Finished parts, to which the new ones are added.
        recipe: Settings of the search.
        stars: Stars with their known events.
        bins: Numbers of bins of the views that networks read, by name.
        where: Engine that runs `search_star`; a single star is searched in this process.
        log: Log of the finished parts and failures.
        quiet: Whether to hide the progress bar.
    """
    if not (waiting := waiting_stars(parts, len(stars))):
        return
    if waiting > 1 and isinstance(where, Processes) and where.workers != 1:
        compile_before_search()
    done = len(stars) - waiting
    single, nulls = len(stars) == 1, recipe.settings.null_curves
    total, unit = (1 + nulls, "light curves") if single and nulls else (len(stars), "stars")
    with progress_bar("searching", unit, total, done=done, quiet=quiet) as advance:
        task, content = partial(search_star, recipe), partial(content_of, bins)
        if single:  # the task runs in this process
            task = partial(task, progress=lambda: advance(1))
        with nullcontext() if single else _warnings_only():
            run_in_parts(
                parts,
                task,
                stars,
                content,
                Processes(1) if single else where,
                (lambda _: None) if single else advance,
                log,
            )


@contextmanager
def _warnings_only() -> Iterator[None]:
    """Log only warnings and errors, not why the search of each star ends."""
    logger = logging.getLogger("astronet")
    level = logger.level
    logger.setLevel(max(level, logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(level)
