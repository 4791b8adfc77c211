"""Header cards and table columns of the Kepler light-curve files at MAST.

Keys, order, formats, units and comments are as in Data Release 25 (Kepler Archive Manual,
KDMC-10008, §2.3). Each line of a header is one card: the key, the default value (if any), and the
comment. The writer adds the cards that describe the layout of the data (NAXIS, TTYPE, …).
"""

from typing import NamedTuple

from astronet.simulation.fits_header import Card, value_text


class Column(NamedTuple):
    """Column of the light-curve table, with the values and comments of its header cards.

    Attributes:
        name: Name (TTYPE).
        form: FITS column format (TFORM), a key of `FORMATS`.
        unit: Unit (TUNIT); "" if there is none.
        display: Display format (TDISP).
        comment: Description of the column, used in the comment of TTYPE.
        unit_comment: Description of the unit, used in the comment of TUNIT.
    """

    name: str
    form: str
    unit: str
    display: str
    comment: str
    unit_comment: str


class Format(NamedTuple):
    """NumPy data type of a FITS column format, and its description in header comments."""

    dtype: str
    meaning: str


def _columns(table: str) -> tuple[Column, ...]:
    """Parse a table with one column per line, given by six fields separated by `|`."""
    rows = ([field.strip() for field in line.split("|")] for line in table.strip().splitlines())
    return tuple(Column(*row) for row in rows)


def _cards(block: str) -> tuple[Card, ...]:
    """Parse a block with one card per line: the key, the value (if any), a slash, the comment."""
    cards = []
    for line in block.strip().splitlines():
        value, _, comment = line[9:].partition(" / ")
        text = value.strip()
        text = value_text(text[1:-1]) if text.startswith("'") else text
        cards.append(Card(line[:8].strip(), text, comment))
    return tuple(cards)


COLUMNS = _columns("""
TIME|D|BJD - 2454833|D14.7|data time stamps|barycenter corrected JD
TIMECORR|E|d|E13.6|barycenter - timeslice correction|day
CADENCENO|J||I10|unique cadence number|
SAP_FLUX|E|e-/s|E14.7|aperture photometry flux|electrons per second
SAP_FLUX_ERR|E|e-/s|E14.7|aperture phot. flux error|electrons per second (1-sigma)
SAP_BKG|E|e-/s|E14.7|aperture phot. background flux|electrons per second
SAP_BKG_ERR|E|e-/s|E14.7|ap. phot. background flux error|electrons per second (1-sigma)
PDCSAP_FLUX|E|e-/s|E14.7|aperture phot. PDC flux|electrons per second
PDCSAP_FLUX_ERR|E|e-/s|E14.7|ap. phot. PDC flux error|electrons per second (1-sigma)
SAP_QUALITY|J||B16.16|aperture photometry quality flag|
PSF_CENTR1|D|pixel|F10.5|PSF-fitted column centroid|pixel
PSF_CENTR1_ERR|E|pixel|E14.7|PSF-fitted column error|pixel (1-sigma)
PSF_CENTR2|D|pixel|F10.5|PSF-fitted row centroid|pixel
PSF_CENTR2_ERR|E|pixel|E14.7|PSF-fitted row error|pixel (1-sigma)
MOM_CENTR1|D|pixel|F10.5|moment-derived column centroid|pixel
MOM_CENTR1_ERR|E|pixel|E14.7|moment-derived column error|pixel (1-sigma)
MOM_CENTR2|D|pixel|F10.5|moment-derived row centroid|pixel
MOM_CENTR2_ERR|E|pixel|E14.7|moment-derived row error|pixel (1-sigma)
POS_CORR1|E|pixels|E14.7|column position correction|pixel
POS_CORR2|E|pixels|E14.7|row position correction|pixel
""")
"""All 20 columns of the light-curve table; together, they take 100 bytes per row."""

FORMATS = {
    "D": Format(">f8", "64-bit floating point"),
    "E": Format(">f4", "32-bit floating point"),
    "J": Format(">i4", "signed 32-bit integer"),
}

COMPACT = (
    "TIME", "TIMECORR", "CADENCENO", "SAP_FLUX", "SAP_FLUX_ERR", "PDCSAP_FLUX",
    "PDCSAP_FLUX_ERR", "SAP_QUALITY",
)  # fmt: skip
"""Names of the eight columns that are always written; together, they take 36 bytes per row."""

