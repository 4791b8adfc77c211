"""Choose the stars to download: from a catalogue, by name or number, or at random."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from astronet.archives.names import resolve
from astronet.archives.targets import Target, archive_of
from astronet.errors import ArchiveError, CatalogError
from astronet.missions import DEFAULT_MISSION
from astronet.missions.tables import read_catalog


def choose_targets(
    catalog: Path | None = None,
    labels: Sequence[str] = (),
    stars: Sequence[str] = (),
    sample: int | None = None,
    seed: int = 0,
    mission: str = DEFAULT_MISSION,
) -> list[Target]:
    """Return the stars to download, without duplicates, in input order.

    Args:
        catalog: Path of a table of events or stars, or name of an archive table (see
            `astronet.missions.tables.find_catalog`); None means no table.
        labels: Labels of the table rows to keep; empty means all rows.
        stars: Names or catalogue numbers of stars; if a table is given, each star must occur in
            the rows that are kept. If `stars` is empty, all stars in these rows are chosen.
        sample: Number of stars to draw at random; None, or a number larger than the number of
            stars, means all stars.
        seed: Random seed of the sample.
        mission: Mission that observed the stars.

    Raises:
        ArchiveError: Neither a table nor stars are given, labels are given without a table, the
            mission is unknown or has no archive, a star number is invalid, or a name belongs to
            another mission or cannot be resolved.
        CatalogError: The table cannot be read, has no star column or has invalid values, lacks a
            requested label or star, or lists stars of another mission.
    """
    archive_of(mission)
    if catalog is None and not stars:
        raise ArchiveError(
            "no stars are given; give an event table, or names or catalogue numbers of stars",
            arguments=("catalog", "stars"),
        )
    if catalog is None and labels:
        raise ArchiveError(
            "labels are given without an event table that contains them; add the event table",
            arguments=("catalog",),
        )
    targets = [resolve(name, mission) for name in stars]
    if catalog is not None:
        listed = _stars_of(catalog, labels, mission)
        if absent := [target for target in targets if target not in set(listed)]:
            among = f" with label {' or '.join(labels)}" if labels else ""
            raise CatalogError(
                f"{catalog} has no row for {absent[0]}{among}; correct the list of stars, or "
                "choose another table",
                arguments=("stars", "catalog"),
            )
        targets = targets or listed
    targets = list(dict.fromkeys(targets))
    if sample is not None and sample < len(targets):
        chosen = np.random.default_rng(seed).choice(len(targets), sample, replace=False)
        targets = [targets[k] for k in sorted(chosen)]
    return targets


def _stars_of(catalog: Path, labels: Sequence[str], mission: str) -> list[Target]:
    table = read_catalog(catalog, ("star",), mission)
    known = sorted(set(table["label"]) - {""})
    if unknown := [label for label in labels if label not in known]:
        if not known:
            raise CatalogError(
                f"{catalog} has no labels; omit the labels, or choose another table",
                arguments=("labels", "catalog"),
            )
        raise CatalogError(
            f"{catalog} has no label {unknown[0]!r} (its labels are {', '.join(known)}); correct "
            "the labels",
            arguments=("labels",),
        )
    kept = table[table["label"].isin(list(labels))] if labels else table
    return [Target(int(star), mission) for star in kept["star"].unique()]
