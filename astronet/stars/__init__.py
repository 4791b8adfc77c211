"""Preparation of stars one by one, from their files to the views of their events."""
