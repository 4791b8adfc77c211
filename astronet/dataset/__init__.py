"""Stores of views, and the labelled events in them; nothing here loads torch."""
