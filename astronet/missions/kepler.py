"""Kepler's light curves and tables (long and short cadence, Q0 to Q17)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from astronet.catalogs.layouts import (
    TAP,
    Layout,
    bjd,
    digits,
    hours,
    last_digits,
    named,
    number,
    text,
)
from astronet.errors import ArchiveError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.files import (
    Content,
    ObservedFile,
    StarData,
    join,
    matching,
    parse_file,
    read_each,
    sources_known,
    without_copies,
)
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import ArchiveSpec, ArchiveTable, MissionSpec
from astronet.missions.tables import read_catalog as read_catalog

SCRAMBLES = {
    "SCR1": (0, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4, 17),
    "SCR2": (0, 1, 2, 3, 4, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 17),
    "SCR3": (0, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 17),
}
"""Orders of quarters in which no planet stays periodic (Coughlin 2017, KSCI-19114)."""


class KeplerReader(ReaderOptions):
    """Options of the reader; the defaults are S&V 2018's."""

    flux: str = "PDCSAP_FLUX"
    """The flux column; SAP_FLUX is the one before the systematics are removed."""

    drop_quality: int = Field(0, ge=0)
    """Points with any of these SAP_QUALITY bits are dropped; none by default, as the original."""

    cadence: Literal["long", "short"] = "long"
    """29.4 min (`_llc` files) or 58.8 s (`_slc`)."""

    invert: bool = False
    """Whether the flux of each file is mirrored at its median, so that no dip is a planet's."""

    scramble: Literal["SCR1", "SCR2", "SCR3"] | None = None
    """Whether the quarters change places, so that no dip stays periodic."""

    injected: Literal["inj1", "inj2", "inj3"] | None = None
    """Which of the files with a simulated transit to read."""


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
        f"ask the archive for every column (`select * from q1_q17_dr25_tce` at {TAP})",
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
        f"ask the archive for every column (`select * from cumulative` at {TAP})",
    ),
    Layout(
        "table of certified false positives",
        {
            "star": named(*_STAR_COLUMNS),
            "period_days": (("fpwg_koi_period", number),),
            "label": (("fpwg_disp_status", text),),
            "name": (("kepoi_name", text),),
        },
        "it lists dispositions only: take the ephemerides from a KOI table, by kepoi_name",
    ),
    Layout(
        "Robovetter output",
        {
            "star": (("tce", digits),),
            "number": (("tce", last_digits),),
            "label": (("disposition", text),),
            "name": (("tce", text),),
        },
        "it lists dispositions only: take the ephemerides from the TCE table, by star and number",
    ),
)

SPEC = MissionSpec(
    name="kepler",
    title="Kepler",
    reader=KeplerReader,
    catalog=Path("data/catalogs/q1_q17_dr24_tce.csv"),
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
        "q1_q17_dr24_tce": ArchiveTable("Kepler DR24 TCEs", LAYOUTS[0]),
        "q1_q17_dr25_tce": ArchiveTable("Kepler DR25 TCEs", LAYOUTS[0], without=("label",)),
        "cumulative": ArchiveTable("Kepler KOIs, cumulative", LAYOUTS[1]),
        "q1_q17_dr25_koi": ArchiveTable("Kepler DR25 KOIs", LAYOUTS[1]),
    },
    archive=ArchiveSpec(  # Kepler Archive Manual (KDMC-10008-006), file name syntax
        author="Kepler",
        stem=r"kplr{star}-\d{{13}}",
        endings={"long": "_llc.fits", "short": "_slc.fits"},
        folder="{star:.4}/{star}",
        tree="https://archive.stsci.edu/pub/kepler/lightcurves",
        bucket="kepler/public/lightcurves",
    ),
)


