"""Execution of one task for many stars: a pool of processes here, or a cluster."""
