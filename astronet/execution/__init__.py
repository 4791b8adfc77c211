"""Execution of a task for many stars, in a pool of processes or on a cluster."""
