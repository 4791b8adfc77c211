"""Kepler light curves (long and short cadence, Q0 to Q17) and tables of events."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from astronet.catalogs.layouts import (
    Layout,
    bjd,
    digits,
    hours,
    last_digits,
    named,
    number,
    text,
)
from astronet.errors import ArchiveError, MissingFilesError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.duplicates import without_duplicates
from astronet.missions.files import (
    Content,
    ObservedFile,
    StarData,
    join,
    matching,
    read_each,
    sources_known,
    stars_in_files,
    without_copies,
)
from astronet.missions.products import parse_file
from astronet.missions.reader import PipelineReader
from astronet.missions.scrambling import SCRAMBLES, scrambled
from astronet.missions.spec import ArchiveSpec, ArchiveTable, Cadence, MissionSpec
from astronet.missions.tables import read_catalog as read_catalog


class KeplerReader(PipelineReader):
    """Reader options for Kepler light curves; the defaults follow Shallue & Vanderburg 2018."""

    flux: str = "PDCSAP_FLUX"
    """Name of the flux column. Unlike PDCSAP_FLUX, SAP_FLUX is not corrected for systematics."""

    drop_quality: int = Field(0, ge=0)
    """Bitmask of quality flags; points with any of these bits in SAP_QUALITY are dropped. If it
    is 0, no points are dropped because of their quality flags."""

    cadence: Cadence = "long"
    """Cadence of the light curves: long (29.4 min, `_llc` files) or short (58.8 s, `_slc`)."""

    invert: bool = False
    """Whether to invert each file's fluxes about their median, so that transits become peaks."""

    scramble: Literal["SCR1", "SCR2", "SCR3"] | None = None
    """Name of a scrambled quarter order, which makes transits aperiodic (see `SCRAMBLES`); None
    means chronological order."""

    injected: Literal["inj1", "inj2", "inj3"] | None = None
    """Set of light curves with injected transits or eclipses; None means observed light curves."""


_DEFAULT = KeplerReader()

_STAR_COLUMNS = ("kepid", "star_id", "kic")

LAYOUTS = (
    Layout(
        "Kepler TCE table",
        {
            "star": named(*_STAR_COLUMNS),
            "number": (("tce_plnt_num", number),),
            "period_days": (("tce_period", number),),
            "epoch_bkjd": (("tce_time0bk", number), ("tce_time0", bjd)),
            "duration_days": (("tce_duration", hours),),
            "label": (("av_training_set", text),),
            "depth_ppm": (("tce_depth", number),),
            "snr": (("tce_model_snr", number),),
            "impact": (("tce_impact", number),),
            "radius_earth": (("tce_prad", number),),
            "star_teff_k": (("tce_steff", number),),
            "star_logg": (("tce_slogg", number),),
            "star_radius_sun": (("tce_sradius", number),),
        },
        "fetch the complete table with `astronet catalog fetch q1_q17_dr24_tce` (with labels) or "
        "`astronet catalog fetch q1_q17_dr25_tce` (without labels)",
    ),
    Layout(
        "KOI table",
        {
            "star": named(*_STAR_COLUMNS),
            "number": (("koi_tce_plnt_num", number),),
            "period_days": (("koi_period", number),),
            "epoch_bkjd": (("koi_time0bk", number), ("koi_time0", bjd)),
            "duration_days": (("koi_duration", hours),),
            "label": (("koi_disposition", text),),
            "name": (("kepoi_name", text),),
            "depth_ppm": (("koi_depth", number),),
            "snr": (("koi_model_snr", number),),
            "impact": (("koi_impact", number),),
            "radius_earth": (("koi_prad", number),),
            "star_teff_k": (("koi_steff", number),),
            "star_logg": (("koi_slogg", number),),
            "star_radius_sun": (("koi_srad", number),),
        },
        "fetch the complete table with `astronet catalog fetch cumulative`",
    ),
    Layout(
        "table of certified false positives",
        {
            "star": named(*_STAR_COLUMNS),
            "period_days": (("fpwg_koi_period", number),),
            "label": (("fpwg_disp_status", text),),
            "name": (("kepoi_name", text),),
        },
        "take the ephemerides from a KOI table, matched by kepoi_name",
    ),
    Layout(
        "Robovetter table",
        {
            "star": (("tce", digits),),
            "number": (("tce", last_digits),),
            "label": (("disposition", text),),
            "name": (("tce", text),),
        },
        "take the ephemerides from a TCE table, matched by star and number",
    ),
)

