"""Downloads from a local server with every fault; no fault leaves an invalid file."""

import json
import re
import threading

import pandas as pd
import pytest
from archive_server import CLOUD, FAULTS, FILES, FIRST, MAST, ArchiveServer, some_fail
from astropy.io import fits
from downloading import RETRY_POLICY, SETTINGS, count_valid_files, fetch, lines
from local_server import HEADERS, serving

from astronet.archives.cloud import Bucket
from astronet.archives.faults import RetryPolicy
from astronet.archives.http import HttpClient
from astronet.archives.mast import IndexPages
from astronet.archives.plan import make_plan
from astronet.archives.settings import DownloadSettings
from astronet.archives.targets import Target
from astronet.download import download
from astronet.errors import ArchiveError
from astronet.missions import kepler

SLOW = {"stall", *HEADERS}
"""Faults that last until a deadline."""


def test_the_files_of_a_star_equal_the_archive(server, sky, tmp_path):
    summary = fetch(server, tmp_path)
    assert (summary.fetched, summary.complete, summary.failed) == (FILES, 1, 0)
    assert count_valid_files(tmp_path, sky) == FILES
    assert len(kepler.read_light_curve(tmp_path, FIRST).time) > 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".lock", "9000", "complete.jsonl", "manifest.jsonl",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("manifest.jsonl", {"star": FIRST}),
        ("manifest.jsonl", {"star": FIRST, "path": 5}),
        ("complete.jsonl", {"star": FIRST, "mission": "kepler", "cadence": "long"}),
        ("complete.jsonl", {"star": FIRST, "mission": "kepler", "cadence": "long", "files": "all"}),
    ],
)
def test_a_line_without_its_keys_is_ignored(server, sky, tmp_path, name, line):
    (tmp_path / name).write_text(json.dumps(line) + "\n")
    assert fetch(server, tmp_path).complete == 1
    assert count_valid_files(tmp_path, sky) == FILES
    assert not list(tmp_path.glob("quarantine/**/*.fits"))


def test_verification_finds_changed_bytes_within_the_data(server, sky, tmp_path):
    fetch(server, tmp_path)
    path = sorted(tmp_path.glob("*/*/*.fits"))[1]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert fetch(server, tmp_path).quarantined == []
    summary = fetch(server, tmp_path, verify=True)
    assert [path.read_bytes() for path in summary.quarantined] == [content]
    assert (summary.fetched, summary.complete) == (1, 1)
    assert count_valid_files(tmp_path, sky) == FILES
    again = fetch(server, tmp_path, verify=True)
    assert (again.fetched, again.quarantined) == (0, [])
    assert again.verified.hashes == FILES


def test_the_manifest_lists_each_file(server, sky, tmp_path):
    fetch(server, tmp_path)
    manifest = lines(tmp_path / "manifest.jsonl")
    assert len(manifest) == FILES
    for line in manifest:
        path = tmp_path / line["path"]
        assert line["size"] == path.stat().st_size
        assert line["url"] == f"{server.tree}/{line['path']}"
        assert line["star"] == FIRST
        assert len(line["sha256"]) == 64
        assert pd.Timestamp(line["fetched"]).tz is not None
    assert lines(tmp_path / "complete.jsonl") == [
        {"star": FIRST, "mission": "kepler", "cadence": "long", "files": FILES}
    ]


def test_nothing_is_requested_twice(server, tmp_path):
    fetch(server, tmp_path, stars=2)
    before = len(server.requests)
    again = fetch(server, tmp_path, stars=3)
    assert (again.fetched, again.complete) == (FILES, 3)
    assert len(server.requests) == before + 1 + FILES  # the listing and the files of the third star
    assert len(lines(tmp_path / "manifest.jsonl")) == 3 * FILES


