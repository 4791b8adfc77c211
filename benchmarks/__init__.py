"""Benchmarks of speed and quality: scripts that print tables and are not run by the tests."""
