"""Preparation of the views of events, star by star, from light-curve files."""
