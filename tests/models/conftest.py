"""Fixtures of the tests of networks."""

from network_events import make_batch, one_thread

__all__ = ["make_batch", "one_thread"]
