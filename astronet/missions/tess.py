"""TESS light curves (2 min cadence, 20 s cadence and full-frame images) and tables of events."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from astronet.catalogs.layouts import (
    Layout,
    after_the_point,
    bjd,
    hours,
    named,
    number,
    percent,
    text,
    toi_name,
)
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
from astronet.missions.spec import ArchiveSpec, ArchiveTable, MissionSpec
from astronet.missions.tables import read_catalog as read_catalog

Product = Literal["spoc", "fast", "tess-spoc", "qlp"]

_SPOC = r"tess(?P<start>\d{{13}})-s(?P<sector>\d{{4}})-{star}-(?P<version>\d{{4}})"

PRODUCTS: dict[Product, str] = {
    "spoc": _SPOC + r"-[a-z]_lc\.fits",
    "fast": _SPOC + r"-[a-z]_fast-lc\.fits",
    "tess-spoc": (
        r"hlsp_tess-spoc_tess_phot_{star}-s(?P<sector>\d{{4}})_tess_v(?P<version>\d+)_lc\.fits"
    ),
    "qlp": r"hlsp_qlp_tess_ffi_s(?P<sector>\d{{4}})-{star}_tess_v(?P<version>\d+)_llc\.fits",
}
"""Patterns of the file names by product, as format strings in which {star} is replaced by the TIC
number (16 digits).

The products `spoc` and `fast` are SPOC light curves with a cadence of 2 min and 20 s,
respectively (EXP-TESS-ARC-ICD-0014). The pipelines TESS-SPOC (`tess-spoc`; Caldwell et al.
2020) and QLP (`qlp`; Huang et al. 2020) extract light curves from full-frame images.
"""

DEFAULT_QUALITY = 0b100001010111111
"""Default of `drop_quality`: the bits 1 to 6, 8, 10 and 15 for attitude tweak, safe mode, coarse
point, Earth point, argabrightening, desaturation, manual exclude, impulsive outlier and bad
calibration (EXP-TESS-ARC-ICD-0014, table 28). It equals lightkurve's `default` bitmask for TESS."""

_CORRECTED = {"qlp": ("KSPSAP_FLUX", "DET_FLUX")}
"""Possible names of the corrected-flux column, by product; QLP renamed the column in sector 56. For
products that are not listed, PDCSAP_FLUX is read."""


class TessReader(PipelineReader):
    """Reader options for TESS light curves."""

    flux: str | None = None
    """Name of the flux column. None means flux corrected for systematics: PDCSAP_FLUX, or for QLP
    KSPSAP_FLUX (DET_FLUX from sector 56 on). All products also have SAP_FLUX."""

    drop_quality: int = Field(DEFAULT_QUALITY, ge=0)
    """Bitmask of quality flags; points with any of these bits in QUALITY are dropped."""

    products: tuple[Product, ...] = ("spoc", "fast", "tess-spoc", "qlp")
    """Products to read, in order of preference (see `PRODUCTS`); only one product is read per
    sector. By default, 2 min cadence is preferred to 20 s cadence, and both are preferred to
    full-frame images."""


_DEFAULT = TessReader()

_STAR_COLUMNS = ("tid", "tic_id", "tic id", "ticid")

LAYOUT = Layout(
    "TOI table",
    {
        "star": named(*_STAR_COLUMNS),
        "number": (("toi", after_the_point), ("pl_pnum", number)),
        "period_days": (("pl_orbper", number), ("period (days)", number)),
        "epoch_bkjd": (("pl_tranmid", bjd), ("epoch (bjd)", bjd)),
        "duration_days": (("pl_trandurh", hours), ("duration (hours)", hours)),
        "label": (("tfopwg_disp", text), ("tfopwg disposition", text)),
        "name": (("toi", toi_name),),
        "depth_ppm": (("pl_trandep", number), ("depth (ppm)", number)),
        "radius_earth": (("pl_rade", number), ("planet radius (r_earth)", number)),
        "star_teff_k": (("st_teff", number), ("stellar eff temp (k)", number)),
        "star_logg": (("st_logg", number), ("stellar log(g) (cm/s^2)", number)),
        "star_radius_sun": (("st_rad", number), ("stellar radius (r_sun)", number)),
    },
    "fetch the complete table with `astronet catalog fetch toi`",
)

