"""File operations: atomic writes, locks, gzip, checksums, provenance and config files."""
