"""Finished training runs, shipped weights and the scorer that loads both."""