PRIMARY = _cards("""
EXTEND   T                    / file contains extensions
NEXTEND  2                    / number of standard extensions
EXTNAME  'PRIMARY'            / name of extension
EXTVER   1                    / extension version number (not format version)
ORIGIN   'astronet'           / institution responsible for creating this file
DATE                          / file creation date.
CREATOR  'astronet lightcurve' / program that made this file
PROCVER                       / SW version
FILEVER  '6.1'                / file format version
TIMVERSN 'OGIP/93-003'        / OGIP memo number for file format
TELESCOP 'Kepler'             / telescope
INSTRUME 'Kepler Photometer'  / detector type
OBJECT                        / string version of target id
KEPLERID                      / unique Kepler target identifier
CHANNEL                       / CCD channel
SKYGROUP                      / roll-independent location of channel
MODULE                        / CCD module
OUTPUT                        / CCD output
QUARTER                       / Observing quarter
SEASON                        / mission season during which data was collected
DATA_REL 25                   / data release version number
OBSMODE  'long cadence'       / observing mode
MISSION  'Kepler'             / Mission name
TTABLEID                      / target table id
RADESYS  'ICRS'               / reference frame of celestial coordinates
RA_OBJ   290.6667             / [deg] right ascension
DEC_OBJ  44.5                 / [deg] declination
EQUINOX  2000.0               / equinox of celestial coordinate system
PMRA                          / [arcsec/yr] RA proper motion
PMDEC                         / [arcsec/yr] Dec proper motion
PMTOTAL                       / [arcsec/yr] total proper motion
PARALLAX                      / [arcsec] parallax
GLON                          / [deg] galactic longitude
GLAT                          / [deg] galactic latitude
GMAG                          / [mag] SDSS g band magnitude
RMAG                          / [mag] SDSS r band magnitude
IMAG                          / [mag] SDSS i band magnitude
ZMAG                          / [mag] SDSS z band magnitude
D51MAG                        / [mag] D51 magnitude,
JMAG                          / [mag] J band magnitude from 2MASS
HMAG                          / [mag] H band magnitude from 2MASS
KMAG                          / [mag] K band magnitude from 2MASS
KEPMAG                        / [mag] Kepler magnitude (Kp)
GRCOLOR                       / [mag] (g-r) color, SDSS bands
JKCOLOR                       / [mag] (J-K) color, 2MASS bands
GKCOLOR                       / [mag] (g-K) color, SDSS g - 2MASS K
TEFF                          / [K] Effective temperature
LOGG                          / [cm/s2] log10 surface gravity
FEH                           / [log10([Fe/H])]  metallicity
EBMINUSV                      / [mag] E(B-V) reddening
AV                            / [mag] A_v extinction
RADIUS                        / [solar radii] stellar radius
TMINDEX                       / unique 2MASS catalog ID
SCPID                         / unique SCP processing ID
""")