def read_star(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> StarData:
    """Read one star's light curve, with the provenance of its files; see `read_light_curve`."""
    files = _read_all(folder, kepid, reader)
    sources = tuple(file.source for file in files)
    with sources_known(sources):
        quarters = _once(files)
        if reader.scramble:
            quarters = _scrambled(quarters, SCRAMBLES[reader.scramble])
        pieces = [_finite(q.time, q.flux, reader.invert) for q in quarters]
        return StarData(join(int(kepid), pieces), sources)


def read_light_curve(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> LightCurve:
    """Read one star's light curve; each file is a segment, split again at gaps longer than 0.75 d.

    Points whose time or flux is not finite are dropped, and no others unless `drop_quality` says
    so. Fluxes keep the level of their quarter [e-/s].

    Args:
        folder: Laid out as MAST's: `<kkkk>/<kepid 9 digits>/`; `<kepid 9 digits>/`, or the files
            themselves, are found too.
        kepid: The star's KIC number.
        reader: Options of the reader.

    Raises:
        ArchiveError: There are no files, or one is cut short, another star's or without the
            flux column.
        LightCurveError: No point is finite.
    """
    return read_star(folder, kepid, reader).curve


def read_files(
    folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT
) -> list[ObservedFile]:
    """Read the star's quarters one by one, as observed, with quality flags and crowding.

    Neither `invert` nor `scramble` changes them; for the rest see `read_light_curve`.
    """
    return _once(_read_all(folder, kepid, reader))


def list_files(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> list[Path]:
    """List the star's files in the order of their time stamps, without gzipped copies.

    Raises:
        ArchiveError: The folder is not there, or holds no file of the star.
    """
    star = SPEC.padded(kepid)
    folder = Path(folder)
    if not folder.is_dir():
        raise ArchiveError(
            f"there is no folder {folder}; "
            f"give the one that holds {star[:4]}/{star}/kplr{star}-*.fits"
        )
    infix = f"_INJECTED-{reader.injected}" if reader.injected else ""
    name = re.compile(rf"kplr{star}-\d{{13}}{infix}_{reader.cadence[0]}lc\.fits(\.gz)?")
    places = (folder / star[:4] / star, folder / star, folder)
    for place in places:
        if files := matching([place], name):
            return without_copies(path for path, _ in files)
    missing = f"no {reader.cadence}-cadence files of KIC {kepid} in {places[0]}"
    if reader.injected:  # they are in another archive, as large tar files
        missing = missing.replace("no ", f"no {reader.injected} ", 1)
        raise ArchiveError(f"{missing}; give the folder that holds them")
    command = SPEC.download(kepid, cadence=reader.cadence, out=folder)
    raise ArchiveError(f"{missing}; download them", command=command)


def _read_all(folder: str | Path, kepid: int, reader: KeplerReader) -> list[ObservedFile]:
    """Read every file of the star."""
    extension = "INJECTED LIGHTCURVE" if reader.injected else "LIGHTCURVE"

    def parse(file: Content) -> ObservedFile:
        flux, drop = [reader.flux], reader.drop_quality
        return parse_file(file, int(kepid), SPEC, flux, drop, extension=extension)

    return read_each(list_files(folder, kepid, reader), folder, parse)


def _once(quarters: Sequence[ObservedFile]) -> list[ObservedFile]:
    """Return the quarters that have points in their order, each stretch of time once.

    Of two files of a quarter that overlap in time, the newer data release is kept, then the one
    whose name comes last. (Q4 and short cadence have several files that do not overlap.)
    """
    kept: list[ObservedFile] = []
    with_points = [quarter for quarter in quarters if len(quarter.time)]
    for quarter in sorted(with_points, key=lambda q: (q.release, q.path.name), reverse=True):
        if not any(quarter.part == other.part and _overlap(quarter, other) for other in kept):
            kept.append(quarter)
    return sorted(kept, key=lambda q: (q.part, q.path.name))


def _overlap(one: ObservedFile, two: ObservedFile) -> bool:
    (first, last), (begin, end) = (
        (time[np.isfinite(time)].min(initial=np.inf), time[np.isfinite(time)].max(initial=-np.inf))
        for time in (one.time, two.time)
    )
    return bool(first <= end and begin <= last)


def _scrambled(quarters: Sequence[ObservedFile], order: Sequence[int]) -> list[ObservedFile]:
    """The same times with the fluxes of the quarters in another order, cadence for cadence.

    All fluxes of a quarter move together, in time order; then the times of all files, in their
    own order, are cut anew to the lengths of the fluxes. Missing quarters are passed over.
    """
    moved = [quarter for number in order for quarter in quarters if quarter.part == number]
    if len(moved) < len(quarters):
        unknown = next(q.part for q in quarters if q.part not in order)
        raise ArchiveError(f"Kepler has no quarter {unknown}; quarters are 0 to 17")
    if not moved:
        return []
    times = np.concatenate([quarter.time for quarter in quarters])
    cuts = np.cumsum([len(quarter.flux) for quarter in moved])[:-1]
    return [
        replace(quarter, time=time)
        for quarter, time in zip(moved, np.split(times, cuts), strict=True)
    ]


def _finite(
    time: NDArray[np.float64], flux: NDArray[Any], invert: bool
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """The finite points of a file, mirrored at their median if asked for."""
    finite = np.isfinite(time) & np.isfinite(flux)
    time, flux = time[finite], flux[finite]
    if invert and len(flux):
        flux = 2 * np.median(flux) - flux
    return time, flux
