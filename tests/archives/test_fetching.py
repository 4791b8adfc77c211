import json
import threading

import pytest
from archive_server import FIRST

from astronet.archives.faults import RetryPolicy
from astronet.archives.fetching import check, fetch
from astronet.archives.http import HttpClient
from astronet.archives.mast import IndexPages
from astronet.archives.targets import Target
from astronet.errors import ArchiveError

RETRY_POLICY = RetryPolicy(attempts=3, first_wait=0.01, stall=0.3, headers=1)


@pytest.fixture
def archive(server):
    return IndexPages(HttpClient(1, RETRY_POLICY), server.tree)


@pytest.fixture
def file(archive):
    return archive.list_files(Target(FIRST), "long")[0]


@pytest.fixture
def content(sky, file):
    return sky.content(str(FIRST), file.name)


def get(archive, file, folder):
    return fetch(archive, file, folder, RETRY_POLICY, threading.Event())


def part(folder, file, content: bytes, validator: str, size: int):
    path = folder / file.path
    path.parent.mkdir(parents=True)
    path.with_name(path.name + ".part").write_bytes(content)
    tag = json.dumps({"validator": validator, "size": size})
    path.with_name(path.name + ".part.json").write_text(tag)


def version(archive, file) -> str:
    with archive.open(file.url) as stream:
        return stream.validator


def test_an_interrupted_file_is_resumed(archive, file, content, server, tmp_path):
    part(tmp_path, file, content[:70_001], version(archive, file), len(content))
    assert get(archive, file, tmp_path).path.read_bytes() == content
    assert server.requests[-1].range == "bytes=70001-"
    assert server.requests[-1].sent == len(content) - 70_001


def test_after_a_reset_only_the_rest_is_requested(archive, file, content, server, tmp_path):
    server.fault = lambda path, n: "short" if n == 0 else ""
    assert get(archive, file, tmp_path).path.read_bytes() == content
    assert server.requests[-1].range == f"bytes={len(content) // 2}-"
    assert sum(request.sent for request in server.files_sent()) == len(content)


def test_a_changed_file_is_downloaded_from_the_start(archive, file, content, server, tmp_path):
    part(tmp_path, file, b"\0" * 70_000, '"an older version"', len(content))
    assert get(archive, file, tmp_path).path.read_bytes() == content
    assert server.requests[-1].sent == len(content)


def test_a_partial_file_without_a_version_is_discarded(archive, file, content, server, tmp_path):
    part(tmp_path, file, b"\0" * 70_000, "", len(content))
    path = tmp_path / file.path
    path.with_name(path.name + ".part.json").write_text('{"validator": "cut sho')
    assert get(archive, file, tmp_path).path.read_bytes() == content
    assert server.requests[-1].range == ""


def test_a_complete_part_is_renamed_without_a_request(archive, file, content, server, tmp_path):
    part(tmp_path, file, content, version(archive, file), len(content))
    before = len(server.requests)
    assert get(archive, file, tmp_path).path.read_bytes() == content
    assert len(server.requests) == before


def test_a_part_longer_than_the_file_is_discarded(archive, file, content, tmp_path):
    part(tmp_path, file, content + b"\0" * 2880, version(archive, file), len(content))
    assert get(archive, file, tmp_path).path.read_bytes() == content


def test_corrupt_bytes_of_the_same_version_are_detected(archive, file, content, tmp_path):
    part(tmp_path, file, b"\0" * 70_000, version(archive, file), len(content))
    assert get(archive, file, tmp_path).path.read_bytes() == content


def test_a_truncated_file_is_rejected(file, content, tmp_path):
    path = tmp_path / "a.fits"
    for size in (0, 10, 2880, len(content) // 2, len(content) - 2880, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(ArchiveError, match="is truncated|not a FITS file"):
            check(path, file)
    path.write_bytes(content)
    check(path, file)
