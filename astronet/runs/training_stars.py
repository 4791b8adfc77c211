"""Stars of a training set, as hashes that are shipped with the weights.

A hash is the first eight bytes of the SHA-256 hash of the catalogue and the number of a star, for
example "KIC 11446443". Names of custom stars are hashed in the same way, and cannot be read back.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronet.errors import RunError
from astronet.files.atomic import replacing
from astronet.files.checksums import sha256
from astronet.missions import MISSIONS

StarHashes = NDArray[np.uint64]
"""Hashes of stars [n], in ascending order."""


def star_hashes(mission: str, stars: Iterable[int | str]) -> StarHashes:
    """Return the hash of each star [n], in the order of the stars.

    Args:
        mission: Name of the mission, whose catalogue defines the star numbers.
        stars: Numbers or names of the stars.
    """
    catalog = MISSIONS[mission].SPEC.star_catalog or mission
    digests = [sha256(f"{catalog} {star}".encode())[:16] for star in stars]
    return np.array([int(digest, 16) for digest in digests], np.uint64)


def write_training_stars(path: Path, mission: str, stars: Iterable[int | str]) -> None:
    """Write the hashes of the stars of a training set to a .npy file.

    Args:
        path: Path of the file.
        mission: Name of the mission, whose catalogue defines the star numbers.
        stars: Numbers or names of the stars; repeated stars are written once.
    """
    with replacing(path) as part, part.open("wb") as file:
        np.save(file, np.unique(star_hashes(mission, set(stars))))


def read_training_stars(path: Path) -> StarHashes | None:
    """Return the hashes in a file; None if there is no file, because older runs have none.

    Raises:
        RunError: The file is corrupt.
    """
    if not path.exists():
        return None
    try:
        hashes: StarHashes = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError):
        hashes = np.empty((0, 0), np.uint64)
    if hashes.ndim != 1 or hashes.dtype != np.uint64:
        raise RunError(f"{path} is corrupt; restore it, or train again")
    return hashes


def seen(
    known: Sequence[StarHashes | None], mission: str, stars: Sequence[int | str]
) -> list[bool | None]:
    """Return whether each star [n] is in any of several training sets; None if this is unknown.

    Args:
        known: Hashes of the stars of each training set; None if they are unknown.
        mission: Name of the mission, whose catalogue defines the star numbers.
        stars: Numbers or names of the stars.
    """
    hashes = star_hashes(mission, stars)
    found = np.zeros(len(hashes), np.bool_)
    for trained in known:
        if trained is not None:
            found |= np.isin(hashes, trained)
    unknown = any(trained is None for trained in known)
    return [True if one else (None if unknown else False) for one in found.tolist()]
