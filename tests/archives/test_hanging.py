"""Servers that send nothing, too slowly, or ask for long waits never block a download."""

import signal
import subprocess
import sys
import threading
import time

import pytest
from archive_server import FILES, FIRST
from downloading import SETTINGS, count_valid_files, fetch
from local_server import HEADERS

from astronet.archives.faults import FaultError, RetryPolicy, requested_wait
from astronet.archives.http import HttpClient
from astronet.archives.limits import RateLimit
from astronet.archives.settings import DownloadSettings
from astronet.archives.targets import Target
from astronet.download import download


@pytest.mark.parametrize("fault", HEADERS)
def test_headers_without_an_end_are_a_fault(fault, server):
    server.fault = lambda path, n: fault
    http, start = HttpClient(1, RetryPolicy(headers=0.3)), time.monotonic()
    with pytest.raises(FaultError, match="headers of the response were not complete|failed"):
        http.page(f"{server.tree}/9000/{FIRST}/")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("fault", ["503-now", "503-past"])
def test_a_requested_wait_of_zero_does_not_shorten_the_wait(fault, server, tmp_path):
    policy = RetryPolicy(attempts=4, first_wait=0.2)
    server.fault = lambda path, n: fault
    settings, start = DownloadSettings(retry_policy=policy), time.monotonic()
    download([Target(FIRST)], tmp_path, server.tree, settings=settings, quiet=True)
    # The waits are random, between 0 and 0.2 + 0.4 + 0.8 s in all.
    assert time.monotonic() - start > 0.02
    assert len(server.requests) == 4


def test_the_longer_of_the_requested_wait_and_the_backoff_counts():
    waits: list[float] = []
    policy = RetryPolicy(attempts=6, first_wait=10)
    retrying = policy.retrying(threading.Event())
    retrying.sleep = waits.append

    def fail():
        raise FaultError("again", wait=0)

    with pytest.raises(FaultError):
        retrying(fail)
    assert len(waits) == 5 and sum(waits) > 1  # of 310 s at most


def test_a_date_is_relative_to_the_clock_of_the_server():
    later, now = "Fri, 27 Nov 2026 10:00:30 GMT", "Fri, 27 Nov 2026 10:00:00 GMT"
    assert requested_wait(later, now) == 30
    assert requested_wait(now, later) == 0
    assert requested_wait(later, "no date") == requested_wait(later)


COMMAND = (
    "from astronet.cli import main; import sys; sys.argv = ['astronet', 'download', *sys.argv[1:]];"
    "main()"
)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("stall", []),
        ("silent", []),
        ("continue", []),
        ("503-tomorrow", []),
        ("stall", ["--dry-run"]),
    ],
)
def test_ctrl_c_ends_a_waiting_download_within_two_seconds(fault, words, server, tmp_path):
    end = "/" if words else ".fits"
    server.fault = lambda path, n: fault if path.endswith(end) else ""
    command = [sys.executable, "-c", COMMAND, "--stars", f"{FIRST},{FIRST + 1}", *words]
    process = subprocess.Popen(
        [*command, "--source", server.tree, "--out", str(tmp_path / "out")],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(request.path.endswith(end) for request in server.requests):
        time.sleep(0.01)
    time.sleep(0.5)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - start < 2
    assert process.returncode != 0 and "Traceback" not in errors
    if fault == "503-tomorrow":
        assert "the server requested a wait: all connections pause for 300 s" in errors


def test_the_progress_bar_shows_what_is_waited_for(server, tmp_path, capsys):
    from rich.text import Text

    from astronet.progress import _Waiting

    client = HttpClient()
    client.pause.extend(4)
    from astronet.download import _waiting

    assert _Waiting(_waiting(client)).render(None) == Text("waiting 4 s (requested by the server)")
    assert _waiting(HttpClient())() == ""


def test_a_rate_limit_delays_bytes_but_not_the_first_one():
    limit, start = RateLimit(1e6, threading.Event()), time.monotonic()
    for _ in range(3):
        limit.take(100_000)
    assert 0.29 < time.monotonic() - start < 1


def test_a_rate_limit_is_shared_by_all_connections(server, sky, tmp_path):
    size = sum(sky.sizes(f"{FIRST:09d}").values())
    settings = DownloadSettings.from_text(connections=4, limit_rate=f"{2 * size // 1000}k")
    start = time.monotonic()
    download([Target(FIRST)], tmp_path, server.tree, settings=settings, quiet=True)
    assert time.monotonic() - start > 0.45
    assert count_valid_files(tmp_path, sky) == FILES


def test_a_retried_file_is_complete_in_spite_of_all_faults(server, sky, tmp_path):
    slow = sorted(sky.sizes(f"{FIRST:09d}"))[-1]
    server.fault = lambda path, n: HEADERS[n] if path.endswith(slow) and n < len(HEADERS) else ""
    assert fetch(server, tmp_path).fetched == FILES
    assert count_valid_files(tmp_path, sky) == FILES
    assert SETTINGS.retry_policy.attempts > len(HEADERS)


def test_an_error_during_one_body_does_not_block_the_next_request(server, sky):
    """The error is kept, as during the wait before a retry, and with it the unfinished body."""
    http, kept, found = HttpClient(2), [], []
    folder = f"{server.tree}/9000/{FIRST}/"

    def request():
        for name in sorted(sky.sizes(f"{FIRST:09d}"))[:3]:
            try:
                with http.open(folder + name) as stream:
                    next(iter(stream.chunks))
                    raise FaultError("the file is too large")
            except FaultError as error:
                kept.append(error)
        found.append(http.page(folder))

    thread = threading.Thread(target=request, daemon=True)
    thread.start()
    thread.join(5)
    assert len(kept) == 3
    assert found
