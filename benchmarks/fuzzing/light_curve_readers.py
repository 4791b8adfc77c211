"""Readers of light curves: FITS files of the missions, and custom files."""

import gzip
import itertools
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from astronet.archives.targets import Target
from astronet.lightcurves.clock import Clock
from astronet.missions import custom, k2, kepler, tess
from astronet.missions.fits_table import read_whole_header
from astronet.missions.k2 import K2Reader
from astronet.missions.kepler import KeplerReader
from astronet.missions.tess import TessReader
from benchmarks.fuzzing import checks
from benchmarks.fuzzing.byte_mutations import gzipped
from benchmarks.fuzzing.fits_mutations import fits_mutation
from benchmarks.fuzzing.fits_samples import plain_table, shortened, simulated, target_pixels
from benchmarks.fuzzing.model import Reader, Sample
from benchmarks.fuzzing.text_mutations import ecsv, text_table

_BTJD = custom.CustomReader(clock="btjd")

Read = Callable[[Path], object]

_HEADER = ("KEPLERID", "QUARTER", "TICID", "SECTOR", "DATA_REL", "OBSMODE")
_TIC = re.compile(r"(?<=[_-])\d{16}(?=[_-])")
"""Pattern of the TIC number in a file name."""

_FULL = 0.02
"""Relative number of inputs that are made from a whole file instead of a shortened one."""


def _kepler_files(data: Path | None, folder: Path) -> list[Path]:
    if data is None:
        return simulated(folder)[:4]
    files = sorted((data / "kepler").glob("*/*/*.fits"))
    return files[::30] or simulated(folder)[:4]


def _real(data: Path | None, kind: str, pattern: str) -> list[Path]:
    return [] if data is None else sorted((data / "real_missions" / kind).glob(pattern))


def _read_kepler(path: Path, reader: KeplerReader) -> object:
    return kepler.read_light_curve(path.parent, int(path.name[4:13]), reader)


def _kepler(data: Path | None, folder: Path) -> list[Sample]:
    readers = (
        KeplerReader(),
        KeplerReader(drop_quality=0b1000, centroid="moments"),
        KeplerReader(flux="SAP_FLUX"),
    )
    reads = [partial(_read_kepler, reader=reader) for reader in readers]
    return _fits_samples(_kepler_files(data, folder), reads, data is not None)


def _fits_samples(paths: Sequence[Path], reads: Sequence[Read], real: bool) -> list[Sample]:
    """Return samples of shortened files, of whole ones, and of stars with two files."""
    short = [shortened(path.read_bytes()) for path in paths]
    mutate = fits_mutation(short)
    made = []
    for n, path in enumerate(paths):
        for read in reads:
            made.append(Sample(path.name, short[n], real, read, mutate, checks.is_fits))
        whole = path.read_bytes()
        made.append(Sample(path.name, whole, real, reads[0], mutate, checks.is_fits, weight=_FULL))
    for one, two in itertools.pairwise(paths):
        if one.name[:13] == two.name[:13]:  # another file of the same star
            others = {two.name: short[paths.index(two)]}
            content = short[paths.index(one)]
            made.append(Sample(one.name, content, real, reads[0], mutate, checks.is_fits, others))
    return made


def _k2(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path, reader: K2Reader) -> object:
        return k2.read_light_curve(path.parent, int(path.name[4:13]), reader)

    paths = _real(data, "k2", "ktwo*.fits")
    reads = [partial(read, reader=K2Reader()), partial(read, reader=K2Reader(centroid="psf"))]
    return _fits_samples(paths, reads, True) or _as_k2(folder, reads)


def _as_k2(folder: Path, reads: Sequence[Read]) -> list[Sample]:
    """Return samples of a simulated Kepler file with the keyword and name of K2."""
    content = shortened(simulated(folder)[0].read_bytes())
    content = content.replace(b"QUARTER ", b"CAMPAIGN")
    star = int(simulated(folder)[0].name[4:13])
    name, mutate = f"ktwo{star:09d}-c03_llc.fits", fits_mutation([content])
    return [Sample(name, content, False, read, mutate, checks.is_fits) for read in reads]


