"""Specification of a mission: names, header keywords, files, archive and tables."""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from astronet.errors import ArchiveError, Command
from astronet.files.remote import Location, RemotePath

if TYPE_CHECKING:
    from astronet.catalogs.layouts import Layout
    from astronet.missions.reader import ReaderOptions

_NAME = r"(?=.*[A-Za-z])\w[\w .+-]*"
"""Pattern of text that can be the name of a star, such as "TrES-2"."""

Cadence = Literal["long", "short"]
"""Cadence of light curves; each mission defines its long and its short cadence."""


@dataclass(frozen=True, kw_only=True)
class ArchiveSpec:
    """Specification of the public archive of a mission's light curves.

    In `stem` and `folder`, {star} is replaced by the star number with leading zeros.

    Attributes:
        author: Value of the `author` argument of lightkurve's search.
        stem: Regular expression for the beginning of a star's file names, as a format string. Its
            groups `start` and `end` are the date at which the data start or end (year, day of the
            year, hours, minutes and seconds, UTC), and `campaign` or `sector` is a number.
        endings: Ending of the file names for each cadence.
        folder: Path of the folder that contains a star's files, as a format string. It is relative
            to the folder of light curves.
        tree: URL of a public directory tree with index pages; "" if there is none.
        bucket: Path prefix of the light curves in MAST's public cloud bucket; "" if the bucket does
            not contain them.
        least_files: Minimum number of long-cadence files of a star that was observed throughout the
            mission; 0 if there is no minimum.
    """

    author: str
    stem: str
    endings: Mapping[Cadence, str]
    folder: str = "{star}"
    tree: str = ""
    bucket: str = ""
    least_files: int = 0

    def folder_of(self, star: str) -> PurePosixPath:
        """Return the folder of a star's files, relative to the folder of light curves.

        Args:
            star: Star number with leading zeros.
        """
        return PurePosixPath(self.folder.format(star=star))

    def file_names(self, star: str, cadence: Cadence, infix: str = "") -> str:
        """Return a regular expression for the names of a star's uncompressed light-curve files.

        Args:
            star: Star number with leading zeros.
            cadence: Cadence of the files.
            infix: Text between the stem and the ending of each name.
        """
        return self.stem.format(star=star) + re.escape(infix + self.endings[cadence])


@dataclass(frozen=True)
class ArchiveTable:
    """Table of events in the NASA Exoplanet Archive.

    Attributes:
        title: Title of the table in messages.
        layout: Layout of the table's columns.
        without: Canonical columns of the layout that this table lacks.
        key: Columns whose values together identify a row; empty if an event can have several rows.
    """

    title: str
    layout: "Layout"
    without: tuple[str, ...] = ()
    key: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Canonical columns that the table must contain."""
        return tuple(ours for ours in self.layout.columns if ours not in self.without)


@dataclass(frozen=True, kw_only=True)
class MissionSpec:
    """Specification of a mission: all mission-specific values that other packages use.

    Attributes:
        name: Name of the mission in configs and on the command line, and name of its module.
        title: Name of the mission in messages and in searches of MAST.
        reader: Class of the reader options.
        catalog: Default table of events: a path, or a name in `tables`.
        light_curves: Default folder of the light curves.
        star_catalog: Catalogue that defines the star numbers (KIC, EPIC or TIC).
        digits: Number of digits of a star number in file names.
        leading_zeros: Number of these digits that are always zero.
        star_key: Header keyword of the star number.
        part: Word for an observing interval of the mission (quarter, campaign or sector).
        part_key: Header keyword of the quarter, campaign or sector number.
        quality: Name of the quality-flag column.
        prefixes: Prefixes of star numbers in target names, for example ("KIC", "KPLR").
        star_columns: Names of the star columns in the mission's tables, in lower case.
        layouts: Layouts of the mission's tables of events.
        tables: Tables of events in the NASA Exoplanet Archive, by table name.
        archive: Specification of the public archive; None if the light curves cannot be downloaded.
        named_stars: Whether stars can have names instead of numbers.
        single_file: Whether the path of one file can replace the folder of light curves.
        places: Beginnings of the paths of a star's files in a remote folder, as format strings, in
            groups in order of preference; see `astronet.missions.remote_files.places_of`. {star} is
            the number with leading zeros or the name, {number} the number without them, and {quads}
            the digits in groups of four, separated by slashes.
    """

    name: str
    title: str
    reader: "type[ReaderOptions]"
    catalog: Path
    light_curves: Path
    star_catalog: str = ""
    digits: int = 0
    leading_zeros: int = 0
    star_key: str = ""
    part: str = ""
    part_key: str = ""
    quality: str = ""
    prefixes: tuple[str, ...] = ()
    star_columns: tuple[str, ...] = ()
    layouts: "tuple[Layout, ...]" = ()
    tables: Mapping[str, ArchiveTable] = field(default_factory=dict)
    archive: ArchiveSpec | None = None
    named_stars: bool = False
    single_file: bool = False
    places: tuple[tuple[str, ...], ...] = (("{star}/",),)

    @property
    def significant_digits(self) -> int:
        """Maximum number of digits of a star number, without leading zeros."""
        return self.digits - self.leading_zeros

    def number(self, star: int | str) -> int:
        """Check a star number, and return it as an `int`.

        Strings are rejected, because star numbers become parts of paths and a string could lead to
        another folder.

        Raises:
            ArchiveError: The star number is not an integer, is negative or has too many digits.
        """
        try:
            number = operator.index(star)  # type: ignore[arg-type]
        except TypeError:
            number = -1
        if not 0 <= number < 10**self.digits:
            raise self._invalid(star)
        return number

    def _invalid(self, star: int | str) -> ArchiveError:
        """Return the error for an invalid star number, with a command if it may be a name."""
        message = (
            f"{star!r} is not a valid {self.star_catalog} number; give a whole number of up to "
            f"{self.digits} digits"
        )
        if not isinstance(star, str) or not re.fullmatch(_NAME, star) or self.archive is None:
            return ArchiveError(message)
        return ArchiveError(
            f"{message}; if this is a name, download the light curves by name, which prints the "
            "number",
            command=self.download(star),
        )

    def padded(self, star: int | str) -> str:
        """Return the star number with leading zeros, as in file names.

        Raises:
            ArchiveError: The star number is not an integer, is negative or has too many digits.
        """
        return f"{self.number(star):0{self.digits}d}"

    def download(self, star: int | str, **options: object) -> Command:
        """Return the command that downloads a star's files.

        Args:
            star: Number or name of the star.
            options: Values of further options of the command, such as `cadence`, by name.
        """
        return Command("download", {"stars": star, "mission": self.name, **options})

    def download_all(
        self, table: Path, folder: Location, reader: "ReaderOptions"
    ) -> Command | None:
        """Return the command that downloads the files of all stars in a table of events.

        The result is None if the mission has no archive, or the folder is remote.

        Args:
            table: Path of the table.
            folder: Folder of light curves.
            reader: Reader options, of which only `cadence` matters.
        """
        if self.archive is None or isinstance(folder, RemotePath):
            return None
        options: dict[str, object] = {"catalog": table, "mission": self.name}
        cadence = getattr(reader, "cadence", "long")
        options |= {} if cadence == "long" else {"cadence": cadence}
        return Command("download", options | {"out": folder})
