"""Files that are already in the folder of light curves: validation and quarantine."""

from dataclasses import dataclass, field
from pathlib import Path

from astronet.archives.fetching import check, discard_part
from astronet.archives.manifest import Manifest, Record
from astronet.archives.outcomes import Verified
from astronet.archives.streams import RemoteFile
from astronet.archives.targets import Cadence, Target
from astronet.errors import ArchiveError
from astronet.files.atomic import move
from astronet.missions.archive_files import CheckedFile

QUARANTINE = "quarantine"
"""Name of the folder for files that are damaged or belong to another star."""


@dataclass(frozen=True)
class Survey:
    """Files of one star in the folder.

    Attributes:
        valid: Number of valid files.
        records: Records of valid files that were not in the manifest.
        verified: Numbers of files whose data were verified.
        reasons: Reasons why other files are invalid.
    """

    valid: int
    records: tuple[Record, ...]
    verified: Verified
    reasons: tuple[str, ...]


@dataclass
class LocalFiles:
    """Files in a folder of light curves.

    Attributes:
        folder: Folder of light curves.
        manifest: Records of the files in the folder.
        cadence: Cadence of the files.
        writable: Whether invalid files are moved to the quarantine folder.
        quarantined: New paths of the files that were moved.
    """

    folder: Path
    manifest: Manifest
    cadence: Cadence
    writable: bool = True
    quarantined: list[Path] = field(default_factory=list)

    def survey(self, target: Target, *, data: bool) -> Survey:
        """Check all of a star's files in the folder, and quarantine the invalid ones.

        Args:
            target: Star to which the files belong.
            data: Whether to read the data of the files as well as their headers.
        """
        records, verified, reasons, valid = [], Verified(), [], 0
        for path in self._paths(target):
            try:
                checked = target.check(path, data=data)
                if data:
                    verified += self._agreement(path, checked)
            except ArchiveError as error:
                reasons.append(str(error))
                self._quarantine(path)
                continue
            valid += 1
            name = path.relative_to(self.folder).as_posix()
            if data and self.manifest.agrees(name, checked.sha256) is None:
                records.append(Record(target.number, name, "", checked.size, checked.sha256))
        return Survey(valid, tuple(records), verified, tuple(reasons))

    def has(self, file: RemoteFile) -> tuple[Record | None, Verified] | None:
        """Check the data of one file in the folder, and quarantine it if it is invalid.

        Args:
            file: Entry of the file in the archive's listing.

        Returns:
            Record of the file if the manifest has none, and how its data were verified; None if
            the file is not in the folder or is invalid.

        Raises:
            ArchiveError: The file is missing or invalid, and the folder is not writable.
        """
        path = self.folder / file.path
        if not path.exists():
            if not self.writable:
                raise ArchiveError(
                    f"{path} is missing, and its folder is not writable; make the folder writable, "
                    "or choose another folder"
                )
            return None
        try:
            checked = check(path, file)
            verified = self._agreement(path, checked)
        except ArchiveError:
            if not self.writable:
                raise
            self._quarantine(path)
            return None
        if self.writable:
            discard_part(path)
        if verified.hashes:
            return None, verified
        name = str(file.path)
        record = Record(file.target.number, name, file.url, checked.size, checked.sha256)
        return record, verified

    def unlisted(self, target: Target, names: set[str]) -> list[Path]:
        """Return a star's files in the folder that are not in the archive's listing.

        Args:
            target: Star to which the files belong.
            names: Names of the files in the archive's listing.
        """
        return [path for path in self._paths(target) if path.name not in names]

    def _paths(self, target: Target) -> list[Path]:
        name, folder = target.file_names(self.cadence), self.folder / target.folder
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(path for path in found if name.fullmatch(path.name))

    def _agreement(self, path: Path, checked: CheckedFile) -> Verified:
        """Return how the data of a file were verified; raise an error if its hash has changed.

        Raises:
            ArchiveError: The file differs from the one that was downloaded.
        """
        agrees = self.manifest.agrees(path.relative_to(self.folder).as_posix(), checked.sha256)
        if agrees is None:
            return Verified(checksums=int(checked.checksums), neither=int(not checked.checksums))
        if not agrees:
            raise ArchiveError(
                f"{path} is damaged (its SHA-256 hash differs from the one in manifest.jsonl); "
                "download the file again"
            )
        return Verified(hashes=1)

    def _quarantine(self, path: Path) -> None:
        if not self.writable:
            return
        destination = self.folder / QUARANTINE / path.relative_to(self.folder)
        destination.parent.mkdir(parents=True, exist_ok=True)
        while destination.exists():
            destination = destination.with_name(destination.name + ".again")
        move(path, destination)
        self.quarantined.append(destination)