def _tess(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path, reader: TessReader) -> object:
        return tess.read_light_curve(path.parent, int(_TIC.findall(path.name)[0]), reader)

    reads = [
        partial(read, reader=TessReader()),
        partial(read, reader=TessReader(flux="SAP_FLUX", centroid="moments")),
    ]
    paths = _real(data, "tess", "*.fits")
    return _fits_samples(paths, reads, True) or _as_tess(folder, reads)


def _as_tess(folder: Path, reads: Sequence[Read]) -> list[Sample]:
    """Return samples of a simulated Kepler file with the keywords and name of TESS."""
    path = simulated(folder)[0]
    star = int(path.name[4:13])
    content = shortened(path.read_bytes())
    for ours, theirs in (b"KEPLERID", b"TICID   "), (b"QUARTER ", b"SECTOR  "):
        content = content.replace(ours, theirs)
    content = content.replace(b"'SAP_QUALITY'", b"'QUALITY    '")
    name = f"tess2018206045859-s0001-{star:016d}-0120-s_lc.fits"
    mutate = fits_mutation([content])
    return [Sample(name, content, False, read, mutate, checks.is_fits) for read in reads]


def _all_fits(data: Path | None, folder: Path) -> list[tuple[str, bytes, bool]]:
    """Return the name and the shortened content of files of all missions."""
    found = [*_real(data, "k2", "*.fits"), *_real(data, "tess", "*.fits")]
    paths = [*_kepler_files(data, folder)[:3], *found]
    return [(path.name, shortened(path.read_bytes()), data is not None) for path in paths]


def _headers(data: Path | None, folder: Path) -> list[Sample]:
    files = _all_fits(data, folder)
    mutate = fits_mutation([content for _, content, _ in files])

    def read(path: Path) -> object:
        return read_whole_header(path, _HEADER)

    return [
        Sample(name, content, real, read, mutate, checks.is_fits) for name, content, real in files
    ]


def _archive_files(data: Path | None, folder: Path) -> list[Sample]:
    """Return samples of the check of downloaded files, with and without their checksums."""

    def read(path: Path) -> object:
        return Target(int(path.name[4:13])).check(path, data=True)

    paths = _kepler_files(data, folder)[:3]
    short = [shortened(path.read_bytes()) for path in paths]
    mutate = fits_mutation(short)
    found = [*zip(paths, short, strict=True), (paths[0], paths[0].read_bytes())]
    return [
        Sample(path.name, content, data is not None, read, mutate, checks.is_fits)
        for path, content in found
    ]


def _gzipped(data: Path | None, folder: Path) -> list[Sample]:
    paths = _kepler_files(data, folder)[:4]
    short = [shortened(path.read_bytes(), rows=20) for path in paths]
    mutate, check = gzipped(fits_mutation(short)), checks.in_gzip(checks.is_fits)
    read = partial(_read_kepler, reader=KeplerReader())
    return [
        Sample(f"{p.name}.gz", gzip.compress(c, 1, mtime=0), data is not None, read, mutate, check)
        for p, c in zip(paths, short, strict=True)
    ]


def _custom_fits(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path, reader: custom.CustomReader = _BTJD) -> object:
        return custom.read_light_curve(path, "star", reader)

    files = [
        (path.name, shortened(path.read_bytes(), units=3), True)
        for path in _real(data, "other", "*.fits")
    ]
    missions = _all_fits(data, folder)
    files += [one for one in missions if "s0001" in one[0]][:1]
    files += [one for one in missions if "qlp" in one[0]][:1]
    made = [("pixels.fits", target_pixels(), False), ("table.fits", plain_table(), False)]
    mutate = fits_mutation([content for _, content, _ in [*files, *made]])
    readers = {
        "tglc": custom.CustomReader(clock="btjd", flux="cal_psf_flux"),
        "k2sff": custom.CustomReader(clock="bkjd"),
    }
    samples = []
    for name, content, real in files:
        reader = next((readers[one] for one in readers if one in name), _BTJD)
        weight = 0.2 if "s0001" in name else 1.0  # lightkurve reads these slowly
        one_read = partial(read, reader=reader)
        samples.append(Sample(name, content, real, one_read, mutate, checks.is_fits, weight=weight))
    for name, content, real in made:
        segment = None if "pixels" in name else "sector"
        one_read = partial(read, reader=custom.CustomReader(clock="btjd", segment=segment))
        samples.append(Sample(name, content, real, one_read, mutate, checks.is_fits, weight=0.4))
    return samples


