"""Stores of views, and the labelled events in them; no module of this package imports torch."""
