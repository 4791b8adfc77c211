"""Stars of a training set, as hashes that are shipped with the weights.

A hash is the first eight bytes of the SHA-256 hash of the catalogue and the number of a star, for
example "KIC 11446443". Names of custom stars are hashed in the same way, and cannot be read back.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronet.errors import RunError
from astronet.files.arrays import read_array
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
    digests = [sha256(f"{_catalog(mission)} {star}".encode())[:16] for star in stars]
    return np.array([int(digest, 16) for digest in digests], np.uint64)


def _catalog(mission: str) -> str:
    return MISSIONS[mission].SPEC.star_catalog or mission


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
    hashes = read_array(path)
    if hashes is None or hashes.ndim != 1 or hashes.dtype != np.uint64:
        raise RunError(f"{path} is corrupt; restore it, or train again")
    return hashes


def seen(
    known: Sequence[tuple[StarHashes | None, str]], mission: str, stars: Sequence[int | str]
) -> list[bool | None]:
    """Return whether each star [n] is in any of several training sets; None if this is unknown.

    It is unknown if the stars of a training set are unknown, or are numbers of another catalogue,
    for example KIC instead of TIC numbers.

    Args:
        known: For each training set, the hashes of its stars, or None if they are unknown, and the
            mission that observed them.
        mission: Name of the mission, whose catalogue defines the star numbers.
        stars: Numbers or names of the stars.
    """
    hashes = star_hashes(mission, stars)
    found, unknown = np.zeros(len(hashes), np.bool_), False
    for trained, trained_on in known:
        if trained is None or _catalog(trained_on) != _catalog(mission):
            unknown = True
        else:
            found |= np.isin(hashes, trained)
    return [True if one else (None if unknown else False) for one in found.tolist()]
