"""Stores of views, and the labelled events in them; no module imports torch."""
