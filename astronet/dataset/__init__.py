"""From views on disk to batches for a network; only batches, augment and datamodule know torch."""
