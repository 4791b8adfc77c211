"""Evaluation of scores: metrics with intervals, baselines, calibration, plots and the report."""
