"""Chunks of stars for a cluster: larger if they are finished too fast for the scheduler."""

import pytest

from astronet.execution.submission import Pace


@pytest.mark.parametrize(
    ("seconds", "chunks", "size"),
    [(0.001, 39, 4), (0.001, 40, 8), (0.001, 80, 16), (0.001, 4000, 64), (0.1, 4000, 4)],
)
def test_chunks_grow_while_they_are_finished_too_fast(
    monkeypatch: pytest.MonkeyPatch, seconds: float, chunks: int, size: int
) -> None:
    now = 0.0
    monkeypatch.setattr("astronet.execution.submission.time.monotonic", lambda: now)
    pace = Pace(4)
    for _ in range(chunks):
        now += seconds
        pace.count()
    assert pace.chunk == size


def test_a_large_chunk_does_not_shrink() -> None:
    pace = Pace(100)
    for _ in range(1000):
        pace.count()
    assert pace.chunk == 100
