"""Options of downloads: limits, alternatives, proxies, certificates, logs and further listings."""

import ctypes
import json
import os
import ssl
import subprocess
import sys

import pandas as pd
import pytest
import trustme
from archive_server import FILES, FIRST, MAST, ArchiveServer, Sky
from downloading import RETRY_POLICY, SETTINGS, count_valid_files, fetch
from local_server import serving

from astronet.archives.faults import FaultError, RetryPolicy
from astronet.archives.http import HttpClient, Network
from astronet.archives.limits import parse_size
from astronet.archives.settings import DownloadSettings
from astronet.archives.targets import Target
from astronet.download import download
from astronet.errors import ArchiveError, RunError


def settings(**changed) -> DownloadSettings:
    return DownloadSettings(retry_policy=RETRY_POLICY, **changed)


@pytest.mark.parametrize(
    ("text", "size"),
    [("17", 17), ("500k", 500_000), ("20M", 20_000_000), ("1.5 GB", 1_500_000_000), ("3K", 3000)],
)
def test_sizes_are_read_with_units(text, size):
    assert parse_size(text, "max_size") == size


@pytest.mark.parametrize("text", ["", "0", "-1", "5T", "1e9", "five", "0.0001k", "٣"])
def test_invalid_sizes_are_rejected(text):
    with pytest.raises(ArchiveError, match="is not a size; give a number of bytes such") as error:
        parse_size(text, "max_size")
    assert error.value.arguments == ("max_size",)


def test_a_rate_below_the_minimum_is_rejected():
    with pytest.raises(ArchiveError, match="the maximum rate is 9000 bytes/s; give at least 10k"):
        DownloadSettings.from_text(limit_rate="9k")


