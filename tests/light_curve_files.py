"""Writers of TESS and K2 light-curve files with the missions' header cards and columns.

SPOC: TESS Science Data Products Description (EXP-TESS-ARC-ICD-0014), §5. QLP: see qlp_cards. K2:
Kepler Archive Manual (KDMC-10008), §2.3, with CAMPAIGN instead of QUARTER.
"""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from qlp_cards import LATE_QLP_COLUMNS, QLP_COLUMNS, QLP_LIGHTCURVE, QLP_PRIMARY

from astronet.simulation.fits_header import Card, header_bytes, layout, padded, value_text
from astronet.simulation.kepler_cards import (
    APERTURE,
    COLUMNS,
    FORMATS,
    LIGHTCURVE,
    PRIMARY,
    Column,
    _cards,
    _columns,
)

BTJD = 2457000 - 2454833
"""BKJD at BTJD 0 [d]."""

TESS_PRIMARY = _cards("""
EXTEND   T                    / file contains extensions
NEXTEND  2                    / number of standard extensions
EXTNAME  'PRIMARY'            / name of extension
EXTVER   1                    / extension version number (not format version)
SIMDATA  F                    / file is based on simulated data
ORIGIN   'NASA/Ames'          / institution responsible for creating this file
DATE     '2018-08-29'         / file creation date.
TSTART   1325.278778814074    / observation start time in TJD
TSTOP    1353.194000310803    / observation stop time in TJD
DATE-OBS '2018-07-25T18:40:22.305Z' / TSTART as UTC calendar date
DATE-END '2018-08-22T16:38:12.443Z' / TSTOP as UTC calendar date
CREATOR  '3641 LightCurveExporterPipelineModule' / pipeline job and program used t
PROCVER  'spoc-3.3.37-20180828' / SW version
FILEVER  '1.0'                / file format version
TIMVERSN 'OGIP/93-003'        / OGIP memo number for file format
TELESCOP 'TESS'               / telescope
INSTRUME 'TESS Photometer'    / detector type
DATA_REL 1                    / data release version number
OBJECT                        / string version of target id
TICID                         / unique tess target identifier
SECTOR                        / Observing sector
CAMERA   4                    / Camera number
CCD      1                    / CCD chip number
PXTABLE  129                  / pixel table id
RADESYS  'ICRS'               / reference frame of celestial coordinates
RA_OBJ   63.3739396231274    / [deg] right ascension
DEC_OBJ  -69.2268223888899   / [deg] declination
EQUINOX  2000.0               / equinox of celestial coordinate system
PMRA     75.84400177          / [mas/yr] RA proper motion
PMDEC    -39.51610184         / [mas/yr] Dec proper motion
PMTOTAL  85.52205276          / [mas/yr] total proper motion
TESSMAG  10.11919975          / [mag] TESS magnitude
TEFF     5732.39697266        / [K] Effective temperature
LOGG     4.30600023           / [cm/s2] log10 surface gravity
MH                            / [log10([M/H])] metallicity
RADIUS   1.17400002           / [solar radii] stellar radius
TICVER   7                    / TICVER
CRMITEN  T                    / spacecraft cosmic ray mitigation enabled
CRBLKSZ  10                   / [exposures] s/c cosmic ray mitigation block siz
CRSPOC   F                    / SPOC cosmic ray cleaning enabled
""")

