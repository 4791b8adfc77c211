"""Files: atomic writes, locks, gzip, checksums, provenance of sources."""