def test_larger_files_are_not_downloaded(server, sky, tmp_path):
    sizes = sky.sizes(f"{FIRST:09d}")
    most = sorted(sizes.values())[FILES // 2]
    fitting = sum(size <= most for size in sizes.values())
    assert fitting < FILES
    options = settings(max_size=most)
    summary = download([Target(FIRST)], tmp_path, server.tree, settings=options, quiet=True)
    assert (summary.fetched, summary.failed) == (fitting, FILES - fitting)
    assert all("more than the maximum" in row.reason for row in summary.missing)
    assert max(server.seen.values()) == 1  # a further attempt would not help


def test_the_number_of_attempts_and_the_timeouts_can_be_set(server, tmp_path):
    server.fault = lambda path, n: "500" if path.endswith(".fits") else ""
    policy = RetryPolicy(first_wait=0.01).with_limits(retries=2, timeout=7)
    assert (policy.attempts, policy.stall, policy.headers) == (3, 7, 7)
    options = DownloadSettings(retry_policy=policy)
    download([Target(FIRST)], tmp_path, server.tree, settings=options, quiet=True)
    assert {n for path, n in server.seen.items() if path.endswith(".fits")} == {3}


def test_no_further_downloads_are_started_after_too_many_failures(server, tmp_path):
    server.fault = lambda path, n: "404" if path.endswith("llc.fits") else ""
    options = settings(max_errors=3, connections=1)
    targets = [Target(FIRST + k) for k in range(10)]
    summary = download(targets, tmp_path, server.tree, settings=options, quiet=True)
    reasons = pd.read_csv(tmp_path / "missing.csv")["reason"]
    assert (reasons == "not tried, because 3 downloads failed").sum() == len(reasons) - 3
    assert summary.failed == len(reasons) == FILES + 9


@pytest.mark.parametrize("fault", ["flip", "404", "stall"])
def test_a_file_that_the_source_cannot_provide_comes_from_the_fallback(
    fault, server, sky, tmp_path
):
    bad = sorted(sky.sizes(f"{FIRST:09d}"))[3]
    server.fault = lambda path, n: fault if path.endswith(bad) else ""
    with serving(ArchiveServer(sky)) as other:
        summary = fetch(server, tmp_path, fallback=other.tree)
        assert (summary.fetched, summary.complete) == (FILES, 1)
        assert [request.path[-len(bad) :] for request in other.requests] == [bad]
    assert count_valid_files(tmp_path, sky) == FILES
    rows = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert [row["path"][-len(bad) :] for row in rows if row["url"].startswith(other.tree)] == [bad]


def test_an_unreachable_fallback_is_not_an_absent_star(sky, tmp_path):
    targets = [Target(FIRST), Target(FIRST + 1)]  # the folder has only the first one
    options = settings()
    summary = download(
        *(targets, tmp_path / "out", str(sky.folder)),
        fallback="http://127.0.0.1:1",
        settings=options,
        quiet=True,
    )
    assert (summary.complete, summary.absent, summary.failed) == (1, 0, 1)
    assert "cannot be reached (no connection)" in summary.missing[0].reason


def test_a_refresh_needs_the_lists_of_all_archives(server, tmp_path):
    fetch(server, tmp_path)
    summary = fetch(server, tmp_path, fallback="http://127.0.0.1:1", refresh=True)
    assert (summary.complete, summary.failed) == (0, 1)


def test_a_damaged_file_of_a_local_mirror_comes_from_the_fallback(server, sky, tmp_path):
    mirror = tmp_path / "mirror"
    fetch(server, mirror)
    bad = sorted(mirror.glob("*/*/*.fits"))[2]
    bad.write_bytes(b"garbage")
    out = tmp_path / "out"
    summary = download(
        [Target(FIRST)], out, str(mirror), fallback=server.tree, settings=settings(), quiet=True
    )
    assert summary.fetched == FILES and count_valid_files(out, sky) == FILES


def test_the_reasons_of_both_archives_are_reported(server, sky, tmp_path):
    bad = sorted(sky.sizes(f"{FIRST:09d}"))[3]
    server.fault = lambda path, n: "500" if path.endswith(bad) else ""
    with serving(ArchiveServer(sky, lambda path, n: "404" if path.endswith(bad) else "")) as other:
        summary = fetch(server, tmp_path, fallback=other.tree)
    assert "status 500" in summary.missing[0].reason and "status 404" in summary.missing[0].reason


def test_the_list_can_come_from_the_fallback(server, sky, tmp_path):
    server.fault = lambda path, n: "404" if path.endswith("/") else ""
    with serving(ArchiveServer(sky)) as other:
        assert fetch(server, tmp_path, fallback=other.tree).complete == 1
    assert len(server.files_sent()) == FILES  # files still come from the source


@pytest.mark.parametrize(("source", "mission"), [("mast", "tess"), ("nowhere", "kepler")])
def test_archives_that_cannot_be_a_fallback_are_rejected(source, mission, tmp_path):
    with pytest.raises(ArchiveError, match="cannot be a fallback|does not exist") as caught:
        download([Target(1, mission)], tmp_path / "out", "http://localhost", fallback=source)
    assert {"fallback", "source"} & set(caught.value.arguments)


class ShortList(Sky):
    """The files of another sky, of which only the first eleven are listed."""

    def __init__(self, sky: Sky) -> None:
        self.sky = sky

    def sizes(self, star: str) -> dict[str, int]:
        return dict(list(self.sky.sizes(star).items())[:11])

    def content(self, star: str, name: str) -> bytes | None:
        return self.sky.content(star, name)


def test_a_short_list_is_reported_and_can_be_refreshed(server, sky, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "sky", ShortList(sky))
    first = fetch(server, tmp_path)
    assert (first.fetched, first.complete, first.few) == (11, 1, 1)
    assert first.fewest == (Target(FIRST), 11)
    monkeypatch.setattr(server, "sky", sky)
    assert fetch(server, tmp_path).few == 1  # not listed again
    second = fetch(server, tmp_path, refresh=True)
    assert (second.fetched, second.kept, second.few) == (FILES - 11, 11, 0)
    assert count_valid_files(tmp_path, sky) == FILES
    assert fetch(server, tmp_path).fetched == 0


def test_a_refreshed_list_that_is_shorter_keeps_all_files(server, sky, tmp_path, monkeypatch):
    fetch(server, tmp_path)
    monkeypatch.setattr(server, "sky", ShortList(sky))
    summary = fetch(server, tmp_path, refresh=True)
    assert len(summary.unlisted) == FILES - 11 and summary.quarantined == []
    assert count_valid_files(tmp_path, sky) == FILES
    requests = len(server.requests)
    assert fetch(server, tmp_path).complete == 1 and len(server.requests) == requests


def test_a_refresh_merges_the_lists_of_both_archives(server, sky, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "sky", ShortList(sky))
    with serving(ArchiveServer(sky)) as other:
        summary = fetch(server, tmp_path, fallback=other.tree, refresh=True)
    assert (summary.fetched, summary.complete) == (FILES, 1)


def test_requests_go_through_the_proxy(server, sky, tmp_path):
    options = settings(network=Network(proxy=server.url))
    source = "http://archive.example.org" + MAST
    summary = download([Target(FIRST)], tmp_path, source, settings=options, quiet=True)
    assert summary.fetched == FILES and count_valid_files(tmp_path, sky) == FILES


def test_the_proxy_of_the_environment_is_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    assert f"kplr{FIRST}" in HttpClient().page(f"http://example.org{MAST}9000/{FIRST}/")


@pytest.mark.parametrize(
    "proxy", ["proxy", "file:///etc/passwd", "http://", "http://a b", "http://ä:1", "http://a\0"]
)
def test_invalid_proxies_are_rejected(proxy):
    with pytest.raises(ArchiveError, match="is not the URL of a proxy") as caught:
        Network(proxy=proxy)
    assert caught.value.arguments == ("proxy",)


@pytest.fixture
def secure(sky, tmp_path):
    """An archive server with a certificate that is signed by an unknown authority."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = ArchiveServer(sky)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield server.tree.replace("http://127.0.0.1", "https://localhost"), tmp_path / "ca.pem"


def test_certificates_of_unknown_authorities_are_rejected(secure, tmp_path):
    url, _ = secure
    summary = download([Target(FIRST)], tmp_path / "out", url, settings=SETTINGS, quiet=True)
    assert "the certificate of the server could not be verified" in summary.missing[0].reason


@pytest.mark.parametrize("by", ["option", "environment"])
def test_the_certificates_of_further_authorities_can_be_given(secure, by, tmp_path, monkeypatch):
    url, ca_file = secure
    network = Network(ca_file=ca_file) if by == "option" else Network()
    if by == "environment":
        monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    options = settings(network=network)
    summary = download([Target(FIRST)], tmp_path / "out", url, settings=options, quiet=True)
    assert summary.fetched == FILES


def test_a_file_without_certificates_is_rejected(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificates")
    with pytest.raises(ArchiveError, match="contains no certificates; give a file in PEM") as error:
        Network(ca_file=tmp_path / "ca.pem")
    assert error.value.arguments == ("ca_file",)


def test_an_unreachable_proxy_is_named():
    http = HttpClient(1, RETRY_POLICY, network=Network(proxy="http://127.0.0.1:1"))
    with pytest.raises(FaultError, match=r"the proxy 127\.0\.0\.1 cannot be reached"):
        http.page("http://example.org/")


def test_a_missing_file_of_certificates_is_rejected(tmp_path):
    with pytest.raises(ArchiveError, match="the file of certificates .* does not exist; correct"):
        Network(ca_file=tmp_path / "ca.pem")


def test_the_log_has_a_line_for_each_file_and_star(server, sky, tmp_path):
    bad = sorted(sky.sizes(f"{FIRST:09d}"))[3]
    server.fault = lambda path, n: "404" if path.endswith(bad) else ""
    log = tmp_path / "logs" / "log.jsonl"
    fetch(server, tmp_path / "out", log=log)
    server.fault = lambda path, n: ""
    fetch(server, tmp_path / "out", log=log)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [row["event"] for row in rows].count("start") == 2
    files = [row for row in rows if row["event"] == "file"]
    assert [row["state"] for row in files].count("fetched") == FILES
    [failed] = [row for row in files if row["state"] == "failed"]
    assert failed["file"] == bad and "404" in failed["reason"] and failed["url"].endswith(bad)
    fetched = next(row for row in files if row["state"] == "fetched")
    assert fetched["bytes"] > 0 and fetched["attempts"] == 1 and fetched["star"] == FIRST
    assert [row["state"] for row in rows if row["event"] == "star"] == ["incomplete", "complete"]
    assert rows[-1] | {"time": ""} == {
        "time": "", "event": "end", "complete": 1, "fetched": 1, "failed": 0,
    }  # fmt: skip


def test_a_log_that_cannot_be_written_is_rejected(server, tmp_path):
    with pytest.raises(RunError, match="the log .* cannot be written") as caught:
        fetch(server, tmp_path / "out", log=tmp_path)
    assert caught.value.arguments == ("log",)


def _without_privileges() -> None:
    """Take the right to write to read-only files from root, for the process that is started."""
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@pytest.fixture
def read_only(server, tmp_path):
    """A folder, and a function that runs the command after it was made read-only."""
    folder = tmp_path / "out"
    fetch(server, folder)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        command = [sys.executable, "-m", "astronet", "download", "--stars", str(FIRST)]
        return subprocess.run(
            [*command, "--source", server.tree, "--out", str(folder), *words],
            capture_output=True,
            text=True,
            preexec_fn=_without_privileges if os.geteuid() == 0 else None,
        )

    yield folder, run
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)


def test_a_read_only_folder_can_be_verified(read_only):
    folder, run = read_only
    before = sorted(folder.rglob("*"))
    ended = run("--verify")
    assert ended.returncode == 0, ended.stderr
    assert f"{folder} is not writable, so its files were only checked" in ended.stdout
    assert f"{FILES} files verified by SHA-256 hash, 0 by FITS checksum" in ended.stdout
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("complete", [True, False])
def test_damage_in_a_read_only_folder_is_reported(read_only, complete):
    folder, run = read_only
    path = sorted(folder.glob("*/*/*.fits"))[1]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    if not complete:
        (folder / "complete.jsonl").unlink()
    ended = run("--verify")
    assert ended.returncode == 1
    assert f"{path.name} is damaged" in ended.stdout
    assert path.read_bytes() == content and "run the same command" not in ended.stdout
