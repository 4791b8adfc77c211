"""`astronet vet`: pages with everything to check before a candidate is believed, and an index."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from astronet.errors import CatalogError, RunError, commonest
from astronet.execution.choosing import engine_of
from astronet.execution.engine import Engine
from astronet.execution.parts import Content, Parts
from astronet.execution.running import run_in_parts, waiting_stars
from astronet.execution.shards import Shard
from astronet.files.checksums import sha256_of
from astronet.files.journal import opened
from astronet.files.outputs import check_outputs, exists_already
from astronet.files.provenance import commit
from astronet.lightcurves.warming import compile_before_workers
from astronet.missions.settings import Source
from astronet.missions.tables import find_catalog, read_catalog
from astronet.progress import progress_bar
from astronet.runs.batches import one_thread_on
from astronet.runs.prediction_files import described
from astronet.runs.prediction_parts import score_prepared
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import unmeasured
from astronet.stars.prepared import PreparedStar
from astronet.stars.views import (
    Recipe,
    Star,
    check_folder,
    lost_events,
    prepare_events,
    stars_in,
)
from astronet.vetting_pages.candidate import StarOfCandidates
from astronet.vetting_pages.index import IndexRow, IndexSummary, table_id, write_index
from astronet.vetting_pages.judgements import JudgedStars, content_of
from astronet.vetting_pages.judging import judged
from astronet.vetting_pages.star_pages import PageRecipe
from astronet.vetting_pages.table import candidates_of
from astronet.vetting_pages.vetted import lost_star, rows_of, write_waiting

_CHECKS = 21


@dataclass(frozen=True, eq=False)
class Vetted:
    """Result of vetting a table.

    Attributes:
        index: Path of the index page.
        rows: Rows of the index, in the order of the table.
    """

    index: Path
    rows: tuple[IndexRow, ...]


def vet_table(
    scorer: Scorer | None,
    table: Path,
    folder: Path,
    out: Path,
    source: Source,
    *,
    command: str = "",
    workers: int | None = None,
    cluster: str | None = None,
    resume: bool = False,
    log: Path | None = None,
    shard: Shard | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> Vetted | None:
    """Vet all events of a table: write an index, and a page, a figure and a JSON file per event.

    The scores, and then the rows of the index, are saved in parts in the folders
    `<out>.scores.parts` and `<out>.parts`, which are deleted at the end.

    Args:
        scorer: Networks that score the events; None means that they are not scored.
        table: Path of an event table, or its name (see `astronet.missions.tables.read_catalog`).
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        out: Folder of the index.
        source: Mission and reader options of the files.
        command: Command line, for the index.
        workers: Number of worker processes; None means one per CPU.
        cluster: Dask cluster that vets the stars instead of worker processes; see
            `astronet.execution.cluster.Cluster`. Its workers write the pages, so `out` must be a
            folder that all of them share.
        resume: Whether to continue an interrupted run with the same table, networks, reader options
            and version of astronet, if there is one.
        log: Path of a log file (JSON Lines) to append to; None means no log.
        shard: Subset of the parts to compute; a run without a shard that resumes them writes the
            index. None means all parts.
        overwrite: Whether existing pages are replaced and, without `resume`, the parts of an
            interrupted run.
        quiet: Whether to hide the progress bars.

    Returns:
        The index; None for a shard.

    Raises:
        CatalogError: The table cannot be read, contains no events, or lists stars of another
            mission than that of the light curves.
        ArchiveError: `folder` does not exist, or is a file although a folder is required.
        RunError: Pages exist and `overwrite` is False, a page cannot be written, no candidate can
            be vetted, or an interrupted run cannot be resumed.
        ResumableInterrupt: The run was interrupted (Ctrl-C) and can be resumed.
        WorkerError: A worker process terminated unexpectedly.
    """
    events = read_catalog(table, mission=source.mission)
    if events.empty:
        raise CatalogError(f"{table} contains no events; give a table with at least one row")
    check_folder(folder, source.mission, events["star"].nunique())
    stars: Sequence[StarOfCandidates] = candidates_of(events)
    provenance = {"table": str(table), "mission": source.mission, "astronet": version("astronet")}
    identity = table_id(
        zip(events["star"], events["number"].astype(int), events["period_days"], strict=True)
    )
    recipe = PageRecipe(source.mission, folder, source.reader, out, identity, provenance)
    plan = {
        "astronet": {"version": version("astronet"), "commit": commit()},
        "mission": source.mission,
        "reader": source.reader.model_dump(mode="json"),
        "data": str(folder.resolve()),
        "table": sha256_of(find_catalog(table)),
        "networks": None if scorer is None else described(scorer),
    }
    parts_of = partial(Parts.of, plan=plan, resume=resume, overwrite=overwrite, shard=shard)
    engine = partial(engine_of, workers, cluster)
    with ExitStack() as opened_files:
        journal = opened_files.enter_context(opened(log))
        pages = opened_files.enter_context(parts_of(out))
        _check_pages(out, pages, shard)
        compile_before_workers()
        scores = None
        if scorer is not None:
            scores = opened_files.enter_context(parts_of(out.with_name(f"{out.name}.scores")))
            scoring = scorer.recipe(folder, source, stars=len(stars))
            judge = partial(_judged_part, scorer, events, source.mission)
            listed = stars_in(events, unmeasured(scorer.stacks, events))
            _score_waiting(scores, judge, listed, scoring, engine(lost=lost_events), quiet)
            stars = JudgedStars(stars, scores)
        write_waiting(pages, recipe, stars, engine(lost=lost_star), journal, quiet)
        if shard is not None:
            return None
        found = rows_of(pages)
        rows = tuple(found[row] for row in range(len(events)))
        if any(row.page for row in rows):
            summary = IndexSummary(
                f"Vetting of {table.name}", command, _versions(), _CHECKS, provenance
            )
            index = write_index(out, rows, summary)
        for parts in filter(None, (scores, pages)):
            parts.delete()
    if not any(row.page for row in rows):
        raise _nothing_vetted(rows)
    return Vetted(index, rows)


def _check_pages(out: Path, pages: Parts, shard: Shard | None) -> None:
    """Raise an error if there are pages that must not be replaced."""
    check_outputs(out, ["index.html"], overwrite=pages.may_replace)
    if shard is not None or pages.may_replace:
        return
    if not pages.numbers and any((out / "pages").glob("*")):
        raise exists_already(out / "pages", "already contains pages")
    pages.allow_replacing()  # an interrupted part leaves pages


def _nothing_vetted(rows: Sequence[IndexRow]) -> RunError:
    """Return the error if no candidate has a page; the message gives the most common reason."""
    reason, count = commonest([row.reason for row in rows])
    what = "no candidate could be vetted"
    if len(rows) > 1:
        what += f" ({len(rows)} tried; reason for {count} of them)"
    arguments = ("mission",) if "set mission" in reason else ()
    return RunError(f"{what}: {reason}", arguments=arguments)


def _score_waiting(
    parts: Parts,
    judge: Callable[[Sequence[PreparedStar]], Content],
    stars: Sequence[Star],
    recipe: Recipe,
    engine: Engine,
    quiet: bool,
) -> None:
    """Judge the events of all parts that are not finished."""
    if waiting := waiting_stars(parts, len(stars)):
        done, task = len(stars) - waiting, partial(prepare_events, recipe)
        with progress_bar("scoring", "stars", len(stars), done=done, quiet=quiet) as advance:
            run_in_parts(parts, task, stars, judge, engine, advance)


def _judged_part(
    scorer: Scorer, events: pd.DataFrame, mission: str, stars: Sequence[PreparedStar]
) -> Content:
    """Return what the networks say about the events of some stars."""
    prepared = [event for star in stars for event in star.events]
    rows = [event.row for event in prepared]
    some = events.iloc[rows]
    with one_thread_on(scorer.device):  # so that scores do not depend on the number of processors
        table, given = score_prepared(scorer, some, prepared, mission)
        in_order = table.sort_index().to_dict("records")
        judgements = judged(scorer, in_order, given, some, mission)
    return content_of(zip(rows, judgements, strict=True))


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("astronet", "numpy", "scipy", "bokeh")}