@pytest.mark.parametrize("fault", FAULTS)
def test_a_download_recovers_from_each_fault(fault, server, sky, tmp_path):
    few = sorted(sky.sizes(f"{FIRST:09d}"))[: 4 if fault in SLOW else FILES]
    server.fault = lambda path, n: fault if n == 0 and path.endswith(tuple(few)) else ""
    summary = fetch(server, tmp_path)
    assert (summary.fetched, summary.failed, summary.complete) == (FILES, 0, 1)
    assert count_valid_files(tmp_path, sky) == FILES
    assert list(tmp_path.glob("*/*/*.part*")) == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("404", r"status 404 \(Not Found\), although the archive lists the file"),
        ("500", r"status 500 \(Internal Server Error\)"),
        ("503", r"status 503 \(Service Unavailable\)"),
        ("stall", "the connection timed out"),
        ("truncated", "file is truncated"),
        ("other-star", f"the file belongs to star {FIRST + 1}, not to KIC {FIRST}"),
        ("html", "the archive returned a web page, not the file"),
    ],
)
def test_a_permanent_fault_is_a_row_with_its_reason(fault, reason, server, sky, tmp_path):
    bad = sorted(sky.sizes(f"{FIRST:09d}"))[3]
    server.fault = lambda path, n: fault if path.endswith(bad) else ""
    summary = fetch(server, tmp_path)
    assert (summary.fetched, summary.failed, summary.complete) == (FILES - 1, 1, 0)
    assert count_valid_files(tmp_path, sky) == FILES - 1
    missing = pd.read_csv(tmp_path / "missing.csv")
    assert missing[["star", "file"]].values.tolist() == [[f"KIC {FIRST}", bad]]
    assert re.search(reason, missing["reason"][0])
    assert server.seen[f"{MAST}9000/{FIRST}/{bad}"] == RETRY_POLICY.attempts
    server.fault = lambda path, n: ""
    assert fetch(server, tmp_path).fetched == 1
    assert not (tmp_path / "missing.csv").exists()


def test_thirty_stars_with_faults_in_a_tenth_of_the_requests(server, sky, tmp_path):
    server.fault = some_fail(0.1)
    summary = fetch(server, tmp_path, stars=30)
    good = count_valid_files(tmp_path, sky)
    missing = pd.read_csv(tmp_path / "missing.csv") if summary.missing else pd.DataFrame()
    assert summary.fetched == good
    assert summary.failed + summary.absent == len(missing)
    lost_stars = 0 if missing.empty else int(missing["file"].isna().sum())
    lost_files = len(missing) - lost_stars
    assert good + lost_files == (30 - lost_stars) * FILES
    assert list(tmp_path.rglob("*.part*")) == []


def test_a_star_missing_from_the_archive_is_listed(server, tmp_path):
    targets = [Target(FIRST), Target(757450)]
    summary = download(targets, tmp_path, server.tree, settings=SETTINGS, quiet=True)
    assert (summary.complete, summary.absent, summary.failed) == (1, 1, 0)
    assert (tmp_path / "missing.csv").read_text() == (
        "star,file,reason\nKIC 757450,,the archive has no files for KIC 757450\n"
    )


def test_a_star_without_short_cadence_files_is_listed(server, tmp_path):
    summary = fetch(server, tmp_path, cadence="short")
    assert summary.missing[0].reason == (
        f"the archive has no short-cadence light curves of KIC {FIRST}"
    )


def test_an_error_page_is_not_an_empty_listing(server, tmp_path):
    server.fault = lambda path, n: "html" if path.endswith("/") else ""
    summary = fetch(server, tmp_path)
    assert (summary.absent, summary.failed) == (0, 1)
    assert summary.missing[0].reason.endswith("did not return an index page")
    server.fault = lambda path, n: "truncated" if path.endswith("/") else ""
    assert fetch(server, tmp_path).missing[0].reason.endswith("returned a truncated index page")


def test_an_unavailable_archive_is_given_up(sky, tmp_path):
    with serving(ArchiveServer(sky)) as server:
        pass
    targets = [Target(number) for number in range(1, 201)]
    policy = RetryPolicy(attempts=2, first_wait=0.01)
    summary = download(
        targets, tmp_path, server.tree, settings=DownloadSettings(retry_policy=policy), quiet=True
    )
    assert summary.failed == 200
    reasons = pd.read_csv(tmp_path / "missing.csv")["reason"]
    assert "the server cannot be reached" in reasons[0]
    assert reasons.str.startswith("not tried, because ").sum() > 150


def test_a_plan_for_an_unavailable_archive_is_rejected(sky, tmp_path):
    with serving(ArchiveServer(sky)) as server:
        pass
    policy = RetryPolicy(attempts=2, first_wait=0.01)
    archive = IndexPages(HttpClient(1, policy), server.tree)
    message = r"the server cannot be reached \(no connection\); try again later, or check"
    with pytest.raises(ArchiveError, match=message) as caught:
        make_plan(archive, [Target(FIRST)], tmp_path, "long", 1, policy, threading.Event())
    assert caught.value.arguments == ("source",)


