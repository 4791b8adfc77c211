"""K2 light curves (long and short cadence, campaigns 0 to 19) and tables of events."""

import re
from pathlib import Path

from pydantic import Field

from astronet.catalogs.layouts import Layout, bjd, hours, named, number, percent, text
from astronet.errors import ArchiveError, MissingFilesError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.files import (
    Content,
    ObservedFile,
    StarData,
    joined,
    matching,
    read_each,
    stars_in_files,
    without_copies,
)
from astronet.missions.listings import subfolders
from astronet.missions.products import parse_file
from astronet.missions.reader import PipelineReader
from astronet.missions.spec import ArchiveSpec, ArchiveTable, Cadence, MissionSpec
from astronet.missions.tables import read_catalog as read_catalog

DEFAULT_QUALITY = 1130799
"""Default of `drop_quality`: the bits for attitude tweak, safe mode, coarse point, Earth point,
desaturation, manual exclude, detector anomaly, no data and thruster firing (Kepler Archive Manual,
KDMC-10008, table 2-3). It equals lightkurve's `default` bitmask for Kepler and K2."""

_CAMPAIGN = re.compile(r"-c(\d{2,3})_")

_OTHERS = re.compile(r"hlsp_(k2sff|everest|k2sc|polar|k2varcat)_.*\.fits(\.gz)?")
"""Pattern of the names of light-curve files that other pipelines produced. They cannot be read by
this module because their columns and time keywords differ."""


class K2Reader(PipelineReader):
    """Reader options for K2 light curves."""

    flux: str = "PDCSAP_FLUX"
    """Name of the flux column. Unlike PDCSAP_FLUX, SAP_FLUX is not corrected for systematics, such
    as those caused by spacecraft roll."""

    drop_quality: int = Field(DEFAULT_QUALITY, ge=0)
    """Bitmask of quality flags; points with any of these bits in SAP_QUALITY are dropped."""

    cadence: Cadence = "long"
    """Cadence of the light curves: long (29.4 min, `_llc` files) or short (58.8 s, `_slc`)."""


_DEFAULT = K2Reader()

_STAR_COLUMNS = ("epic_hostname", "epic_name", "epic_candname")

LAYOUT = Layout(
    "table of K2 planets and candidates",
    {
        "star": named(*_STAR_COLUMNS),
        "period_days": (("pl_orbper", number),),
        "epoch_bkjd": (("pl_tranmid", bjd),),
        "duration_days": (("pl_trandur", hours),),
        "label": (("disposition", text),),
        "name": (("pl_name", text),),
        "depth_ppm": (("pl_trandep", percent),),
        "impact": (("pl_imppar", number),),
        "radius_earth": (("pl_rade", number),),
        "star_teff_k": (("st_teff", number),),
        "star_logg": (("st_logg", number),),
        "star_radius_sun": (("st_rad", number),),
    },
    "fetch the complete table with `astronet catalog fetch k2pandc`",
)

_ARCHIVE = ArchiveSpec(  # one file per campaign, or two if it was split (c91, c92)
    author="K2",
    stem=r"ktwo{star}-c(?P<campaign>\d{{2,3}})",
    endings={"long": "_llc.fits", "short": "_slc.fits"},
)

SPEC = MissionSpec(
    name="k2",
    title="K2",
    reader=K2Reader,
    catalog=Path("k2pandc"),
    light_curves=Path("data/raw/k2"),
    star_catalog="EPIC",
    digits=9,
    star_key="KEPLERID",
    part="campaign",
    part_key="CAMPAIGN",
    quality="SAP_QUALITY",
    prefixes=("EPIC", "KTWO"),
    star_columns=_STAR_COLUMNS,
    layouts=(LAYOUT,),
    tables={"k2pandc": ArchiveTable("K2 planets and candidates", LAYOUT)},
    archive=_ARCHIVE,
    places=(
        ("c*/{star:.4}00000/{star[4]}{star[5]}000/ktwo{star}-",),
        ("{star}/",),
        ("ktwo{star}-",),
    ),
)


def read_star(folder: str | Path, epic: int, reader: K2Reader = _DEFAULT) -> StarData:
    """Return a star's light curve and the provenance of the files from which it was read.

    The arguments and errors are the same as for `read_light_curve`.
    """
    return joined(SPEC.number(epic), read_files(folder, epic, reader))


