"""Which stars to fetch: from a catalogue, from names, or a sample of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from astronet.archives.names import resolve
from astronet.archives.targets import Mission, Target
from astronet.catalogs import read_catalog
from astronet.errors import ArchiveError, CatalogError


def choose_targets(
    catalog: Path | None = None,
    labels: Sequence[str] = (),
    stars: Sequence[str] = (),
    sample: int | None = None,
    seed: int = 0,
    mission: Mission = "kepler",
) -> list[Target]:
    """The stars to fetch, each once, in the order of the catalogue or of `stars`.

    Args:
        catalog: A table of events or stars.
        labels: Keep the catalogue's rows with these labels only.
        stars: Names or numbers; with a catalogue, those of its stars.
        sample: Keep so many stars, drawn at random.
        seed: Of the draw.
        mission: Whose stars.

    Raises:
        ArchiveError: Nothing is asked for, or a name is not known.
        CatalogError: The catalogue cannot be read, or has no such label or star.
    """
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


def _stars_of(catalog: Path, labels: Sequence[str], mission: Mission) -> list[Target]:
    table = read_catalog(catalog, ("star",))
    known = sorted(set(table["label"]) - {""})
    if unknown := [label for label in labels if label not in known]:
        raise CatalogError(
            f"{catalog} has no label {unknown[0]!r}, only {', '.join(known) or 'none'}; "
            "correct --labels"
        )
    kept = table[table["label"].isin(list(labels))] if labels else table
    return [Target(int(star), mission) for star in kept["star"].unique()]
