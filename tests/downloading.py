"""Downloads from the local archive server, for the tests."""

import json
from pathlib import Path

from archive_server import FIRST, ArchiveServer, Sky

from astronet.archives.faults import RetryPolicy
from astronet.archives.settings import DownloadSettings
from astronet.archives.summary import Summary
from astronet.archives.targets import Target
from astronet.download import download

RETRY_POLICY = RetryPolicy(
    attempts=5,
    first_wait=0.02,
    longest_wait=0.1,
    headers=0.8,
    stall=0.5,
    longest_requested_wait=0.05,
)
SETTINGS = DownloadSettings(retry_policy=RETRY_POLICY, max_size=10**6)


def fetch(server: ArchiveServer, out: Path, stars: int = 1, **options) -> Summary:
    targets = [Target(FIRST + k) for k in range(stars)]
    return download(targets, out, server.tree, settings=SETTINGS, quiet=True, **options)


def count_valid_files(out: Path, sky: Sky) -> int:
    """Check that the downloaded files equal those of the archive; return their number."""
    paths = sorted(out.glob("*/*/*.fits"))
    for path in paths:
        assert path.read_bytes() == sky.content(path.parent.name, path.name), path
    return len(paths)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]
