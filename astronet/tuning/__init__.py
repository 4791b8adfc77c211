"""Searches of settings: the ranges to search in, and the trials so far."""
