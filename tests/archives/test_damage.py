"""Damaged files, in the folder or from the server, never pass for valid ones."""

import json
import os

import pytest
from archive_server import FILES, FIRST, SILENT, ArchiveServer, Sky, renumbered
from downloading import RETRY_POLICY, SETTINGS, count_valid_files, fetch, lines

from astronet.archives.cloud import Bucket
from astronet.archives.http import HttpClient
from astronet.archives.targets import Target
from astronet.download import download


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def paths_in(folder):
    return sorted(folder.glob("*/*/*.fits"))


@pytest.mark.parametrize("fault", SILENT)
def test_a_response_that_looks_like_a_success_is_rejected(fault, server, sky, tmp_path):
    bad = sorted(sky.sizes(f"{FIRST:09d}"))[3]
    # A range is only requested after the connection ended early.
    server.fault = lambda path, n: (
        ("short" if fault == "garbage-range" and n == 0 else fault) if path.endswith(bad) else ""
    )
    summary = fetch(server, tmp_path)
    if fault == "garbage-range":
        assert (summary.fetched, summary.failed) == (FILES, 0)  # from the start, on the third try
        assert server.files_sent()[-1].range == "" and count_valid_files(tmp_path, sky) == FILES
        return
    assert (summary.fetched, summary.failed) == (FILES - 1, 1)
    assert count_valid_files(tmp_path, sky) == FILES - 1
    assert [row["path"] for row in lines(tmp_path / "manifest.jsonl") if bad in row["path"]] == []
    assert list(tmp_path.rglob("*.part*")) == []


def test_a_damaged_file_next_to_a_missing_one_is_not_adopted(server, sky, tmp_path):
    fetch(server, tmp_path)
    damaged, missing, *_ = paths_in(tmp_path)
    flip(damaged)
    missing.unlink()
    summary = fetch(server, tmp_path)
    assert (summary.fetched, len(summary.quarantined), summary.complete) == (2, 1, 1)
    assert count_valid_files(tmp_path, sky) == FILES
    hashes = {}
    for row in lines(tmp_path / "manifest.jsonl"):
        assert hashes.setdefault(row["path"], row["sha256"]) == row["sha256"]
    assert fetch(server, tmp_path, verify=True).verified.hashes == FILES


def test_a_valid_file_with_another_content_is_replaced(server, sky, tmp_path):
    """The checksums agree, but the file is not the one that was downloaded."""
    fetch(server, tmp_path)
    path = paths_in(tmp_path)[0]
    content = renumbered(path.read_bytes().replace(b"OBJECT  = 'KIC", b"OBJECT  = 'kic"), FIRST)
    path.write_bytes(content)
    summary = fetch(server, tmp_path, verify=True)
    assert (summary.fetched, len(summary.quarantined)) == (1, 1)
    assert count_valid_files(tmp_path, sky) == FILES


@pytest.mark.parametrize("lost", ["manifest.jsonl", "both"])
def test_verification_without_a_manifest_uses_checksums_and_rebuilds_it(
    server, sky, tmp_path, lost
):
    fetch(server, tmp_path)
    before = {row["path"]: row["sha256"] for row in lines(tmp_path / "manifest.jsonl")}
    (tmp_path / "manifest.jsonl").unlink()
    if lost == "both":
        (tmp_path / "complete.jsonl").unlink()
    damaged = paths_in(tmp_path)[2]
    flip(damaged)
    summary = fetch(server, tmp_path, verify=True)
    assert (summary.fetched, len(summary.quarantined), summary.complete) == (1, 1, 1)
    assert summary.verified.checksums in (FILES - 1, 2 * (FILES - 1))  # before and after listing
    assert count_valid_files(tmp_path, sky) == FILES
    after = {row["path"]: row["sha256"] for row in lines(tmp_path / "manifest.jsonl")}
    assert after == before


def test_verification_counts_files_without_hash_and_checksum(server, sky, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "sky", _WithoutChecksums(sky))
    assert fetch(server, tmp_path).fetched == FILES
    (tmp_path / "manifest.jsonl").unlink()
    summary = fetch(server, tmp_path, verify=True)
    assert summary.verified.neither == FILES
    assert summary.verification == (
        f"0 files verified by SHA-256 hash, 0 by FITS checksum, {FILES} by the headers only (no "
        "hash and no checksum)"
    )


