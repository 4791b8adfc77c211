"""Ephemerides of the planets of Kepler-90."""

NUMBER = 11442793
"""Kepler number of the star."""

PLANETS = {
    "b": (7.008151, 137.6906, 0.164),
    "c": (8.719375, 139.569, 0.173),
    "d": (59.73667, 158.9656, 0.347),
    "e": (91.93913, 134.29, 0.403),
    "f": (124.9144, 254.7, 0.447),
    "g": (210.60697, 147.0364, 0.526),
    "h": (331.60059, 140.496, 0.618),
    "i": (14.44912, 2.2, 0.11267),
}
"""Period [d], epoch [BKJD] and duration [d] of each planet, rounded."""

LATE_TRANSIT = (1411.6, 1.2)
"""Middle and length [d] of an interval around the transit of planet g that is a day late."""
