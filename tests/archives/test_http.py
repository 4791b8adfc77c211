import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from archive_server import FIRST, MAST

from astronet.archives.addresses import check_url, redirected
from astronet.archives.faults import AbsentError, FaultError, RetryPolicy, requested_wait
from astronet.archives.http import HttpClient
from astronet.archives.streams import StalePartError
from astronet.errors import ArchiveError


@pytest.fixture
def url(server, sky):
    return f"{server.tree}/9000/{FIRST}/{min(sky.sizes(str(FIRST)))}"


@pytest.fixture
def content(sky):
    return sky.content(str(FIRST), min(sky.sizes(str(FIRST))))


def client(**settings) -> HttpClient:
    return HttpClient(1, RetryPolicy(**{"stall": 0.3, "headers": 1, **settings}))


def test_a_file_is_streamed_with_its_size_and_version(url, content):
    with client().open(url) as stream:
        assert (stream.start, stream.size) == (0, len(content))
        assert b"".join(stream.chunks) == content
        assert stream.validator.startswith('"')


def test_a_file_is_resumed_at_the_requested_byte(url, content):
    http = client()
    with http.open(url) as stream:
        version = stream.validator
    with http.open(url, 1000, version) as stream:
        assert (stream.start, stream.size) == (1000, len(content))
        assert b"".join(stream.chunks) == content[1000:]


def test_a_changed_file_is_streamed_from_the_start(url, content):
    with client().open(url, 1000, '"another version"') as stream:
        assert stream.start == 0 and b"".join(stream.chunks) == content


def test_a_range_beyond_the_end_is_stale(url, content):
    with client().open(url) as stream:
        version = stream.validator
    with pytest.raises(StalePartError, match="HTTP status 416"), client().open(url, 10**9, version):
        pass


def test_each_status_raises_its_own_exception(server, url):
    for fault, error in [("404", AbsentError), ("500", FaultError), ("503", FaultError)]:
        server.fault = lambda path, n, fault=fault: fault
        with pytest.raises(error, match=f"HTTP status {fault}"), client().open(url):
            pass


@pytest.mark.parametrize("fault", ["stall", "reset", "short"])
def test_an_interrupted_body_is_a_fault(fault, server, url):
    server.fault = lambda path, n: fault
    with (
        pytest.raises(FaultError, match="timed out|failed|ended early"),
        client().open(url) as stream,
    ):
        b"".join(stream.chunks)


def test_a_slow_body_is_a_fault(server, url):
    server.fault = lambda path, n: "trickle"
    with (
        pytest.raises(FaultError, match=r"the transfer is too slow \(.* bytes in "),
        client(slowest=1e12).open(url) as stream,
    ):
        b"".join(stream.chunks)


def test_an_interrupted_response_releases_its_connection(server, url, content):
    server.fault = lambda path, n: "reset" if n < 3 else ""
    http = client()
    for _ in range(3):
        with pytest.raises(FaultError), http.open(url) as stream:
            b"".join(stream.chunks)
    with http.open(url) as stream:
        assert b"".join(stream.chunks) == content


def test_a_pause_requested_by_the_server_delays_every_request(server, url):
    server.fault = lambda path, n: "503" if n == 0 else ""
    http = client(longest_requested_wait=0.4)
    with pytest.raises(FaultError) as caught, http.open(url):
        pass
    assert caught.value.wait == 1
    before = datetime.now(UTC)
    with http.open(url):
        pass
    assert datetime.now(UTC) - before > timedelta(seconds=0.35)


def test_a_pause_ends_when_the_run_is_interrupted(server, url):
    server.fault = lambda path, n: "503"
    http = HttpClient(1, RetryPolicy())
    with pytest.raises(FaultError), http.open(url):
        pass
    http.retry_policy = RetryPolicy()
    threading.Timer(0.1, http.stop.set).start()
    with pytest.raises(ArchiveError, match="interrupted; run the same command again"):
        http.page(url)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), ("99999999", 300), ("-3", None), ("soon", None), ("", None)],
)
def test_retry_after_is_read_in_seconds(header, seconds):
    assert RetryPolicy().limited(requested_wait(header)) == seconds


