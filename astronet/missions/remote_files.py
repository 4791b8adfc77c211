"""Temporary local copies of a star's light-curve files in an object store or on a web server."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from astronet.errors import ArchiveError, AstronetError, MissingFilesError
from astronet.files.provenance import SourceFile
from astronet.files.remote import RemotePath
from astronet.files.remote_access import Found, address, fetch, list_files
from astronet.missions import MISSIONS
from astronet.missions.files import StarData
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import MissionSpec

_logger = logging.getLogger("astronet")

_LISTINGS = 16
"""Maximum number of folders that are listed at the same time."""


def read_remote_star(
    mission: str, remote: RemotePath, star: Any, reader: ReaderOptions
) -> StarData:
    """Return a star's light curve, and the provenance of its files, from a remote folder.

    The files are copied to a temporary folder, which is deleted afterwards. In messages and in the
    provenance, its path is replaced by the URL.

    Args:
        mission: Name of the mission.
        remote: Folder of light curves or, for mission custom and a single star, the star's file.
        star: Number or name of the star.
        reader: Options of the mission's reader.

    Raises:
        MissingFilesError: There are no files of the star.
        ArchiveError: The server cannot be reached or denies access, a file is too large, corrupt or
            belongs to another star, or a name in a listing leads to another folder.
        LightCurveError: No points remain, or the times in a file decrease.
    """
    with (
        TemporaryDirectory(prefix="astronet-", ignore_cleanup_errors=True) as temporary,
        _renamed(temporary, remote),
    ):
        folder = Path(temporary)
        if MISSIONS[mission].SPEC.single_file and remote.is_file():
            folder = _copied_file(folder, remote)
        else:
            _copy_files(folder, mission, remote, star, reader)
        data = MISSIONS[mission].read_star(folder, star, reader)
        sources = tuple(_with_url(one, temporary, remote) for one in data.sources)
        return replace(data, sources=sources)


def _copied_file(folder: Path, remote: RemotePath) -> Path:
    """Copy a single file to a folder, and return the path of the copy."""
    path = folder / remote.name
    if path.parent != folder or path == folder:
        raise ArchiveError(f"{remote} is not the URL of a file; correct it")
    fetch(remote.url, {path: Found(remote.name, address(remote.url), False, None)})
    return path


def _copy_files(
    folder: Path, mission: str, remote: RemotePath, star: Any, reader: ReaderOptions
) -> None:
    """Copy a star's files to the same places in a local folder, which must be empty.

    Empty files with the names in the listings are created first, so that the mission's `list_files`
    selects the files to copy.

    Raises:
        MissingFilesError: There are no files of the star.
    """
    list_local, spec = MISSIONS[mission].list_files, MISSIONS[mission].SPEC
    with suppress(MissingFilesError):  # other errors: the star's number or name is invalid
        list_local(folder, star, reader)
    for places in places_of(spec, star):
        found = {folder / one.path: one for one in _listed(remote.url, places)}
        for path in found:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        try:
            wanted = list_local(folder, star, reader)
        except MissingFilesError:
            continue
        fetch(remote.url, {path: found[path] for path in wanted})
        return
    tried = chain.from_iterable(places_of(spec, star))
    raise MissingFilesError(
        f"there are no light curves of {spec.star_catalog or 'star'} {star} in {remote} that the "
        f"reader options select ({', '.join(f'{place}*' for place in tried)}); check the URL, and "
        "that the files are in one of these places",
        arguments=("data",),
    )


def places_of(spec: MissionSpec, star: int | str) -> list[tuple[str, ...]]:
    """Return the beginnings of the paths of a star's files, in order of preference.

    Args:
        spec: Specification of the mission.
        star: Number or name of the star.

    Returns:
        Groups of beginnings; the files of a group belong together. A component can be a pattern
        with `*`.
    """
    if spec.named_stars:
        return [tuple(one.format(star=star) for one in group) for group in spec.places]
    padded = spec.padded(star)
    quads = "/".join(padded[k : k + 4] for k in range(0, len(padded), 4))
    names = {"star": padded, "number": spec.number(star), "quads": quads}
    return [tuple(one.format(**names) for one in group) for group in spec.places]


def _listed(url: str, places: tuple[str, ...]) -> list[Found]:
    """Return the files whose paths begin with one of some places."""
    with ThreadPoolExecutor(_LISTINGS) as pool:
        beginnings = list(chain.from_iterable(pool.map(partial(_beginnings, url), places)))
        listings = list(pool.map(partial(list_files, url), beginnings))
    return [one for found in listings for one in found or () if not one.folder]


def _beginnings(url: str, place: str) -> list[str]:
    """Return the beginnings that match a place with a pattern; only folders are listed."""
    before, star, rest = place.partition("*")
    if not star:
        return [place]
    after, _, inner = rest.partition("/")
    folders = [one.path for one in list_files(url, before) or () if one.folder]
    return [f"{path}/{inner}" for path in folders if fnmatchcase(path, f"{before}*{after}")]


def _with_url(source: SourceFile, local: str, remote: RemotePath) -> SourceFile:
    """Return the provenance of a file with the URL instead of the temporary path."""
    inside = source.path.startswith(local)
    return source._replace(path=str(remote)) if inside else source


@contextmanager
def _renamed(local: str, remote: RemotePath) -> Iterator[None]:
    """Replace a temporary path by a URL in errors and log messages of the `with` block.

    Commands that download files to the temporary path are removed from errors.
    """

    def rename(record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().replace(local, str(remote)), ()
        return True

    _logger.addFilter(rename)
    try:
        yield
    except AstronetError as error:
        error.args = (str(error).replace(local, str(remote)),)
        error.command = None
        error.sources = tuple(_with_url(one, local, remote) for one in error.sources)
        raise
    finally:
        _logger.removeFilter(rename)
