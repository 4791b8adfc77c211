"""Fuzzing of the readers: samples, mutations, limits and the report (`benchmarks.fuzz`)."""
