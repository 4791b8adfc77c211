"""Outputs that are written to a local folder and then uploaded to an object store."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from astronet.errors import AstronetError, RunError
from astronet.files.remote import Location, RemotePath
from astronet.files.remote_access import address, filesystem, kind_of
from astronet.files.remote_errors import WEB, explained


@dataclass(frozen=True)
class Output:
    """Output of a command: a local path, and possibly the URL to which it is uploaded.

    Attributes:
        path: Local path of the main file.
        remote: URL of the main file; None if it is not uploaded.
    """

    path: Path
    remote: RemotePath | None = None

    def shown(self, file: Path) -> str:
        """Return the path, or the URL after the upload, of one of the files of the output."""
        return str(file if self.remote is None else self.remote.sibling(file.name))


@contextmanager
def uploading(
    out: Location, files_of: Callable[[Path], Sequence[Path]], *, overwrite: bool
) -> Iterator[Output]:
    """Yield the local path of an output, whose files are uploaded if the `with` block succeeds.

    If `out` is a URL, the local files and the parts of an unfinished result are in the folder
    `<name>.upload` of the working folder, which is deleted after the upload. An object appears in
    the store when it is complete; the last of the files is uploaded last. If the upload fails, the
    local files are kept.

    Args:
        out: Path or URL of the main file.
        files_of: Function that returns the paths of all files of the output from that of the main
            file. A file that the block does not write is not uploaded; with `overwrite`, an
            existing object with its name is deleted.
        overwrite: Whether to replace existing objects.

    Raises:
        RunError: The URL cannot be written, an object exists and `overwrite` is False, or the
            upload failed.
        ConfigError: The package for the scheme is not installed.
    """
    if not isinstance(out, RemotePath):
        yield Output(out)
        return
    folder = Path(f"{out.name}.upload")
    output = Output(folder / out.name, out)
    _check_store(out)
    remotes = [out.sibling(path.name) for path in files_of(output.path)]
    _check_new(remotes, overwrite)
    try:
        yield output
        files = files_of(output.path)
        if not output.path.exists():  # only a shard was computed
            return
        try:
            _check_new(remotes, overwrite)
            for path, remote in zip(files, remotes, strict=True):
                _upload(path, remote)
        except AstronetError as error:
            raise RunError(
                f"{error}; the finished files are kept in {folder}: copy them to "
                f"{out.sibling('')}, or delete them",
                arguments=error.arguments,
            ) from None
        for path in files:
            path.unlink(missing_ok=True)
    finally:
        with suppress(OSError):  # other files or parts are in the folder
            folder.rmdir()


def _check_store(out: RemotePath) -> None:
    """Raise an error unless the URL is that of an object in an existing bucket."""
    if out.scheme in WEB or not out.name:
        raise RunError(
            f"{out} cannot be written; give a local path, or the URL of an object, such as "
            "s3://bucket/folder/table.csv",
            arguments=("out",),
        )
    bucket = out.url[: out.url.index("/", len(f"{out.scheme}://"))]
    if not kind_of(bucket):
        raise RunError(f"the bucket {bucket} does not exist; correct it", arguments=("out",))


def _check_new(remotes: Sequence[RemotePath], overwrite: bool) -> None:
    """Raise an error if an object exists and must not be replaced, or access is denied."""
    for remote in remotes:
        if remote.is_file() and not overwrite:
            raise RunError(
                f"{remote} already exists; choose another path, or overwrite it",
                arguments=("out", "overwrite"),
            )


def _upload(path: Path, remote: RemotePath) -> None:
    """Upload a file; if there is no file, delete an object of this name."""
    with explained(remote.url, "written"):
        files = filesystem(remote.url)
        if path.exists():
            files.put_file(str(path), address(remote.url))
        elif remote.is_file():
            files.rm_file(address(remote.url))
