"""Which stars to fetch: from a catalogue, from names, or a sample of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.archives.names import resolve
from astronet.archives.targets import Target, archive_of
from astronet.errors import ArchiveError, CatalogError
from astronet.missions import DEFAULT_MISSION
from astronet.missions.tables import (
    canonical,
    mission_of_column,
    mission_of_layout,
    read_table,
    recognised,
)


def choose_targets(
    catalog: Path | None = None,
    labels: Sequence[str] = (),
    stars: Sequence[str] = (),
    sample: int | None = None,
    seed: int = 0,
    mission: str = DEFAULT_MISSION,
) -> list[Target]:
    """The stars to fetch, each once, in the order of the catalogue or of `stars`.

    Args:
        catalog: A table of events or stars.
        labels: Keep the catalogue's rows with these labels only.
        stars: Names or numbers; with a catalogue, those of its stars.
        sample: Keep so many stars, drawn at random.
        seed: Of the draw.
        mission: Mission that observed the stars.

    Raises:
        ArchiveError: Nothing is asked for, the mission has no archive, or a name is not known.
        CatalogError: The catalogue cannot be read, has no such label or star, or lists another
            mission's stars.
    """
    archive_of(mission)
    if catalog is None and not stars:
        raise ArchiveError("nothing asked for; give --catalog (a table) or --stars")
    if catalog is None and labels:
        raise ArchiveError("--labels needs --catalog, the table that has them; add it")
    targets = [resolve(name, mission) for name in stars]
    if catalog is not None:
        listed = _stars_of(catalog, labels, mission)
        if absent := [target for target in targets if target not in set(listed)]:
            raise CatalogError(f"{catalog} has no {absent[0]} with these labels; check --stars")
        targets = targets or listed
    targets = list(dict.fromkeys(targets))
    if sample is not None and sample < len(targets):
        drawn = np.random.default_rng(seed).choice(len(targets), sample, replace=False)
        targets = [targets[k] for k in sorted(drawn)]
    return targets


def _stars_of(catalog: Path, labels: Sequence[str], mission: str) -> list[Target]:
    frame = read_table(catalog)
    _check_mission(catalog, frame, mission)
    try:
        table = canonical(frame, ("star",))
    except CatalogError as error:
        raise CatalogError(f"{catalog}: {error}") from None
    known = sorted(set(table["label"]) - {""})
    if unknown := [label for label in labels if label not in known]:
        raise CatalogError(
            f"{catalog} has no label {unknown[0]!r}, only {', '.join(known) or 'none'}; "
            "correct --labels"
        )
    kept = table[table["label"].isin(list(labels))] if labels else table
    return [Target(int(star), mission) for star in kept["star"].unique()]


def _check_mission(catalog: Path, frame: pd.DataFrame, mission: str) -> None:
    """Raise if the table lists another mission's stars, whose numbers look the same."""
    layout, found = recognised(frame)
    listed, kind = mission_of_layout(layout), layout.name
    if listed is None and "star" in found:
        column = found["star"]
        kind = f"table with column {column}"
        listed = mission_of_column(column)
    if listed not in (None, mission):
        raise CatalogError(
            f"{catalog} is a {kind}; set mission to {listed}", arguments=("mission",)
        )
