"""Execution of a task for many stars, by a pool of processes or another engine."""
