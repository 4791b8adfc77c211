"""`astronet search`: search light curves for transits, and write a table of candidates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from astronet.detection.nulls import warn_about_few
from astronet.detection.settings import SearchSettings
from astronet.errors import AstronetError, RunError, counted
from astronet.execution.choosing import engine_of
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Parts
from astronet.execution.processes import Processes
from astronet.execution.shards import Shard
from astronet.files.atomic import replacing, write_text
from astronet.files.checksums import sha256, sha256_of
from astronet.files.journal import opened
from astronet.files.outputs import check_output
from astronet.files.provenance import commit, library_versions
from astronet.files.remote import Location, local_only
from astronet.files.tables import check_format
from astronet.missions import MISSIONS
from astronet.missions.settings import Source
from astronet.missions.star_lists import checked_stars
from astronet.stars.candidate_tables import (
    Tally,
    check_any_searched,
    failure_of,
    failures_in,
    write_tables,
)
from astronet.stars.folds import folds_of
from astronet.stars.known_events import with_known_events
from astronet.stars.search import SearchRecipe, lost_star
from astronet.stars.searching import search_waiting
from astronet.stars.views import Star, check_folder

if TYPE_CHECKING:
    from astronet.runs.scorer import Scorer  # imports torch

_SHOWN, _RESOLUTION = 12, 150
"""Maximum number of candidates in the figure, and its resolution [pixels per inch]."""


@dataclass(frozen=True)
class Search:
    """Result of a search.

    Attributes:
        table: Path of the table of candidates.
        stars_table: Path of the table of searched stars.
        figure: Path of the figure of the best candidates; None if there are no candidates.
        record: Path of the record of how the tables were made.
        stars: Number of stars.
        with_candidates: Number of stars with candidates.
        failed: Number of stars that could not be searched.
        candidates: Number of candidates.
        named: Whether the table of candidates contains names of stars instead of numbers, so that
            other commands cannot read it.
        best: Up to 12 best candidates, sorted by decreasing score or, without scores, by decreasing
            detection statistic.
        failure: Error with the cause and the remedy if no star could be searched, for several
            reasons; otherwise None.
    """

    table: Path
    stars_table: Path
    figure: Path | None
    record: Path
    stars: int
    with_candidates: int
    failed: int
    candidates: int
    named: bool
    best: pd.DataFrame
    failure: AstronetError | None

    def check(self) -> None:
        """Raise an error if no star could be searched; its message gives the most common reason.

        Raises:
            AstronetError: No star could be searched.
        """
        if self.failure is not None:
            raise self.failure


def search(
    stars: Sequence[int | str],
    folder: Location,
    source: Source,
    out: Path,
    *,
    settings: SearchSettings = SearchSettings(),
    known: Path | None = None,
    scorer: Scorer | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    resume: bool = False,
    log: Path | None = None,
    shard: Shard | None = None,
    overwrite: bool = False,
    command: str = "",
    quiet: bool = False,
) -> Search | None:
    """Search stars for transits, and write the tables, a figure and a record of the search.

    The results are saved in parts in the folder `<out>.parts`, which is deleted at the end. The
    tables of a resumed search equal those of an uninterrupted one. A star that cannot be searched
    is listed in the table of stars with the reason. If this is the case for all stars, and for the
    same reason, an error is raised and no file is written or replaced.

    Args:
        stars: Numbers of the stars, or their names for mission custom; the rows of the tables are
            in this order.
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        source: Mission and reader options of the files.
        out: Path of the table of candidates; the suffix selects the format (see
            `astronet.files.tables`). The paths of all files are `files_of(out)`.
        settings: Settings of the search.
        known: Path or name of a table of known events, which are masked; None masks none.
        scorer: Networks that score the candidates; None if they are not scored.
        workers: Number of worker processes; None means one per CPU.
        cluster: Dask cluster that searches the stars instead of worker processes; see
            `astronet.execution.cluster.Cluster`.
        resume: Whether to continue an interrupted search with the same stars, settings, networks
            and version of astronet, if there is one.
        log: Path of a log file (JSON Lines) to append to; None means no log.
        shard: Subset of the parts to compute; a search without a shard that resumes them writes
            the files. None means all parts.
        overwrite: Whether to replace existing files and, without `resume`, the parts of an
            interrupted search.
        command: Command line, for the record.
        quiet: Whether to hide the progress bar.

    Returns:
        Result of the search; None for a shard.

    Raises:
        RunError: There are no stars, a file exists and `overwrite` is False, a file cannot be
            written, or an interrupted search cannot be resumed.
        CatalogError: The table of known events cannot be read, or lists stars of another mission.
        ArchiveError: A star number is invalid; `folder` does not exist, or is a file although a
            folder is required.
        MissingFilesError: There are no light-curve files of the stars.
        ResumableInterrupt: The search was interrupted (Ctrl-C) and can be resumed.
        WorkerError: A worker process terminated unexpectedly.
    """
    if not stars:
        raise RunError("there are no stars to search; give at least one")
    stars = checked_stars(stars, source.mission)
    check_folder(folder, source.mission, len(stars))
    check_format(out)
    inputs = [path for path in local_only(known, folder) if path == known or path.is_file()]
    inputs += [file for trained in scorer.trained for file in trained.files] if scorer else []
    targets = with_known_events(stars, known, source.mission)
    scoring = scorer.recipe(folder, source, stars=len(stars)) if scorer else None
    recipe = SearchRecipe(source.mission, folder, source.reader, settings, scoring)
    if scorer is not None:
        from astronet.runs.stacked import reads_centroid

        recipe = replace(recipe, centroids=reads_centroid(scorer.stacks))
    plan = _plan(recipe, targets, scorer)
    engine = engine_of(workers, cluster, chunk=1, lost=lost_star)
    warn_about_few(settings.null_curves)
    for path in files_of(out):
        check_output(path, inputs, overwrite=True)
    with (
        opened(log) as journal,
        Parts.of(out, plan, resume=resume, overwrite=overwrite, shard=shard) as parts,
    ):
        for path in files_of(out):
            check_output(path, inputs, overwrite=parts.may_replace)
        bins = scorer.experiment.view_bins if scorer else {}
        part_log = PartLog(journal, failures_in)
        search_waiting(parts, recipe, targets, bins, engine, part_log, quiet)
        if shard is not None:
            return None
        check_any_searched(parts, recipe)
        parts.allow_replacing()
        found = _written(parts, out, recipe, scorer, workers, quiet)
        write_text(found.record, _record(out, plan, command))
        parts.delete()
    return found


def files_of(out: Path) -> tuple[Path, Path, Path, Path]:
    """Return the paths of the tables of candidates and stars, of the figure and of the record."""
    stars = out.with_name(f"{out.stem}.stars{out.suffix}")
    return out, stars, out.with_suffix(".png"), out.with_suffix(".json")


def _plan(recipe: SearchRecipe, stars: Sequence[Star], scorer: Scorer | None) -> dict[str, Any]:
    """Return the settings, inputs and versions that determine the result."""
    events = {str(star.star): [event[1:] for event in star.events] for star in stars if star.events}
    plan = {
        "astronet": {"version": version("astronet"), "commit": commit()},
        "mission": recipe.mission,
        "reader": recipe.reader.model_dump(mode="json"),
        "data": str(recipe.folder.resolve()),
        "stars": sha256(json.dumps([star.star for star in stars]).encode()),
        "known": sha256(json.dumps(events).encode()) if events else None,
        "settings": asdict(recipe.settings),
    }
    if scorer is not None:
        from astronet.runs.prediction_files import described

        plan["networks"] = described(scorer)
    return plan


def _written(
    parts: Parts,
    out: Path,
    recipe: SearchRecipe,
    scorer: Scorer | None,
    workers: int | None,
    quiet: bool,
) -> Search:
    """Write the tables and the figure from the finished parts."""
    table, stars_table, figure, record = files_of(out)
    named = MISSIONS[recipe.mission].SPEC.named_stars
    tally = Tally(_SHOWN, "score" if scorer else "statistic")
    score = None
    if scorer is not None:
        from astronet.runs.candidates import scorer_of_parts

        score = scorer_of_parts(scorer, parts, recipe.mission, named_stars=named)
    write_tables(parts, table, stars_table, tally, named_stars=named, score=score)
    figure.unlink(missing_ok=True)
    best = tally.top()
    if len(best):
        from astronet.figures.candidates import candidates_page  # imports matplotlib

        folds = folds_of(recipe, tally.best, best.index, Processes(workers, chunk=1))
        title = f"Best candidates of {counted(tally.stars, 'star')}"
        page = candidates_page(
            best, folds, title + (f", scored by {scorer.name}" if scorer else "")
        )
        with replacing(figure) as part:
            page.savefig(part, format="png", dpi=_RESOLUTION, metadata={"Software": None})
    return Search(
        table,
        stars_table,
        figure if len(best) else None,
        record,
        tally.stars,
        tally.with_candidates,
        tally.failed,
        tally.candidates,
        tally.named,
        best,
        failure_of(tally, recipe) if tally.failed == tally.stars else None,
    )


def _record(out: Path, plan: Mapping[str, Any], command: str) -> str:
    """Return the content of the record of a search (JSON)."""
    tables = {path.name: sha256_of(path) for path in files_of(out)[:2]}
    record = {"command": command, "tables": tables, **plan, "versions": library_versions()}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
