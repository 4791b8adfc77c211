"""Checks of a data set for leaks between splits, conflicting labels and other defects."""