PLANETS = Layout(
    "table of confirmed planets",
    {
        "star": named(*_STAR_COLUMNS),
        "period_days": (("pl_orbper", number),),
        "epoch_bkjd": (("pl_tranmid", bjd),),
        "duration_days": (("pl_trandur", hours),),
        "name": (("pl_name", text),),
        "depth_ppm": (("pl_trandep", percent),),
        "impact": (("pl_imppar", number),),
        "radius_earth": (("pl_rade", number),),
        "star_teff_k": (("st_teff", number),),
        "star_logg": (("st_logg", number),),
        "star_radius_sun": (("st_rad", number),),
    },
    "download the columns of the archive's table ps, including tic_id",
)
"""Layout of the tables `ps` and `pscomppars`, whose planets orbit stars with TIC numbers."""

_ARCHIVE = ArchiveSpec(  # EXP-TESS-ARC-ICD-0014: 2 min, and 20 s ("fast")
    author="SPOC",
    stem=_SPOC,
    endings={"long": "-s_lc.fits", "short": "-a_fast-lc.fits"},
)

SPEC = MissionSpec(
    name="tess",
    title="TESS",
    reader=TessReader,
    catalog=Path("toi"),
    light_curves=Path("data/raw/tess"),
    star_catalog="TIC",
    digits=16,
    leading_zeros=5,
    star_key="TICID",
    part="sector",
    part_key="SECTOR",
    quality="QUALITY",
    prefixes=("TIC",),
    star_columns=_STAR_COLUMNS,
    layouts=(LAYOUT, PLANETS),
    tables={"toi": ArchiveTable("TESS objects of interest", LAYOUT, key=("toi",))},
    archive=_ARCHIVE,
    places=(("tid/s*/{quads}/", "s*/target/{quads}/", "s*/{quads}/"), ("{number}/",), ("{star}/",)),
)


def read_star(folder: str | Path, tic: int, reader: TessReader = _DEFAULT) -> StarData:
    """Return a star's light curve and the provenance of the files from which it was read.

    The arguments and errors are the same as for `read_light_curve`.
    """
    return joined(SPEC.number(tic), read_files(folder, tic, reader))


def read_light_curve(folder: str | Path, tic: int, reader: TessReader = _DEFAULT) -> LightCurve:
    """Return a star's light curve, split into segments by sector and at gaps longer than 0.75 d.

    Points are dropped if their time or flux is not finite, or if any of the bits in `drop_quality`
    is set in their quality flag. Times are converted to BKJD [d] using the zero point in each file.
    Fluxes keep the file's unit: e-/s for SPOC and TESS-SPOC, relative flux for QLP.

    Args:
        folder: Folder of light curves; see `list_files`.
        tic: TIC number of the star.
        reader: Reader options.

    Raises:
        ArchiveError: The TIC number is invalid, the folder does not exist or contains no file of
            the star, or a file is unreadable or corrupt, belongs to another star, lacks a required
            column or keyword, or has an unsupported time system or unit.
        LightCurveError: No points remain, or the times in a file decrease.

    Examples:
        Read only SPOC light curves with 2 min cadence. The times are converted from BTJD to BKJD;
        sector 1 begins at BTJD 1325, which is BKJD 3492:

        >>> from astronet.missions import tess
        >>> options = tess.TessReader(products=("spoc",))
        >>> curve = tess.read_light_curve("data/raw/tess", 25155310, options)
        >>> int(curve.time[0])
        3492
    """
    return read_star(folder, tic, reader).curve