def read_light_curve(folder: str | Path, epic: int, reader: K2Reader = _DEFAULT) -> LightCurve:
    """Return a star's light curve, split into segments by file and at gaps longer than 0.75 d.

    Points are dropped if their time or flux is not finite, or if any of the bits in `drop_quality`
    is set in their quality flag. The halves of campaigns 9, 10 and 11 (c91 and c92, c101 and c102,
    c111 and c112) are in separate files. Times are in BKJD [d], and the flux [e-/s] is not
    normalised.

    Args:
        folder: Folder of light curves; see `list_files`.
        epic: EPIC number of the star.
        reader: Reader options.

    Raises:
        ArchiveError: The EPIC number is invalid, the folder does not exist or contains no file of
            the star, or a file is unreadable or corrupt, belongs to another star, lacks a required
            column or keyword, or has an unsupported time system or unit.
        LightCurveError: No points remain, or the times in a file decrease.

    Examples:
        >>> from astronet.missions import k2
        >>> curve = k2.read_light_curve("data/raw/k2", 201367065)
        >>> curve.star
        201367065
    """
    return read_star(folder, epic, reader).curve


def read_files(folder: str | Path, epic: int, reader: K2Reader = _DEFAULT) -> list[ObservedFile]:
    """Return the data of each light-curve file of a star, including quality flags and crowding.

    The files are in the order of `list_files`.

    Args:
        folder: Folder of light curves; see `list_files`.
        epic: EPIC number of the star.
        reader: Reader options.

    Raises:
        ArchiveError: See `read_light_curve`.
    """
    flux, drop = [reader.flux], reader.drop_quality

    def parse(file: Content) -> ObservedFile:
        campaign = int(_CAMPAIGN.findall(file.path.name)[0])
        return parse_file(
            file, int(epic), SPEC, flux, drop, part=campaign, centroid=reader.centroid
        )

    return read_each(list_files(folder, epic, reader), folder, parse)


def list_files(folder: str | Path, epic: int, reader: K2Reader = _DEFAULT) -> list[Path]:
    """Return the paths of a star's light-curve files in chronological order.

    There is one file per campaign, or per half of a campaign that was split. If a file is present
    both uncompressed and gzipped, only the path of the uncompressed file is returned.

    Args:
        folder: Folder with the MAST layout (for example `c1/201900000/12000/` for campaign 1 and
            EPIC 201912552), with a subfolder named after the EPIC number (nine digits), or with the
            files themselves.
        epic: EPIC number of the star.
        reader: Reader options; only `cadence` affects which files are returned.

    Raises:
        ArchiveError: The EPIC number is invalid, or the folder does not exist or contains no file
            of the star from the mission's pipeline at the requested cadence.
    """
    number, star = SPEC.number(epic), SPEC.padded(epic)
    folder = Path(folder)
    inner = f"{number // 100_000 * 100_000}/{number % 100_000 // 1000 * 1000:05d}"
    if not folder.is_dir():
        raise ArchiveError(
            f"{folder} is not a folder; give the folder that contains the files "
            f"ktwo{star}-c*_llc.fits, either directly or in c1/{inner}/"
        )
    name = re.compile(_ARCHIVE.file_names(star, reader.cadence) + r"(\.gz)?")
    in_layout = [campaign / inner for campaign in subfolders(folder, "c")]
    flat = [folder / _ARCHIVE.folder_of(star), folder]
    for folders in (in_layout, *([each] for each in flat)):
        if found := matching(folders, name, star, folder):
            plain = without_copies(path for path, _ in found)
            return [path for _, path in sorted({_order(path): path for path in plain}.items())]
    raise MissingFilesError(
        f"there are no {reader.cadence}-cadence files of EPIC {number} in {folder}"
        f"{_other_pipelines([*in_layout, *flat], star, folder)}; download them",
        command=SPEC.download(number, cadence=reader.cadence, out=folder),
    )


def list_stars(folder: str | Path, reader: K2Reader = _DEFAULT) -> list[int]:
    """Return the EPIC numbers of all stars with light-curve files in a folder, in ascending order.

    Args:
        folder: Folder of light curves; its subfolders are searched as well.
        reader: Reader options; only `cadence` affects which files are found.

    Raises:
        ArchiveError: The folder does not exist.
    """
    star = rf"(?P<star>\d{{{SPEC.digits}}})"
    name = re.compile(_ARCHIVE.file_names(star, reader.cadence) + r"(\.gz)?")
    return stars_in_files(folder, name)


def _order(path: Path) -> float:
    """Return the sort key of a file: its campaign number.

    Half campaigns have a decimal: 9.1 for c91, 9.2 for c92.
    """
    campaign = _CAMPAIGN.findall(path.name)[0]
    halves = ("91", "92", "101", "102", "111", "112")
    return int(campaign[:-1]) + int(campaign[-1]) / 10 if campaign in halves else int(campaign)


def _other_pipelines(folders: list[Path], star: str, shared: Path) -> str:
    others = [path for path, _ in matching(folders, _OTHERS, star, shared) if star in path.name]
    if not others:
        return ""
    return f" ({others[0].name} is from another pipeline; read it with mission custom)"
