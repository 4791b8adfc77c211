"""Limits within which ephemerides of different stars count as equal."""

ALIKE = 1e-4
"""Maximum relative difference between two periods that count as equal."""

TOGETHER_DAYS = 0.1
"""Maximum difference between the transit times of two ephemerides that count as equal [d]."""

SURVEY_STARS = 1000
"""Number of stars with a known period and epoch that a comparison between stars requires."""

NEAREST = 2000
"""Number of shorter and of longer periods with which the period of an event is compared."""
