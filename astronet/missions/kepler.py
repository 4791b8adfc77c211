"""Kepler light curves and tables of events (long and short cadence, Q0 to Q17)."""

import re
from collections.abc import Sequence
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
from astronet.missions.scrambling import SCRAMBLES, scrambled
from astronet.missions.spec import ArchiveSpec, ArchiveTable, MissionSpec
from astronet.missions.tables import read_catalog as read_catalog


class KeplerReader(ReaderOptions):
    """Options of the reader of Kepler light curves; the defaults follow S&V 2018."""

    flux: str = "PDCSAP_FLUX"
    """Name of the flux column; SAP_FLUX is not corrected for systematics."""

    drop_quality: int = Field(0, ge=0)
    """Bit mask; points with any of these bits in SAP_QUALITY are dropped; 0 drops no points."""

    cadence: Literal["long", "short"] = "long"
    """Cadence of the light curves: 29.4 min (`_llc` files) or 58.8 s (`_slc` files)."""

    invert: bool = False
    """Whether to invert the flux of each file about its median, so that transits become peaks."""

    scramble: Literal["SCR1", "SCR2", "SCR3"] | None = None
    """Name of an order of the quarters that makes transits aperiodic; None keeps their order."""

    injected: Literal["inj1", "inj2", "inj3"] | None = None
    """Set of light curves with injected transits; None means the observed light curves."""


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
        f"fetch the table with all columns (`select * from q1_q17_dr25_tce` at {TAP})",
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
        f"fetch the table with all columns (`select * from cumulative` at {TAP})",
    ),
    Layout(
        "table of certified false positives",
        {
            "star": named(*_STAR_COLUMNS),
            "period_days": (("fpwg_koi_period", number),),
            "label": (("fpwg_disp_status", text),),
            "name": (("kepoi_name", text),),
        },
        "it lists dispositions only; add the ephemerides from a KOI table, matched by kepoi_name",
    ),
    Layout(
        "Robovetter output",
        {
            "star": (("tce", digits),),
            "number": (("tce", last_digits),),
            "label": (("disposition", text),),
            "name": (("tce", text),),
        },
        "it lists dispositions only; add the ephemerides from the TCE table, by star and number",
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
    """Return a star's light curve and the provenance of its files; see `read_light_curve`."""
    files = _read_all(folder, kepid, reader)
    sources = tuple(file.source for file in files)
    with sources_known(sources):
        quarters = _without_duplicates(files)
        if reader.scramble:
            quarters = scrambled(quarters, SCRAMBLES[reader.scramble])
        pieces = [_finite(q.time, q.flux, reader.invert) for q in quarters]
        return StarData(join(int(kepid), pieces), sources)


def read_light_curve(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> LightCurve:
    """Return a star's light curve, split into segments by file and at gaps longer than 0.75 d.

    Points are dropped if their time or flux is not finite, or if any of their quality bits is set
    in `drop_quality`. The flux [e-/s] is not normalised.

    Args:
        folder: Folder with the layout of MAST (`0114/011442793/`), with a subfolder named after
            the KIC number (nine digits), or with the files themselves.
        kepid: KIC number of the star.
        reader: Options of the reader.

    Raises:
        ArchiveError: There are no files, or a file is truncated, belongs to another star or lacks
            the flux column.
        LightCurveError: No point is finite.

    Examples:
        >>> from astronet.missions import kepler
        >>> curve = kepler.read_light_curve("data/raw/kepler", 11446443)
        >>> curve.star, bool(curve.time[0] < 132.646 < curve.time[-1])
        (11446443, True)
        >>> options = kepler.KeplerReader(flux="SAP_FLUX", cadence="long")
    """
    return read_star(folder, kepid, reader).curve


def read_files(
    folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT
) -> list[ObservedFile]:
    """Return the data of a star's files separately, with quality flags and crowding.

    The options `invert` and `scramble` are ignored; otherwise see `read_light_curve`.
    """
    return _without_duplicates(_read_all(folder, kepid, reader))


def list_files(folder: str | Path, kepid: int, reader: KeplerReader = _DEFAULT) -> list[Path]:
    """Return the paths of a star's files, sorted by time stamp.

    If a file exists both uncompressed and gzipped, the uncompressed one is returned.

    Raises:
        ArchiveError: The folder does not exist, or has no file of the star.
    """
    star = SPEC.padded(kepid)
    folder = Path(folder)
    if not folder.is_dir():
        raise ArchiveError(
            f"the folder {folder} does not exist; give the folder that contains "
            f"{star[:4]}/{star}/kplr{star}-*.fits"
        )
    infix = f"_INJECTED-{reader.injected}" if reader.injected else ""
    name = re.compile(rf"kplr{star}-\d{{13}}{infix}_{reader.cadence[0]}lc\.fits(\.gz)?")
    folders = (folder / star[:4] / star, folder / star, folder)
    for each in folders:
        if files := matching([each], name):
            return without_copies(path for path, _ in files)
    kind = f"{reader.injected} {reader.cadence}" if reader.injected else reader.cadence
    missing = f"there are no {kind}-cadence files of KIC {kepid} in {folders[0]}"
    if reader.injected:  # they are in another archive, in large tar files
        raise ArchiveError(f"{missing}; give the folder that contains them")
    command = SPEC.download(kepid, cadence=reader.cadence, out=folder)
    raise ArchiveError(f"{missing}; download them", command=command)


def _read_all(folder: str | Path, kepid: int, reader: KeplerReader) -> list[ObservedFile]:
    """Return the data of all files of a star, including duplicates and files without points."""
    extension = "INJECTED LIGHTCURVE" if reader.injected else "LIGHTCURVE"

    def parse(file: Content) -> ObservedFile:
        flux, drop = [reader.flux], reader.drop_quality
        return parse_file(file, int(kepid), SPEC, flux, drop, extension=extension)

    return read_each(list_files(folder, kepid, reader), folder, parse)


def _without_duplicates(quarters: Sequence[ObservedFile]) -> list[ObservedFile]:
    """Return the files that contain points, without duplicates, in chronological order.

    If two files of a quarter overlap in time, the one from the newer data release is kept; if both
    are from the same release, the one whose name sorts last. (Q4 and short cadence have several
    files that do not overlap.)
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


def _finite(
    time: NDArray[np.float64], flux: NDArray[Any], invert: bool
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return the times and fluxes of finite points; if `invert`, mirror fluxes about the median."""
    finite = np.isfinite(time) & np.isfinite(flux)
    time, flux = time[finite], flux[finite]
    if invert and len(flux):
        flux = 2 * np.median(flux) - flux
    return time, flux