TESS_LIGHTCURVE = _cards("""
INHERIT  T                    / inherit the primary header
EXTNAME  'LIGHTCURVE'         / name of extension
EXTVER   1                    / extension version number (not format version)
SIMDATA  F                    / file is based on simulated data
TELESCOP 'TESS'               / telescope
INSTRUME 'TESS Photometer'    / detector type
OBJECT                        / string version of target id
TICID                         / unique tess target identifier
RADESYS  'ICRS'               / reference frame of celestial coordinates
RA_OBJ   63.3739396231274    / [deg] right ascension
DEC_OBJ  -69.2268223888899   / [deg] declination
EQUINOX  2000.0               / equinox of celestial coordinate system
EXPOSURE 22.086500000000      / [d] time on source
TIMEREF  'SOLARSYSTEM'        / barycentric correction applied to times
TASSIGN  'SPACECRAFT'         / where time is assigned
TIMESYS  'TDB'                / time system is Barycentric Dynamical Time (TDB)
BJDREFI  2457000              / integer part of BTJD reference date
BJDREFF  0.00000000           / fraction of the day in BTJD reference date
TIMEUNIT 'd'                  / time unit for TIME, TSTART and TSTOP
TELAPSE  27.915221496729      / [d] TSTOP - TSTART
LIVETIME 22.108855425409      / [d] TELAPSE multiplied by DEADC
TSTART   1325.278778814074    / observation start time in BTJD
TSTOP    1353.194000310803    / observation stop time in BTJD
DEADC    0.7920000000000000   / deadtime correction
TIMEPIXR 0.5                  / bin time beginning=0 middle=0.5 end=1
TIERRELA 1.16E-05             / [d] relative time error
INT_TIME 1.980000000000       / [s] photon accumulation time per frame
READTIME 0.020000000000       / [s] readout time per frame
FRAMETIM 2.000000000000       / [s] frame time (INT_TIME + READTIME)
NUM_FRM  60                   / number of frames per time stamp
TIMEDEL  0.001388888888888889 / [d] time resolution of data
BACKAPP  T                    / background is subtracted
DEADAPP  T                    / deadtime applied
VIGNAPP  T                    / vignetting or collimator correction applied
GAINA    5.250000000000       / [electrons/count] CCD output A gain
READNOIA 10.04325000000       / [electrons] read noise CCD output A
NREADOUT 48                   / number of read per cadence
FXDOFF   209700               / compression fixed offset
CDPP0_5  139.41104126         / RMS CDPP on 0.5-hr time scales
CDPP1_0  105.18765259         / RMS CDPP on 1.0-hr time scales
CDPP2_0  84.14143372          / RMS CDPP on 2.0-hr time scales
CROWDSAP 0.99390000           / Ratio of target flux to total flux in op. ap.
FLFRCSAP 0.80980000           / Frac. of target flux w/in the op. aperture
NSPSDDET 0                    / Number of SPSDs detected
NSPSDCOR 0                    / Number of SPSDs corrected
PDCVAR   1.8216              / Target variability
PDCMETHD 'multiScaleMap'      / PDC algorithm used for target
""")

_TIME = "TIME|D|BJD - 2457000, days|D14.7|data time stamps|Barycenter corrected TESS Julian"

SPOC_COLUMNS = (
    *_columns(f"{_TIME}\nTIMECORR|E|d|E14.7|barycenter - timeslice correction|day"),
    *(c._replace(name="QUALITY") if c.name == "SAP_QUALITY" else c for c in COLUMNS[2:]),
)


def write_spoc(
    folder: Path, tic: int, sector: int, columns: Mapping[str, ArrayLike], **options: Any
) -> Path:
    """Write a SPOC file with 2 min cadence, or 20 s with `fast=True`; times are in BTJD."""
    kind = "a_fast-lc" if options.pop("fast", False) else "s_lc"
    version = options.pop("version", 120)
    name = f"tess2018206045859-s{sector:04d}-{tic:016d}-{version:04d}-{kind}.fits"
    return _tess(folder / name, tic, sector, columns, SPOC_COLUMNS, **options)


def write_tess_spoc(
    folder: Path, tic: int, sector: int, columns: Mapping[str, ArrayLike], **options: Any
) -> Path:
    """Write a TESS-SPOC file, as made from full-frame images."""
    name = f"hlsp_tess-spoc_tess_phot_{tic:016d}-s{sector:04d}_tess_v1_lc.fits"
    return _tess(folder / name, tic, sector, columns, SPOC_COLUMNS, **options)