def test_retry_after_is_read_as_a_date():
    def date(seconds: float) -> str:
        return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)

    assert 17 < (requested_wait(date(20)) or 0) <= 20
    assert requested_wait(date(-1000)) == 0
    assert RetryPolicy().limited(requested_wait(date(10**8))) == 300


def test_waits_grow_with_jitter_up_to_the_maximum():
    def waits(policy: RetryPolicy) -> list[float]:
        retrying, seen = policy.retrying(threading.Event()), []
        retrying.sleep = seen.append
        with pytest.raises(FaultError):
            retrying(_fail)
        return seen

    def _fail():
        raise FaultError("again")

    seen = waits(RetryPolicy(attempts=9, first_wait=1, longest_wait=8))
    assert len(seen) == 8
    assert all(0 <= wait <= min(2**k, 8) for k, wait in enumerate(seen))
    assert len(set(seen)) == 8


@pytest.mark.parametrize(
    ("here", "location", "there"),
    [
        ("https://archive.stsci.edu/a", "/b", "https://archive.stsci.edu/b"),
        ("http://archive.stsci.edu/a", "https://archive.stsci.edu/a", None),
        ("https://mast.stsci.edu/a", "https://stpubdata.s3.amazonaws.com/x?y=1", None),
        ("http://localhost:8000/a", "http://localhost:8000/a/", None),
    ],
)
def test_redirects_within_the_archive_are_followed(here, location, there):
    assert redirected(here, location) == (there or location)


@pytest.mark.parametrize(
    ("here", "location"),
    [
        ("https://archive.stsci.edu/a", "http://archive.stsci.edu/a"),
        ("https://archive.stsci.edu/a", "file:///etc/passwd"),
        ("https://archive.stsci.edu/a", "ftp://archive.stsci.edu/a"),
        ("https://archive.stsci.edu/a", "https://example.org/a"),
        ("https://archive.stsci.edu/a", "//example.org/a"),
        ("https://archive.stsci.edu/a", "https://notstsci.edu/a"),
        ("http://localhost:8000/a", "http://localhost:22/a"),
        ("http://localhost:8000/a", "http://169.254.169.254/latest/meta-data"),
    ],
)
def test_redirects_to_untrusted_addresses_are_rejected(here, location):
    with pytest.raises(ArchiveError, match=r"redirects to .*, which is not trusted; ch"):
        redirected(here, location)


def test_a_rejected_redirect_is_not_retried(server, url):
    server.fault = lambda path, n: "redirect file:///etc/passwd"
    with (
        pytest.raises(ArchiveError, match=r"redirects to 'file:///etc/passwd'") as caught,
        client().open(url),
    ):
        pass
    assert not isinstance(caught.value, FaultError)


def test_a_redirect_on_the_same_server_is_followed(server, url, content):
    server.fault = lambda path, n: (
        f"redirect {MAST}{url.rpartition('lightcurves/')[2]}?x" if "?" not in path else ""
    )
    with client().open(url) as stream:
        assert b"".join(stream.chunks) == content


def test_a_redirect_loop_is_rejected(server, url):
    server.fault = lambda path, n: f"redirect {path}"
    with pytest.raises(ArchiveError, match="redirects more than 3 times"), client().open(url):
        pass


INVALID_URLS = [
    *("file:///etc", "ftp://archive.stsci.edu", "https://", "x://y"),
    *("http://[::1", "http://localhost:99999", "http://localhost:port", "http://exämple.org"),
]


@pytest.mark.parametrize("source", INVALID_URLS)
def test_invalid_urls_are_rejected(source):
    message = "is not a valid http or https URL; correct its scheme, host or port"
    with pytest.raises(ArchiveError, match=message) as caught:
        check_url(source)
    assert caught.value.arguments == ("source", "url")


@pytest.mark.parametrize("location", ["http://[::1/", "http://localhost:99999/", "", "/ä"])
def test_a_redirect_to_an_invalid_address_is_a_fault(location):
    with pytest.raises(FaultError, match="which is not a valid address"):
        redirected("http://localhost:8000/a", location)


def test_connections_are_shared_by_more_threads_than_there_are(server, url, content):
    http = HttpClient(8, RetryPolicy())

    def fetched(_: int) -> bytes:
        with http.open(url) as stream:
            return b"".join(stream.chunks)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(fetched, range(80))) == {content}
    assert len(http._idle) <= 8
