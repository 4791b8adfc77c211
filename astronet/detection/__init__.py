"""Search of light curves for periodic transits."""
