"""Header cards and columns of QLP light-curve files (Huang et al. 2020), as in files of MAST.

Unlike SPOC, QLP names the fraction of the time zero point BJDREFR, not BJDREFF.
"""

from astronet.simulation.kepler_cards import _cards, _columns

QLP_PRIMARY = _cards("""
EXTEND   T
NEXTEND  1                    / number of standard extensions
EXTNAME  'PRIMARY'            / name of extension
ORIGIN   'MIT/QLP'            / institution responsible for creating this file
TELESCOP 'TESS'               / telescope
INSTRUME 'TESS Photometer'    / detector type
FILTER   'TESS'               / the filter used for the observations
OBJECT                        / string version of TICID
TICID                         / unique TESS target identifier
SECTOR                        / last observed sector
CAMERA   1                    / camera
CCD      1                    / ccd
RADESYS  'ICRS'               / reference frame of celestial coordinates
RA_OBJ   239.578324614        / [deg] right ascension, J2000
DEC_OBJ  35.4067440085        / [deg] declination, J2000
TESSMAG  10.2705              / [mag] TESS magnitude, TIC v8
RADIUS   0.325635             / [solar radii] stellar radius
LOGG     4.8984               / [cm/s2] log10 surface gravity
MASS     0.306053             / [solar mass] log10 stellar mass
TEFF     3352.0               / [K] effective temperature
MH       -1.0                 / metallicity
EQUINOX  2000.0               / equinox of celestial coordinate system
PMRA     -143.277             / [mas/yr] RA proper motion
PMDEC    318.219              / [mas/yr] DEC proper motion
TICVER   8                    / TIC Version
CALIB    'TICA'               / pipeline used for image calibration
""")

QLP_LIGHTCURVE = _cards("""
INHERIT  'T'                  / inherit the primary header
EXTNAME  'LIGHTCURVE'         / name of extension
EXTVER   1                    / extension version number (not format version)
TELESCOP 'TESS'               / telescope
INSTRUME 'TESS Photometer'    / detector type
OBJECT                        / string version of TICID
TICID                         / unique TESS target identifier
RADESYS  'ICRS'               / reference frame of celestial coordinates
RA_OBJ   239.578324614        / [deg] right ascension, J2000
DEC_OBJ  35.4067440085        / [deg] declination, J2000
TIMEREF  'SOLARSYSTEM'        / barycentric correction applied to times
TASSIGN  'SPACECRAFT'         / where time is assigned
TIMESYS  'TDB'                / time is Barycentric Dynamic TIME (TDB)
BJDREFI  2457000              / integer part of BJD reference date
BJDREFR  0.0                  / fraction of the day in BJD reference date
TIMEUNIT 'd'                  / time unit for TIME, TSTART-TSTOP
TELAPS   26.45849835054059    / [d] TSTOP-TSTART
TSTART   1955.805625544707    / observation start time in TBJD
TSTOP    1982.264123895248    / observation stop time in TBJD
TIMEDEL  0.02083333333333333  / [d] time resolution of data
MJD-BEG  58955.30562554486    / observation start time in MJD
MJD-END  58981.76412389521    / observation end time in MJD
BESTAP   '3.0:4.0:3.0'        / [pix] the parameters of the best aperture
SMALLAP  '2.5:4.0:3.0'        / [pix] the parameters of the smaller aperture
LARGEAP  '3.5:5.0:4.0'        / [pix] the parameters of the larger aperture
KSPPENCO 0.75                 / the penalty coefficient used in the detrending
KSPBSMIN 0.3                  / [d] the minimum break space used in the detrend
KSPBSMAX 1.5                  / [d] the maximum break space used in the detrend
""")

QLP_COLUMNS, LATE_QLP_COLUMNS = (
    _columns(f"""TIME|D|BJD-2457000, days|||
CADENCENO|J||||
SAP_FLUX|E||||
{detrended}|E||||
{detrended}_ERR|E||||
QUALITY|J||||
ORBITID|J||||
SAP_X|E|pixel|||
SAP_Y|E|pixel|||
SAP_BKG|E||||
SAP_BKG_ERR|E||||
{detrended}_SML|E||||
{detrended}_LAG|E||||{last}
""")
    for detrended, last in (("KSPSAP_FLUX", ""), ("DET_FLUX", "\nSYS_RM_FLUX|E||||"))
)