LIGHTCURVE = _cards("""
INHERIT  T                    / inherit the primary header
EXTNAME  'LIGHTCURVE'         / name of extension
EXTVER   1                    / extension version number (not format version)
TELESCOP 'Kepler'             / telescope
INSTRUME 'Kepler Photometer'  / detector type
OBJECT                        / string version of target id
KEPLERID                      / unique Kepler target identifier
RADESYS  'ICRS'               / reference frame of celestial coordinates
RA_OBJ   290.6667             / [deg] right ascension
DEC_OBJ  44.5                 / [deg] declination
EQUINOX  2000.0               / equinox of celestial coordinate system
EXPOSURE                      / [d] time on source
TIMEREF  'SOLARSYSTEM'        / barycentric correction applied to times
TASSIGN  'SPACECRAFT'         / where time is assigned
TIMESYS  'TDB'                / time system is barycentric JD
BJDREFI  2454833              / integer part of BJD reference date
BJDREFF  0.00000000           / fraction of the day in BJD reference date
TIMEUNIT 'd'                  / time unit for TIME, TSTART and TSTOP
TELAPSE                       / [d] TSTOP - TSTART
LIVETIME                      / [d] TELAPSE multiplied by DEADC
TSTART                        / observation start time in BJD-BJDREF
TSTOP                         / observation stop time in BJD-BJDREF
LC_START                      / mid point of first cadence in MJD
LC_END                        / mid point of last cadence in MJD
DEADC    0.92063492           / deadtime correction
TIMEPIXR 0.5                  / bin time beginning=0 middle=0.5 end=1
TIERRELA 5.78E-07             / [d] relative time error
TIERABSO                      / [d] absolute time error
INT_TIME 6.019802903270       / [s] photon accumulation time per frame
READTIME 0.518948526144       / [s] readout time per frame
FRAMETIM 6.538751429414       / [s] frame time (INT_TIME + READTIME)
NUM_FRM  270                  / number of frames per time stamp
TIMEDEL  0.02043359821692     / [d] time resolution of data
DATE-OBS                      / TSTART as UTC calendar date
DATE-END                      / TSTOP as UTC calendar date
BACKAPP  T                    / background is subtracted
DEADAPP  T                    / deadtime applied
VIGNAPP  T                    / vignetting or collimator correction applied
GAIN                          / [electrons/count] channel gain
READNOIS                      / [electrons] read noise
NREADOUT 270                  / number of read per cadence
TIMSLICE 4                    / time-slice readout sequence section
MEANBLCK                      / [count] FSW mean black level
LCFXDOFF 419400               / long cadence fixed offset
SCFXDOFF 219400               / short cadence fixed offset
CDPP3_0                       / [ppm] RMS CDPP on 3.0-hr time scales
CDPP6_0                       / [ppm] RMS CDPP on 6.0-hr time scales
CDPP12_0                      / [ppm] RMS CDPP on 12.0-hr time scales
CROWDSAP                      / Ratio of target flux to total flux in op. ap.
FLFRCSAP                      / Frac. of target flux w/in the op. aperture
NSPSDDET                      / Number of SPSDs detected
NSPSDCOR                      / Number of SPSDs corrected
PDCVAR                        / Target variability
PDCMETHD                      / PDC algorithm used for target
NUMBAND                       / Number of scale bands
FITTYPE1                      / Fit type used for band 1
PR_GOOD1                      / Prior goodness for band 1
PR_WGHT1                      / Prior weight for band 1
PDC_TOT                       / PDC total goodness metric for target
PDC_TOTP                      / PDC_TOT percentile compared to mod/out
PDC_COR                       / PDC correlation goodness metric for target
PDC_CORP                      / PDC_COR percentile compared to mod/out
PDC_VAR                       / PDC variability goodness metric for target
PDC_VARP                      / PDC_VAR percentile compared to mod/out
PDC_NOI                       / PDC noise goodness metric for target
PDC_NOIP                      / PDC_NOI percentile compared to mod/out
PDC_EPT                       / PDC earth point goodness metric for target
PDC_EPTP                      / PDC_EPT percentile compared to mod/out
""")

APERTURE = _cards("""
INHERIT  T                    / inherit the primary header
EXTNAME  'APERTURE'           / name of extension
EXTVER   1                    / extension version number (not format version)
TELESCOP 'Kepler'             / telescope
INSTRUME 'Kepler Photometer'  / detector type
OBJECT                        / string version of target id
KEPLERID                      / unique Kepler target identifier
RADESYS  'ICRS'               / reference frame of celestial coordinates
RA_OBJ   290.6667             / [deg] right ascension
DEC_OBJ  44.5                 / [deg] declination
EQUINOX  2000.0               / equinox of celestial coordinate system
WCSAXES  2                    / number of WCS axes
CTYPE1   'RA---TAN'           / right ascension coordinate type
CTYPE2   'DEC--TAN'           / declination coordinate type
CRPIX1   3.0                  / [pixel] reference pixel along image axis 1
CRPIX2   3.0                  / [pixel] reference pixel along image axis 2
CRVAL1   290.6667             / [deg] right ascension at reference pixel
CRVAL2   44.5                 / [deg] declination at reference pixel
CUNIT1   'deg'                / physical unit in column dimension
CUNIT2   'deg'                / physical unit in row dimension
CDELT1   -0.001108009184613   / [deg] pixel scale in RA dimension
CDELT2   0.001108009184613    / [deg] pixel scale in Dec dimension
PC1_1    1.0                  / linear transformation element cos(th)
PC1_2    0.0                  / linear transformation element -sin(th)
PC2_1    0.0                  / linear transformation element sin(th)
PC2_2    1.0                  / linear transformation element cos(th)
WCSNAMEP 'PHYSICAL'           / name of world coordinate system alternate P
WCSAXESP 2                    / number of WCS physical axes
CTYPE1P  'RAWX'               / physical WCS axis 1 type CCD col
CUNIT1P  'PIXEL'              / physical WCS axis 1 unit
CRPIX1P  1                    / reference CCD column
CRVAL1P  1                    / value at reference CCD column
CDELT1P  1.0                  / physical WCS axis 1 step
CTYPE2P  'RAWY'               / physical WCS axis 2 type CCD row
CUNIT2P  'PIXEL'              / physical WCS axis 2 units
CRPIX2P  1                    / reference CCD row
CRVAL2P  1                    / value at reference CCD row
CDELT2P  1.0                  / physical WCS axis 2 step
NPIXSAP  9                    / Number of pixels in optimal aperture
NPIXMISS 0                    / Number of op. aperture pixels not collected
""")
