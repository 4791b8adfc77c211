"""`astronet prepare`: write a store of views computed from an event table and light curves."""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.catalogs.labels import POLICIES
from astronet.config import Experiment
from astronet.dataset.parts import Parts
from astronet.dataset.store import ViewStore
from astronet.dataset.writing import check_replaceable
from astronet.errors import ArchiveError, CatalogError
from astronet.execution.processes import Processes
from astronet.files.checksums import sha256, sha256_of
from astronet.files.provenance import commit
from astronet.files.remote import local_only
from astronet.missions import MISSIONS
from astronet.missions.tables import catalog_record, find_catalog, read_catalog
from astronet.progress import progress_bar
from astronet.stars.views import Recipe, Star, prepare_stars, stars_in

_STARS_PER_PART = 64
"""Number of stars per part of the store. After an interruption, finished parts are reused."""


def prepare(
    experiment: Experiment,
    *,
    workers: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
) -> ViewStore:
    """Compute the views of all events that the label policy keeps, and write them to a store.

    The rows of the store are in the order of the event table. Events that could not be prepared
    have no row; they are listed in the store's file skipped.csv, with the reasons. The store's file
    sources.csv lists the light-curve files that were read, with their checksums. If the reader
    reads centroids, the centroid statistics are measured, which takes 0.1 s per event, and the
    index has a column `centroid_statistic`.

    Args:
        experiment: Config with the source, preparation, views, store and label policy.
        workers: Number of worker processes; None means one per CPU.
        resume: Whether to continue an interrupted preparation, if there is one. The config, the
            event table and the version of astronet must be unchanged.
        overwrite: Whether to replace an existing store.
        quiet: Whether to hide the progress bar.

    Returns:
        The new store.

    Raises:
        ArchiveError: The folder of light curves does not exist.
        CatalogError: The event table cannot be read or lists stars of another mission, or the label
            policy keeps none of its events.
        StoreError: The store exists, but `overwrite` is False; the store cannot be written; an
            interrupted preparation exists, but `resume` is False or the config, event table or
            version has changed; another preparation of the store is running; or no event could be
            prepared.
        WorkerError: A worker process terminated unexpectedly.
    """
    source = experiment.source
    catalog = find_catalog(source.catalog)
    check_replaceable(experiment.store, overwrite, local_only(catalog, source.light_curves))
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
    }
    provenance["config_sha256"] = _config_sha256(experiment)
    plan = provenance | {
        "catalog": sha256_of(catalog),  # its path may change
        "astronet": {"version": version("astronet"), "commit": commit()},
        "light_curves": str(source.light_curves.resolve()),
        "stars": len(stars),
        "stars_per_part": _STARS_PER_PART,
    }
    parts = Parts.begin(experiment.store, plan, resume=resume)
    groups = [stars[k : k + _STARS_PER_PART] for k in range(0, len(stars), _STARS_PER_PART)]
    recipe = Recipe.of(source, experiment.preparation, experiment.views)
    with parts.locked():
        _prepare_missing(parts, groups, recipe, workers, quiet)
        return parts.assemble(
            table,
            experiment.views,
            provenance,
            overwrite=overwrite,
            download=MISSIONS[source.mission].SPEC.download_all(
                catalog, source.light_curves, source.reader
            ),
        )


def _prepare_missing(
    parts: Parts, groups: list[list[Star]], recipe: Recipe, workers: int | None, quiet: bool
) -> None:
    """Prepare the stars of all parts that are not finished yet, and write these parts."""
    waiting = [(number, group) for number, group in enumerate(groups) if not parts.has(number)]
    todo = [star for _, group in waiting for star in group]
    total = sum(map(len, groups))
    with progress_bar("preparing", "stars", total, done=total - len(todo), quiet=quiet) as advance:
        prepared = prepare_stars(recipe, todo, Processes(workers))
        for number, group in waiting:
            done = []
            for _ in group:
                done.append(next(prepared))
                advance(1)
            parts.add(number, done)


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
