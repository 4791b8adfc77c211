"""Atomic writes, locks, gzip, checksums and the provenance of files."""