class _WithoutChecksums:
    """The files of another sky without the keyword CHECKSUM."""

    def __init__(self, sky: Sky) -> None:
        self._sky = sky

    def sizes(self, star: str) -> dict[str, int]:
        return self._sky.sizes(star)

    def content(self, star: str, name: str) -> bytes | None:
        content = self._sky.content(star, name)
        return content and content.replace(b"CHECKSUM=", b"CHECKSOM=")


def test_a_body_without_an_end_is_limited_by_the_listed_size(server, sky, tmp_path):
    bad = sorted(sky.sizes(f"{FIRST:09d}"))[3]
    server.fault = lambda path, n: "endless" if path.endswith(bad) else ""
    for archive in (server.tree, Bucket(HttpClient(2, RETRY_POLICY), server.url)):
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        summary = download([Target(FIRST)], out, archive, settings=SETTINGS, quiet=True)
        assert (summary.fetched, summary.failed) == (FILES - 1, 1)
        reason = summary.missing[0].reason
        assert "more than the maximum of" in reason
        most = int(reason.partition("the maximum of ")[2].split(" ")[0].replace(",", ""))
        assert most < 2 * sky.sizes(f"{FIRST:09d}")[bad]
        assert list(out.rglob("*.part*")) == []


def test_a_compressed_response_is_decompressed(server: ArchiveServer, sky: Sky, tmp_path):
    server.fault = lambda path, n: "gzip"
    assert fetch(server, tmp_path).fetched == FILES
    assert count_valid_files(tmp_path, sky) == FILES


def test_a_compressed_response_cannot_fill_the_disk(server, sky, tmp_path, monkeypatch):
    bad = sorted(sky.sizes(f"{FIRST:09d}"))[3]

    def content(star, name):
        return bytes(10**7) if name == bad else type(sky).content(sky, star, name)

    monkeypatch.setattr(sky, "content", content)
    server.fault = lambda path, n: "gzip" if path.endswith(bad) else ""
    summary = fetch(server, tmp_path)
    assert (summary.fetched, summary.failed) == (FILES - 1, 1)
    assert "more than the maximum" in summary.missing[0].reason


def test_a_quarter_under_the_name_of_another_one_is_quarantined(server, sky, tmp_path):
    fetch(server, tmp_path)
    (tmp_path / "complete.jsonl").unlink()
    (tmp_path / "manifest.jsonl").unlink()
    first, second, *_ = paths_in(tmp_path)
    first.write_bytes(second.read_bytes())
    summary = fetch(server, tmp_path)
    assert (summary.fetched, len(summary.quarantined)) == (1, 1)
    assert count_valid_files(tmp_path, sky) == FILES


def test_records_with_strange_hashes_are_ignored(server, sky, tmp_path):
    fetch(server, tmp_path)
    manifest = tmp_path / "manifest.jsonl"
    rows = lines(manifest)
    strange = ["", "z" * 64, "-1", 5, None, "9" * 999, "ff_ff", [1]]
    more = [{**rows[k], "sha256": hash_} for k, hash_ in enumerate(strange)]
    more.append({**rows[-1], "star": [10**30]})
    manifest.write_text("\n".join(json.dumps(row) for row in [*more, *rows]) + "\n")
    assert fetch(server, tmp_path, verify=True).verified.hashes == FILES


def test_a_partial_download_does_not_follow_links(server, sky, tmp_path):
    name = min(sky.sizes(f"{FIRST:09d}"))
    other = tmp_path / "other"
    other.write_text("mine")
    folder = tmp_path / "out" / "9000" / str(FIRST)
    folder.mkdir(parents=True)
    (folder / f"{name}.part").symlink_to(other)
    with pytest.raises(OSError, match="symbolic links"):
        fetch(server, tmp_path / "out")
    assert other.read_text() == "mine"


def test_files_are_verified_even_if_they_cannot_be_listed(server, sky, tmp_path):
    fetch(server, tmp_path)
    (tmp_path / "complete.jsonl").unlink()
    flip(paths_in(tmp_path)[1])
    server.fault = lambda path, n: "500"
    summary = fetch(server, tmp_path, verify=True)
    assert (summary.failed, len(summary.quarantined)) == (1, 1)
    assert summary.verified.hashes == FILES - 1
    assert count_valid_files(tmp_path, sky) == FILES - 1


@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_what_is_not_a_file_is_quarantined(server, sky, tmp_path, kind):
    fetch(server, tmp_path)
    path = paths_in(tmp_path)[1]
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    assert fetch(server, tmp_path).fetched == 1
    assert count_valid_files(tmp_path, sky) == FILES