def write_qlp(
    folder: Path, tic: int, sector: int, columns: Mapping[str, ArrayLike], **options: Any
) -> Path:
    """Write a QLP file: one extension, normalised fluxes, renamed columns from sector 56 on."""
    name = f"hlsp_qlp_tess_ffi_s{sector:04d}-{tic:016d}_tess_v01_llc.fits"
    known = QLP_COLUMNS if sector < 56 else LATE_QLP_COLUMNS
    values = {"OBJECT": f"TIC {tic}", "TICID": tic, "SECTOR": sector, "NEXTEND": 1}
    values |= options.pop("header", {})
    path = folder / name
    return _write(path, QLP_PRIMARY, QLP_LIGHTCURVE, known, columns, values, **options)


def write_k2(
    folder: Path, epic: int, campaign: int, columns: Mapping[str, ArrayLike], **options: Any
) -> Path:
    """Write a long-cadence K2 file; times are in BKJD."""
    values = {"OBJECT": f"EPIC {epic}", "KEPLERID": epic, "MISSION": "K2", "CAMPAIGN": campaign}
    values |= options.pop("header", {})
    primary = [
        card._replace(key="CAMPAIGN", comment="Observing campaign number")
        if card.key == "QUARTER"
        else card
        for card in PRIMARY
        if card.key != "SEASON"
    ]
    path = folder / f"ktwo{epic:09d}-c{campaign:02d}_llc.fits"
    return _write(path, primary, LIGHTCURVE, COLUMNS, columns, values, **options)


def _tess(
    path: Path,
    tic: int,
    sector: int,
    columns: Mapping[str, ArrayLike],
    known: Sequence[Column],
    header: Mapping[str, Any] = {},
    **options: Any,
) -> Path:
    values = {"OBJECT": f"TIC {tic}", "TICID": tic, "SECTOR": sector, **header}
    return _write(path, TESS_PRIMARY, TESS_LIGHTCURVE, known, columns, values, **options)


def _write(
    path: Path,
    primary: Sequence[Card],
    lightcurve: Sequence[Card],
    known: Sequence[Column],
    columns: Mapping[str, ArrayLike],
    values: dict[str, Any],
    *,
    without: Sequence[str] = (),
    units: Mapping[str, str] = {},
    zipped: bool = False,
) -> Path:
    """Write a file; `without` omits header cards and columns, `units` replaces units of columns."""
    known = [c for c in known if c.name not in without]
    table = np.zeros(
        len(np.asarray(columns["TIME"])), [(c.name, FORMATS[c.form].dtype) for c in known]
    )
    for c in known:
        missing = 0 if c.form == "J" else np.nan
        table[c.name] = columns.get(c.name, missing)
    cards = layout("BINTABLE", 8, (table.dtype.itemsize, len(table)))
    cards.append(Card("TFIELDS", str(len(known)), "number of table fields"))
    for number, c in enumerate(known, start=1):
        cards.append(Card(f"TTYPE{number}", value_text(c.name), f"column title: {c.comment}"))
        cards.append(Card(f"TFORM{number}", value_text(c.form), FORMATS[c.form].meaning))
        if unit := units.get(c.name, c.unit):
            cards.append(Card(f"TUNIT{number}", value_text(unit), "column units"))
        if c.display:
            cards.append(Card(f"TDISP{number}", value_text(c.display), "column display format"))
    start = [Card("SIMPLE", "T", ""), Card("BITPIX", "8", ""), Card("NAXIS", "0", "")]
    kept = [[c for c in block if c.key not in without] for block in (primary, lightcurve)]
    inner = {key: value for key, value in values.items() if key != "EXTNAME"}
    content = header_bytes([*start, *kept[0]], inner) + header_bytes([*cards, *kept[1]], inner)
    content += padded(table.tobytes(), b"\0")
    if values.get("NEXTEND", 2) == 2:
        pixels = np.ones((5, 5), ">i4")
        image = [card for card in APERTURE if card.key not in ("OBJECT", "KEPLERID")]
        content += header_bytes([*layout("IMAGE", 32, (5, 5)), *image], {})
        content += padded(pixels.tobytes(), b"\0")
    path = path.with_name(path.name + ".gz") if zipped else path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path