_ARCHIVE = ArchiveSpec(  # Kepler Archive Manual (KDMC-10008-006), file name syntax
    author="Kepler",
    stem=r"kplr{star}-(?P<end>\d{{13}})",
    endings={"long": "_llc.fits", "short": "_slc.fits"},
    folder="{star:.4}/{star}",
    tree="https://archive.stsci.edu/pub/kepler/lightcurves",
    bucket="kepler/public/lightcurves",
    # 18 quarters, without Q0, in which only some of the stars were observed, and without the four
    # quarters that stars on module 3 lost after its failure on 2010 January 9
    least_files=13,
)

_TCE = ("kepid", "tce_plnt_num")

SPEC = MissionSpec(
    name="kepler",
    title="Kepler",
    reader=KeplerReader,
    catalog=Path("q1_q17_dr24_tce"),
    light_curves=Path("data/raw/kepler"),
    star_catalog="KIC",
    digits=9,
    star_key="KEPLERID",
    part="quarter",
    part_key="QUARTER",
    quality="SAP_QUALITY",
    prefixes=("KIC", "KPLR"),
    star_columns=_STAR_COLUMNS,
    layouts=LAYOUTS,
    tables={
        "q1_q17_dr24_tce": ArchiveTable("Kepler DR24 TCEs", LAYOUTS[0], key=_TCE),
        "q1_q17_dr25_tce": ArchiveTable(
            "Kepler DR25 TCEs", LAYOUTS[0], without=("label",), key=_TCE
        ),
        "cumulative": ArchiveTable("Kepler KOIs, cumulative", LAYOUTS[1], key=("kepoi_name",)),
        "q1_q17_dr25_koi": ArchiveTable("Kepler DR25 KOIs", LAYOUTS[1], key=("kepoi_name",)),
    },
    archive=_ARCHIVE,
    places=(("{star:.4}/{star}/",), ("{star}/",), ("kplr{star}-",)),
)


