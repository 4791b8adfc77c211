"""TESS's light curves and tables: SPOC (2 min, 20 s), TESS-SPOC and QLP (full-frame images)."""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from astronet.errors import ArchiveError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.files import (
    Archive,
    ObservedFile,
    checked,
    join,
    matching,
    read_file,
    without_copies,
)
from astronet.missions.tables import read_catalog as read_catalog

Product = Literal["spoc", "fast", "tess-spoc", "qlp"]

PRODUCTS: dict[Product, str] = {
    "spoc": r"tess\d{13}-s(?P<sector>\d{4})-STAR-(?P<version>\d{4})-[a-z]_lc\.fits",
    "fast": r"tess\d{13}-s(?P<sector>\d{4})-STAR-(?P<version>\d{4})-[a-z]_fast-lc\.fits",
    "tess-spoc": (
        r"hlsp_tess-spoc_tess_phot_STAR-s(?P<sector>\d{4})_tess_v(?P<version>\d+)_lc\.fits"
    ),
    "qlp": r"hlsp_qlp_tess_ffi_s(?P<sector>\d{4})-STAR_tess_v(?P<version>\d+)_llc\.fits",
}
"""File names of each product, where STAR is the TIC number of 16 digits: SPOC's of 2 min and of
20 s (EXP-TESS-ARC-ICD-0014), and the full-frame images' by TESS-SPOC (Caldwell et al. 2020) and
QLP (Huang et al. 2020)."""

DEFAULT_QUALITY = 0b100001010111111
"""Bits 1 to 6, 8, 10 and 15 (17,087): attitude tweak, safe mode, coarse point, Earth point,
argabrightening, desaturation, manual exclude, impulsive outlier, bad calibration. Meanings:
EXP-TESS-ARC-ICD-0014, table 28; choice: lightkurve's `default` bitmask."""

ARCHIVE = Archive(
    catalog="TIC",
    digits=16,
    star_key="TICID",
    part="sector",
    part_key="SECTOR",
    quality="QUALITY",
    mission="tess",
)

_CORRECTED = {"qlp": ("KSPSAP_FLUX", "DET_FLUX")}
"""QLP renamed its detrended flux in sector 56; the other products have PDCSAP_FLUX."""


class Reading(BaseModel):
    """How light curves are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flux: str | None = None
    """The flux column; by default the corrected one: PDCSAP_FLUX, and of QLP's files KSPSAP_FLUX
    or, from sector 56, DET_FLUX. SAP_FLUX is in all of them."""

    drop_quality: int = Field(DEFAULT_QUALITY, ge=0)
    """Points with any of these QUALITY bits are dropped."""

    products: tuple[Product, ...] = ("spoc", "fast", "tess-spoc", "qlp")
    """Which products to read; of a sector that has several, the first in this order is read and
    no other: 2 min before 20 s, those before 30 min."""


def read_light_curve(folder: str | Path, tic: int, **options: Any) -> LightCurve:
    """One star's light curve; each sector is a segment, split again at gaps longer than 0.75 d.

    Times are converted to BKJD by the zero point that each file gives. Fluxes keep the level of
    their sector.

    Args:
        folder: See `list_files`.
        tic: The star's TIC number.
        **options: The fields of `Reading`.

    Raises:
        ArchiveError: There are no files, or one is cut short, another star's, on an unknown
            clock or without the flux column.
        ConfigError: An option is unknown or has an impossible value.
        LightCurveError: No point is finite.
    """
    files = read_files(folder, tic, **options)
    return join(ARCHIVE.number(tic), [(file.time, file.flux) for file in files])


def read_files(folder: str | Path, tic: int, **options: Any) -> list[ObservedFile]:
    """The star's sectors one by one, with quality flags and crowding; see `read_light_curve`."""
    reading = checked(Reading, options)
    files = []
    for path in list_files(folder, tic, reading):
        product, sector = next(
            (product, int(match["sector"]))
            for product in reading.products
            if (match := _pattern(product, tic).fullmatch(path.name))
        )
        flux = (reading.flux,) if reading.flux else _CORRECTED.get(product, ("PDCSAP_FLUX",))
        drop = reading.drop_quality
        files.append(read_file(path, int(tic), ARCHIVE, flux, drop, part=sector, extension=None))
    return files


def list_files(folder: str | Path, tic: int, reading: Reading | None = None) -> list[Path]:
    """One file for each of the star's sectors, in their order.

    Args:
        folder: Laid out as MAST's: `tid/s0001/0000/0000/2515/5310/` (SPOC),
            `s0001/target/0000/…` (TESS-SPOC) or `s0001/0000/…` (QLP), with or without `tid`; or a
            folder that holds the files themselves, or one named after the TIC number.
        tic: The star's TIC number.
        reading: Which products are wanted. Of several versions the highest is taken, of a plain
            and a gzipped copy the plain one.

    Raises:
        ArchiveError: The folder is not there, or holds no file of the star.
    """
    reading = reading or Reading()
    star = f"{ARCHIVE.number(tic):016d}"
    folder = Path(folder)
    quads = "/".join(star[k : k + 4] for k in range(0, 16, 4))
    if not folder.is_dir():
        raise ArchiveError(
            f"there is no folder {folder}; give the one that holds "
            f"tid/s0001/{quads}/tess*_lc.fits, or the files themselves"
        )
    in_layout = [
        place
        for middle in ("tid/s*", "s*/target", "s*")
        for place in sorted(folder.glob(f"{middle}/{quads}"))
    ]
    best: dict[int, tuple[tuple[int, int], Path]] = {}
    for places in (in_layout, [folder / str(int(tic)), folder / star, folder]):
        for rank, product in enumerate(reading.products):
            found = matching(places, _pattern(product, tic))
            plain = set(without_copies(path for path, _ in found))
            for path, match in found:
                sector, quality = int(match["sector"]), (-rank, int(match["version"]))
                if path in plain and (sector not in best or quality > best[sector][0]):
                    best[sector] = (quality, path)
        if best:
            return [path for _, (_, path) in sorted(best.items())]
    raise ArchiveError(
        f"no light curves ({', '.join(reading.products)}) of TIC {int(tic)} in {folder}; "
        f"fetch them with `{ARCHIVE.download(int(tic), '--out', str(folder))}`"
    )


def _pattern(product: Product, tic: int) -> re.Pattern[str]:
    name = PRODUCTS[product].replace("STAR", f"{int(tic):016d}")
    return re.compile(name + r"(\.gz)?")