def test_an_invalid_file_is_quarantined_and_downloaded_again(server, sky, tmp_path):
    fetch(server, tmp_path, stars=2)
    paths = sorted(tmp_path.glob("9000/*/*.fits"))
    invalid = {paths[0]: paths[0].read_bytes()[:50_000], paths[1]: paths[-1].read_bytes()}
    for path, content in invalid.items():
        path.write_bytes(content)
    summary = fetch(server, tmp_path, stars=2)
    assert (summary.fetched, summary.complete) == (2, 2)
    assert count_valid_files(tmp_path, sky) == 2 * FILES
    assert sorted(summary.quarantined) == sorted(
        tmp_path / "quarantine" / path.relative_to(tmp_path) for path in invalid
    )
    assert {path.read_bytes() for path in summary.quarantined} == set(invalid.values())


def test_a_file_copied_to_the_folder_is_added_to_the_manifest(server, sky, tmp_path):
    star = f"{FIRST:09d}"
    name = sorted(sky.sizes(star))[0]
    (tmp_path / "9000" / star).mkdir(parents=True)
    (tmp_path / "9000" / star / name).write_bytes(sky.content(star, name) or b"")
    # The process was killed after it had renamed the file.
    (tmp_path / "9000" / star / f"{name}.part.json").write_text("{}")
    assert (summary := fetch(server, tmp_path)).kept == 1 and summary.fetched == FILES - 1
    assert len(lines(tmp_path / "manifest.jsonl")) == FILES
    assert not list(tmp_path.rglob("*.part*"))


def test_a_truncated_line_of_the_manifest_is_ignored(server, sky, tmp_path):
    fetch(server, tmp_path)
    (tmp_path / "complete.jsonl").unlink()
    manifest = tmp_path / "manifest.jsonl"
    whole = manifest.read_text()
    manifest.write_text(whole[:-40])
    assert fetch(server, tmp_path).kept == FILES
    good = []
    for line in manifest.read_text().splitlines():
        try:
            good.append(json.loads(line)["path"])
        except ValueError:
            assert whole[:-40].endswith(line)
    assert len(good) == len(set(good)) == FILES


def test_two_downloads_to_one_folder_are_rejected(server, tmp_path):
    from filelock import FileLock

    with FileLock(tmp_path / ".lock"), pytest.raises(ArchiveError) as caught:
        fetch(server, tmp_path)
    assert str(caught.value) == (
        f"another download is writing to {tmp_path}; wait until it ends, or choose another folder"
    )


def test_the_cloud_mirror_returns_the_same_files(server, sky, tmp_path):
    server.page_length = 4
    bucket = Bucket(HttpClient(2, RETRY_POLICY), server.url)
    targets = [Target(FIRST), Target(FIRST + 1), Target(1)]
    summary = download(targets, tmp_path, bucket, settings=SETTINGS, quiet=True)
    assert (summary.complete, summary.absent) == (2, 1)
    assert count_valid_files(tmp_path, sky) == 2 * FILES
    assert lines(tmp_path / "manifest.jsonl")[0]["url"].startswith(server.url + CLOUD)


def test_a_size_that_differs_from_the_listing_is_a_fault(server, sky, tmp_path, monkeypatch):
    sizes = sky.sizes(f"{FIRST:09d}")
    wrong = min(sizes)
    monkeypatch.setattr(sky, "sizes", lambda star: {**sizes, wrong: sizes[wrong] + 2880})
    bucket = Bucket(HttpClient(2, RETRY_POLICY), server.url)
    summary = download([Target(FIRST)], tmp_path, bucket, settings=SETTINGS, quiet=True)
    assert summary.failed == 1
    assert summary.missing[0].reason.endswith(
        f"the file has {sizes[wrong]} bytes, but the archive lists {sizes[wrong] + 2880} bytes"
    )


def test_a_local_mirror_is_copied(sky, tmp_path):
    targets = [Target(FIRST), Target(FIRST + 1)]
    out = tmp_path / "out"
    summary = download(targets, out, str(sky.folder), settings=SETTINGS, quiet=True)
    assert (summary.complete, summary.absent) == (1, 1)
    assert count_valid_files(out, sky) == FILES
    with fits.open(sorted(out.glob("*/*/*.fits"))[0]) as hdus:
        hdus.verify("exception")


def test_source_and_folder_must_differ(sky):
    message = "source and destination are both .*; choose another folder"
    with pytest.raises(ArchiveError, match=message) as caught:
        download([Target(FIRST)], sky.folder, str(sky.folder), quiet=True)
    assert caught.value.arguments == ("out",)
