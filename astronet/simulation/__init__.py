"""Simulated stars: transits, stellar variability, noise, and files in Kepler's format."""
