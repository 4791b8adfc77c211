"""Simulated stars: transits, stellar variability, noise and files in the format of Kepler."""
