"""Local mirror: a folder of light curves with MAST's folder layout."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from astronet.archives.faults import AbsentError, FaultError
from astronet.archives.streams import RemoteFile, Stream
from astronet.archives.targets import Cadence, Target
from astronet.errors import ArchiveError

_CHUNK = 1 << 20


class Mirror:
    """Archive in a folder, which may be on a network file system.

    Args:
        root: Folder of light curves.

    Raises:
        ArchiveError: The folder does not exist.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            what = (
                f"{root} is not a folder" if root.exists() else f"the folder {root} does not exist"
            )
            raise ArchiveError(
                f"{what}; choose mast, cloud, an existing folder or the URL of a mirror, which "
                "begins with http:// or https://",
                arguments=("source",),
            )
        self._root = root

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """Return the light-curve files of a star, sorted by name; see `Archive.list_files`."""
        name = target.file_names(cadence)
        folder = self._root / target.folder
        try:
            files = [
                RemoteFile(target, str(path), path.name, path.stat().st_size)
                for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
                if name.fullmatch(path.name) and path.is_file()
            ]
        except OSError as error:
            raise FaultError(f"{folder} cannot be listed ({error.strerror})") from None
        if not files:
            raise AbsentError(f"{folder} has no {cadence}-cadence light curves of {target}")
        return files

    def url_of(self, target: Target, name: str) -> str:
        """Return the path of a file; see `Archive.url_of`."""
        return str(self._root / target.folder / name)

    @contextmanager
    def open(self, url: str, start: int = 0, validator: str = "") -> Iterator[Stream]:
        """Open a file as a byte stream; see `Archive.open`."""
        path = Path(url)
        with ExitStack() as opened:
            try:
                content = opened.enter_context(path.open("rb"))
                status = path.stat()
            except OSError as error:
                raise FaultError(f"{url} cannot be read ({error.strerror})") from None
            version = f"{status.st_size}-{status.st_mtime_ns}"
            begin = start if validator == version else 0
            content.seek(begin)
            yield Stream(begin, status.st_size, version, _chunks(url, content))


def _chunks(url: str, content: BinaryIO) -> Iterator[bytes]:
    while True:
        try:
            chunk = content.read(_CHUNK)
        except OSError as error:  # for example, a network file system is no longer mounted
            raise FaultError(f"{url} cannot be read ({error.strerror})") from None
        if not chunk:
            return
        yield chunk