def read_files(folder: str | Path, tic: int, reader: TessReader = _DEFAULT) -> list[ObservedFile]:
    """Return the data of each light-curve file of a star, including quality flags and crowding.

    The files are in the order of `list_files`.

    Args:
        folder: Folder of light curves; see `list_files`.
        tic: TIC number of the star.
        reader: Reader options.

    Raises:
        ArchiveError: See `read_light_curve`.
    """

    def parse(file: Content) -> ObservedFile:
        product, sector = next(
            (product, int(match["sector"]))
            for product in reader.products
            if (match := _pattern(product, tic).fullmatch(file.path.name))
        )
        flux = (reader.flux,) if reader.flux else _CORRECTED.get(product, ("PDCSAP_FLUX",))
        return parse_file(
            file,
            int(tic),
            SPEC,
            flux,
            reader.drop_quality,
            part=sector,
            extension=None,
            centroid=reader.centroid,
        )

    return read_each(list_files(folder, tic, reader), folder, parse)


def list_files(folder: str | Path, tic: int, reader: TessReader = _DEFAULT) -> list[Path]:
    """Return the paths of a star's light-curve files, one per sector, sorted by sector.

    For each sector, the first available product in `products` is chosen, in its latest version. An
    uncompressed file takes precedence over its gzipped copy.

    Args:
        folder: Folder with the MAST layout, with a subfolder named after the TIC number, or with
            the files themselves. In the MAST layout, sector 1 of TIC 25155310 is in
            `tid/s0001/0000/0000/2515/5310/` (SPOC), `s0001/target/0000/0000/2515/5310/` (TESS-SPOC)
            or `s0001/0000/0000/2515/5310/` (QLP).
        tic: TIC number of the star.
        reader: Reader options; only `products` affects which files are returned.

    Raises:
        ArchiveError: The TIC number is invalid, or the folder does not exist or contains no file of
            the star from one of the `products`.
    """
    star = SPEC.padded(tic)
    folder = Path(folder)
    quads = "/".join(star[k : k + 4] for k in range(0, 16, 4))
    if not folder.is_dir():
        raise ArchiveError(
            f"{folder} is not a folder; give the folder that contains the files tess*_lc.fits, "
            f"either directly or in tid/s0001/{quads}/"
        )
    sectors = subfolders(folder, "s")
    in_layout = [sector / quads for sector in subfolders(folder / "tid", "s")]
    in_layout += [sector / f"target/{quads}" for sector in sectors]
    in_layout += [sector / quads for sector in sectors]
    best: dict[int, tuple[tuple[int, int], Path]] = {}
    for folders in (in_layout, [folder / str(int(tic)), folder / _ARCHIVE.folder_of(star), folder]):
        for rank, product in enumerate(reader.products):
            found = matching(folders, _pattern(product, tic), star, folder)
            plain = set(without_copies(path for path, _ in found))
            for path, match in found:
                sector, quality = int(match["sector"]), (-rank, int(match["version"]))
                if path in plain and (sector not in best or quality > best[sector][0]):
                    best[sector] = (quality, path)
        if best:
            return [path for _, (_, path) in sorted(best.items())]
    products = ", ".join(reader.products)
    absent = f"there are no light curves of TIC {int(tic)} in {folder} (products: {products})"
    if "spoc" in reader.products:
        command = SPEC.download(int(tic), out=folder)
        raise MissingFilesError(f"{absent}; download them", command=command)
    if "fast" in reader.products:
        command = SPEC.download(int(tic), cadence="short", out=folder)
        raise MissingFilesError(f"{absent}; download them", command=command)
    raise MissingFilesError(
        f"{absent}; download files of these products from MAST, or add spoc to the reader option "
        "products"
    )


def list_stars(folder: str | Path, reader: TessReader = _DEFAULT) -> list[int]:
    """Return the TIC numbers of all stars with light-curve files in a folder, in ascending order.

    Args:
        folder: Folder of light curves; its subfolders are searched as well.
        reader: Reader options; only `products` affects which files are found.

    Raises:
        ArchiveError: The folder does not exist.
    """
    number = rf"(?P<star>\d{{{SPEC.digits}}})"
    names = [re.compile(PRODUCTS[one].format(star=number) + r"(\.gz)?") for one in reader.products]
    return stars_in_files(folder, *names)


def _pattern(product: Product, tic: int) -> re.Pattern[str]:
    name = PRODUCTS[product].format(star=SPEC.padded(int(tic)))
    return re.compile(name + r"(\.gz)?")
