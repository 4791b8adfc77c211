"""Light curves that are read as those of the wrong mission."""

from pathlib import Path
from typing import Any

from astronet.errors import ArchiveError, MissingFilesError
from astronet.files.remote import Location, RemotePath
from astronet.missions import MISSIONS
from astronet.missions.files import StarData
from astronet.missions.reader import ReaderOptions
from astronet.missions.remote_files import read_remote_star


def read_star(mission: str, folder: Location, star: Any, reader: ReaderOptions) -> StarData:
    """Return a star's light curve, and the provenance of its files.

    Args:
        mission: Name of the mission.
        folder: Folder of light curves or, for mission custom and a single star, the star's file;
            see `astronet.missions.remote_files.read_remote_star` for remote ones.
        star: Number or name of the star.
        reader: Options of the mission's reader.

    Raises:
        MissingFilesError: There are no files of the star.
        ArchiveError: A file is corrupt or belongs to another star, or the only files with this
            number are those of another mission.
        LightCurveError: No points remain, or the times in a file decrease.
    """
    if isinstance(folder, RemotePath):
        return read_remote_star(mission, folder, star, reader)
    try:
        return MISSIONS[mission].read_star(folder, star, reader)
    except MissingFilesError:
        if (other := _mission_of_files(folder, star)) is None:
            raise
    spec = MISSIONS[other].SPEC
    raise ArchiveError(
        f"{folder} contains light curves of {spec.star_catalog} {star} (mission {other}), but none "
        f"for the mission {mission}; set mission to {other}",
        arguments=("mission",),
    )


def missions_in(folder: Path) -> list[str]:
    """Return the missions with light-curve files in a folder or its subfolders, except custom."""
    return [
        name
        for name, mission in MISSIONS.items()
        if not mission.SPEC.named_stars and mission.list_stars(folder, mission.SPEC.reader())
    ]


def _mission_of_files(folder: Path, star: Any) -> str | None:
    """Return the mission that has files of a star with this number in a folder, or None."""
    if not str(star).isdecimal() or not folder.is_dir():
        return None
    for name, mission in MISSIONS.items():
        if mission.SPEC.named_stars:
            continue
        try:
            if mission.list_files(folder, int(star), mission.SPEC.reader()):
                return name
        except ArchiveError:  # no files, or too many digits
            continue
    return None
