"""Observing calendar of Kepler: quarters, monthly downlinks and safe modes."""

from functools import cache

import numpy as np

from astronet.simulation.calendar import Calendar

LONG_CADENCE_DAYS = 0.02043359821692
"""Duration of a long cadence [d], that is, of 270 frames of 6.539 s (header card TIMEDEL)."""

# Quarter, first long cadence, number of long cadences (from the files of Data Release 25).
_QUARTERS = (
    (0, 568, 476), (1, 1105, 1639), (2, 2965, 4354), (3, 7404, 4370), (4, 11914, 4397),
    (5, 16373, 4634), (6, 21069, 4398), (7, 25509, 4375), (8, 30657, 3279), (9, 34237, 4768),
    (10, 39049, 4573), (11, 43667, 4754), (12, 48473, 4044), (13, 52551, 4421),
    (14, 57024, 4757), (15, 61886, 4780), (16, 66712, 4203), (17, 70976, 1556),
)  # fmt: skip

# First and last long cadence of each gap of two or more cadences without PDC flux (DR 25).
_GAPS = (
    (2965, 2976), (3553, 3659), (5606, 5624), (5940, 5992), (7168, 7213), (7756, 7762),
    (8399, 8437), (8889, 8930), (10401, 10502), (13434, 13476), (14091, 14284), (14893, 14895),
    (17916, 17977), (19330, 19363), (22395, 22436), (23949, 23993), (26983, 27020),
    (28449, 28492), (29461, 29485), (29618, 29620), (31523, 31525), (31915, 32046),
    (32950, 32952), (36019, 36052), (37448, 37479), (38061, 38105), (40174, 40176),
    (40523, 40563), (42103, 42143), (45084, 45086), (45188, 45225), (45481, 45485),
    (46703, 46746), (47034, 47158), (49006, 49008), (49319, 49423), (49544, 49590),
    (49770, 49805), (51145, 51189), (51465, 51685), (54130, 54164), (54943, 54945),
    (55122, 55124), (55595, 55639), (56760, 56782), (57775, 58113), (58535, 58591),
    (60067, 60109), (63395, 63442), (63811, 64086), (64916, 64957), (66968, 67523),
    (67982, 67984), (68010, 68013), (69300, 69356), (71056, 71060), (72071, 72326),
)  # fmt: skip

MODULE_3_PART = 1021
"""Number of long cadences of Q4 before module 3 failed (2010 January 9).

The stars on this module in Q4 would have returned to it in Q8, Q12 and Q16, and therefore also lack
these quarters.
"""


@cache
def kepler_calendar() -> Calendar:
    """Return the calendar of Kepler's long cadences from Q0 to Q17, with times in BKJD.

    The times agree to within 10 s with those in the files of KIC 1161345 at MAST. The barycentric
    correction is approximated by a sine with the period of the spacecraft's orbit (372.4 d).
    """
    cadence = np.arange(_QUARTERS[0][1], _QUARTERS[-1][1] + _QUARTERS[-1][2])
    steady = 108.932714 + LONG_CADENCE_DAYS * cadence
    year = 2 * np.pi * steady / 372.4
    orbit = -0.0029469 * np.cos(year) - 0.0010472 * np.sin(year)
    return Calendar(
        time=steady + orbit,
        correction=orbit + 0.00088387,
        first_cadence=_QUARTERS[0][1],
        exposure=LONG_CADENCE_DAYS,
        quarters=_QUARTERS,
        gaps=_GAPS,
    )
