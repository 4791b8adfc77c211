"""Checks of a data set: leaks between splits, conflicting labels and unusual views."""
