"""`astronet prepare`: write a store of views computed from an event table and light curves."""

import json
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from astronet.catalogs.labels import POLICIES
from astronet.config import Experiment
from astronet.dataset.prepared_parts import EVENTS, assemble, content_of
from astronet.dataset.store import ViewStore
from astronet.dataset.writing import check_replaceable
from astronet.errors import ArchiveError, CatalogError, Command
from astronet.execution.choosing import engine_of
from astronet.execution.engine import Engine
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Parts
from astronet.execution.running import run_in_parts, waiting_stars
from astronet.execution.shards import Shard
from astronet.files.checksums import sha256, sha256_of
from astronet.files.journal import Journal, opened
from astronet.files.provenance import commit
from astronet.files.remote import local_only
from astronet.lightcurves.warming import compile_before_workers
from astronet.missions import MISSIONS
from astronet.missions.tables import catalog_record, find_catalog, read_catalog
from astronet.progress import progress_bar
from astronet.stars.failures import failed_events
from astronet.stars.views import Recipe, Star, lost_events, prepare_events, stars_in


def prepare(
    experiment: Experiment,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    resume: bool = False,
    log: Path | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> ViewStore:
    """Compute the views of all events that the label policy keeps, and write them to a store.

    The rows of the store are in the order of the event table. Events that could not be prepared
    have no row; they are listed in the store's file skipped.csv, with the reasons. The store's file
    sources.csv lists the light-curve files that were read, with their checksums. If the reader
    reads centroids, the centroid statistics are measured, which takes 0.1 s per event, and the
    index has a column `centroid_statistic`.

    The results are saved in parts in the folder `<store>.parts`, which is deleted at the end. The
    store of a resumed preparation equals that of an uninterrupted one.

    Args:
        experiment: Config with the source, preparation, views, store and label policy.
        workers: Number of worker processes; None means one per CPU.
        cluster: Dask cluster that prepares the stars instead of worker processes; see
            `astronet.execution.cluster.Cluster`.
        resume: Whether to continue an interrupted preparation, if there is one. The config, the
            event table and the version of astronet must be unchanged.
        log: Path of a log file (JSON Lines) to append to; None means no log.
        overwrite: Whether to replace an existing store and, without `resume`, the parts of an
            interrupted preparation.
        quiet: Whether to hide the progress bar.

    Returns:
        The new store.

    Raises:
        ArchiveError: The folder of light curves does not exist.
        CatalogError: The event table cannot be read or lists stars of another mission, or the label
            policy keeps none of its events.
        RunError: An interrupted preparation cannot be resumed, or another preparation of the store
            is running.
        StoreError: The store exists and `overwrite` is False, the store cannot be written, or no
            event could be prepared.
        ResumableInterrupt: The preparation was interrupted (Ctrl-C) and can be resumed.
        WorkerError: A worker process terminated unexpectedly.
    """
    work = _Work.of(experiment)
    engine = engine_of(workers, cluster, lost=lost_events)
    with (
        opened(log) as journal,
        Parts.of(experiment.store, work.plan, resume=resume, overwrite=overwrite) as parts,
    ):
        check_replaceable(experiment.store, parts.may_replace)
        work.run(parts, engine, journal, quiet)
        parts.allow_replacing()
        store = assemble(
            *(parts, experiment.store, work.table, experiment.views, work.provenance),
            overwrite=True,
            download=work.download,
        )
        parts.delete()
    return store


def prepare_shard(
    experiment: Experiment,
    shard: Shard,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    log: Path | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> None:
    """Compute one shard of the parts of a store; `prepare` with `resume` joins all parts.

    Args:
        experiment: Config, the same for all shards.
        shard: Subset of the parts; those that are finished are not computed again.
        workers: Number of worker processes; None means one per CPU.
        cluster: Dask cluster that prepares the stars instead of worker processes.
        log: Path of a log file (JSON Lines) to append to; None means no log.
        overwrite: Whether `prepare` may replace an existing store, and whether the parts of other
            settings are deleted.
        quiet: Whether to hide the progress bar.

    Raises:
        AstronetError: See `prepare`.
    """
    work = _Work.of(experiment)
    engine = engine_of(workers, cluster, lost=lost_events)
    begun = partial(Parts.of, experiment.store, work.plan, resume=True, shard=shard)
    with opened(log) as journal, begun(overwrite=overwrite) as parts:
        check_replaceable(experiment.store, parts.may_replace)
        work.run(parts, engine, journal, quiet)


@dataclass(frozen=True, eq=False)
class _Work:
    """Events, stars, settings and paths of a preparation.

    Attributes:
        table: Table of the events.
        stars: Stars with these events.
        recipe: Settings for preparing views.
        provenance: Description of the source of the events.
        plan: Settings, inputs and versions that determine the parts.
        download: Command that downloads the light curves; None if they cannot be downloaded.
    """

    table: pd.DataFrame
    stars: list[Star]
    recipe: Recipe
    provenance: dict[str, Any]
    plan: dict[str, Any]
    download: Command | None

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """Read the event table, and check the paths; see `prepare` for the errors."""
        source = experiment.source
        catalog = find_catalog(source.catalog)
        check_replaceable(experiment.store, True, local_only(catalog, source.light_curves))
        if not source.light_curves.is_dir():
            raise ArchiveError(
                f"the folder {source.light_curves} does not exist; set source.light_curves to the "
                "folder of your light curves"
            )
        table = _events(experiment, catalog)
        centroids = getattr(source.reader, "centroid", None) is not None
        stars = stars_in(table, np.full(len(table), centroids))
        provenance = {
            "mission": source.mission,
            "catalog": catalog_record(source.catalog, catalog),
            "labels": experiment.data.labels,
            "reading": source.reader.model_dump(mode="json"),
            "preparation": experiment.preparation.model_dump(mode="json"),
            "config_sha256": _config_sha256(experiment),
        }
        plan = provenance | {
            "catalog": sha256_of(catalog),  # its path may change
            "astronet": {"version": version("astronet"), "commit": commit()},
            "light_curves": str(source.light_curves.resolve()),
            "stars": len(stars),
        }
        return cls(
            table,
            stars,
            Recipe.of(source, experiment.preparation, experiment.views),
            provenance,
            plan,
            MISSIONS[source.mission].SPEC.download_all(catalog, source.light_curves, source.reader),
        )

    def run(self, parts: Parts, engine: Engine, journal: Journal, quiet: bool) -> None:
        """Prepare the stars of all parts that are not finished yet, and save these parts."""
        if not (waiting := waiting_stars(parts, len(self.stars))):
            return
        compile_before_workers()
        done, total = len(self.stars) - waiting, len(self.stars)
        log = PartLog(journal, lambda content: failed_events(self.table, content[0][EVENTS]))
        with progress_bar("preparing", "stars", total, done=done, quiet=quiet) as advance:
            task = partial(prepare_events, self.recipe)
            run_in_parts(parts, task, self.stars, content_of, engine, advance, log)


def _events(experiment: Experiment, catalog: Path) -> pd.DataFrame:
    """Return the events that the label policy keeps, in the order of the event table.

    Args:
        experiment: Config with the mission and the label policy.
        catalog: Path of the event table.
    """
    policy = POLICIES[experiment.data.labels]
    try:
        table = read_catalog(catalog, mission=experiment.source.mission)
    except CatalogError as error:
        if "mission" in error.arguments:
            raise CatalogError(f"{error} (source.mission)") from None
        raise
    kept = table[policy.kept(policy.labels_of(table))].reset_index(drop=True)
    if kept.empty:
        raise CatalogError(
            f"{catalog}: the label policy {policy.name} drops all {len(table)} "
            "events; set data.labels to another policy"
        )
    return kept


def _config_sha256(experiment: Experiment) -> str:
    """Return the SHA-256 hash of the settings that determine the store, excluding file paths."""
    settings = experiment.model_dump(mode="json", include={"preparation", "views"})
    settings["mission"] = experiment.source.mission
    settings["reading"] = experiment.source.reader.model_dump(mode="json")
    settings["labels"] = experiment.data.labels
    return sha256(json.dumps(settings, sort_keys=True).encode())
