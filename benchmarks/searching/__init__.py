"""Parts of the benchmark of transit searches, `python -m benchmarks.search`."""