def read_star(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> StarData:
    """Return a star's light curve and the provenance of all files that were read.

    These include empty and duplicate files. Arguments and errors are as for `read_light_curve`.
    """
    files = _read_all(folder, kepid, reader)
    sources = tuple(file.source for file in files)
    with sources_known(sources):
        quarters = without_duplicates(files)
        if reader.scramble:
            quarters = scrambled(quarters, SCRAMBLES[reader.scramble])
        if reader.invert:
            quarters = [_inverted(quarter) for quarter in quarters]
        return StarData(join(int(kepid), quarters), sources)


def read_light_curve(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> LightCurve:
    """Return a star's light curve, split into segments by file and at gaps longer than 0.75 d.

    Points are dropped if their time or flux is not finite, or if any of the bits in `drop_quality`
    is set in their quality flag. If files of the same quarter overlap in time, only the one from
    the newest data release is used. Times are in BKJD [d], and the flux [e-/s] is not normalised.

    Args:
        folder: Folder with the MAST layout (`0114/011446443/` for KIC 11446443), with a subfolder
            named after the KIC number (nine digits), or with the files themselves.
        kepid: KIC number of the star.
        reader: Reader options.

    Raises:
        ArchiveError: The KIC number is invalid, the folder does not exist or contains no suitable
            file of the star, or a file is unreadable or corrupt, belongs to another star, lacks a
            required column or keyword, or has an unsupported time system or unit.
        LightCurveError: No points remain, or the times in a file decrease.

    Examples:
        >>> from astronet.missions import kepler
        >>> curve = kepler.read_light_curve("data/raw/kepler", 11446443)
        >>> options = kepler.KeplerReader(invert=True)
        >>> inverted = kepler.read_light_curve("data/raw/kepler", 11446443, options)
        >>> len(inverted) == len(curve)
        True
    """
    return read_star(folder, kepid, reader).curve


def read_files(
    folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT
) -> list[ObservedFile]:
    """Return the data of each light-curve file of a star, including quality flags and crowding.

    The files are in chronological order; empty and duplicate files are omitted. The reader options
    `invert` and `scramble` are ignored. The arguments, and the reasons for an `ArchiveError`, are
    the same as for `read_light_curve`.
    """
    return without_duplicates(_read_all(folder, kepid, reader))


def list_files(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> list[Path]:
    """Return the paths of a star's light-curve files, sorted by the timestamp in the file name.

    If a file is present both uncompressed and gzipped, only the path of the uncompressed file is
    returned. The arguments are the same as for `read_light_curve`; of the reader options, only
    `cadence` and `injected` affect which files are returned.

    Raises:
        ArchiveError: The KIC number is invalid, or the folder does not exist or contains no file of
            the star with the requested `cadence` and `injected`.
    """
    star = SPEC.padded(kepid)
    folder = Path(folder)
    if not folder.is_dir():
        raise ArchiveError(
            f"{folder} is not a folder; give the folder that contains the files kplr{star}-*.fits, "
            f"either directly or in {_ARCHIVE.folder_of(star)}/"
        )
    name = _file_names(star, reader)
    folders = (folder / _ARCHIVE.folder_of(star), folder / star, folder)
    for each in folders:
        if files := matching([each], name, star, folder):
            return without_copies(path for path, _ in files)
    kind = f"{reader.injected} {reader.cadence}" if reader.injected else reader.cadence
    missing = f"there are no {kind}-cadence files of KIC {kepid} in {folder}"
    if reader.injected:  # they are in another archive, in large tar files
        raise MissingFilesError(f"{missing}; give the folder that contains them")
    command = SPEC.download(kepid, cadence=reader.cadence, out=folder)
    raise MissingFilesError(f"{missing}; download them", command=command)


def list_stars(folder: str | Path, reader: KeplerReader = _DEFAULT) -> list[int]:
    """Return the KIC numbers of all stars with light-curve files in a folder, in ascending order.

    Args:
        folder: Folder of light curves; its subfolders are searched as well.
        reader: Reader options; only `cadence` and `injected` affect which files are found.

    Raises:
        ArchiveError: The folder does not exist.
    """
    return stars_in_files(folder, _file_names(rf"(?P<star>\d{{{SPEC.digits}}})", reader))


def _file_names(star: str, reader: KeplerReader) -> re.Pattern[str]:
    """Return the pattern of a star's file names; `star` is its number or a pattern of it."""
    infix = f"_INJECTED-{reader.injected}" if reader.injected else ""
    return re.compile(_ARCHIVE.file_names(star, reader.cadence, infix) + r"(\.gz)?")


def _read_all(folder: str | Path, kepid: int, reader: KeplerReader) -> list[ObservedFile]:
    """Return the data of all of a star's files, including empty and duplicate files."""
    extension = "INJECTED LIGHTCURVE" if reader.injected else "LIGHTCURVE"

    def parse(file: Content) -> ObservedFile:
        flux, drop = [reader.flux], reader.drop_quality
        return parse_file(
            file, int(kepid), SPEC, flux, drop, extension=extension, centroid=reader.centroid
        )

    return read_each(list_files(folder, kepid, reader), folder, parse)


def _inverted(file: ObservedFile) -> ObservedFile:
    """Return the data of a file with the fluxes inverted about the median of the valid points."""
    valid = file.flux[np.isfinite(file.time) & np.isfinite(file.flux)]
    return replace(file, flux=2 * np.median(valid) - file.flux) if len(valid) else file