def curve_text(data: Path | None, folder: Path, separator: str = ",") -> tuple[str, bool]:
    """Return a light curve as a text table, and whether it is real."""
    paths = _real(data, "tess", "tess*.fits")
    if paths:
        curve = tess.read_light_curve(paths[0].parent, int(paths[0].name.split("-")[2]))
    else:
        path = simulated(folder)[0]
        curve = kepler.read_light_curve(path.parent, int(path.name[4:13]))
    start = curve.time[0] - 2167 if paths else 1325.3  # TESS had not been launched then
    time, flux = start + curve.time[:60] - curve.time[0], curve.flux[:60]
    rows = [separator.join(("time", "flux", "sector"))]
    rows += [separator.join((f"{t:.8f}", f"{f:.4f}", "1")) for t, f in zip(time, flux, strict=True)]
    return "\n".join(rows) + "\n", bool(paths)


def _read_text(path: Path, clock: Clock = "btjd", segment: str | None = None) -> object:
    reader = custom.CustomReader(clock=clock, segment=segment)
    return custom.read_light_curve(path, "star", reader)


def _custom_text(data: Path | None, folder: Path) -> list[Sample]:
    def sample(text: str, segment: str | None = None) -> Sample:
        read = partial(_read_text, segment=segment)
        return Sample("a.csv", text.encode(), real, read, text_table, checks.is_text_table)

    text, real = curve_text(data, folder)
    spaces, tabs = (curve_text(data, folder, separator)[0] for separator in (" ", "\t"))
    zipped = gzip.compress(text.encode(), 1, mtime=0)
    check = checks.in_gzip(checks.is_text_table)
    return [
        sample(text),
        sample("# a comment\n" + text, segment="sector"),
        sample(spaces),
        sample(tabs),
        Sample("a.csv.gz", zipped, real, _read_text, gzipped(text_table), check, weight=0.5),
    ]


def _custom_ecsv(data: Path | None, folder: Path) -> list[Sample]:
    text, real = curve_text(data, folder, " ")
    rows = text.partition("\n")[2].splitlines()[:12]
    time = "# - {name: time, unit: d, datatype: float64}"
    flux = "# - {name: flux, unit: electron / s, datatype: float64}"
    sector = "# - {name: sector, datatype: string}"
    begin = ["# %ECSV 1.0", "# ---", "# datatype:"]
    plain = [*begin, time, flux, sector, "time flux sector", *rows]
    mag = [line.replace("electron / s", "mag") for line in plain]
    native = [*begin, time.replace("unit: d, ", ""), flux, sector, *_TIME, "time flux sector"]
    native += [f"{2457000 + float(row.split()[0])} {row.split(' ', 1)[1]}" for row in rows]
    kinds: tuple[tuple[list[str], Clock], ...] = (plain, "btjd"), (mag, "btjd"), (native, "bjd")
    return [
        Sample("a.ecsv", "\n".join(lines).encode(), real, read, ecsv, checks.is_ecsv)
        for lines, clock in kinds
        for read in (
            partial(_read_text, clock=clock),
            partial(_read_text, clock=clock, segment="sector"),
        )
    ]


_TIME = (
    "# meta: !!omap",
    "# - __serialized_columns__:",
    "#     time:",
    "#       __class__: astropy.time.core.Time",
    "#       format: jd",
    "#       scale: tdb",
    "#       value: !astropy.table.SerializedColumn {name: time}",
    "# schema: astropy-2.0",
)
"""Header lines of a column that is an astropy `Time`."""

READERS = (
    Reader("kepler-fits", _kepler),
    Reader("k2-fits", _k2),
    Reader("tess-fits", _tess),
    Reader("fits-headers", _headers),
    Reader("downloaded-fits", _archive_files),
    Reader("gzipped-fits", _gzipped),
    Reader("custom-fits", _custom_fits),
    Reader("custom-text", _custom_text),
    Reader("custom-ecsv", _custom_ecsv),
)
