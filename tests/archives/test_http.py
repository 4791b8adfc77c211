import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from archive_server import FIRST, MAST

from astronet.archives.faults import AbsentError, FaultError, Patience, asked_wait
from astronet.archives.http import HttpClient, _redirected, check_url
from astronet.archives.streams import StalePartError
from astronet.errors import ArchiveError


@pytest.fixture
def url(server, sky):
    return f"{server.tree}/9000/{FIRST}/{min(sky.sizes(str(FIRST)))}"


@pytest.fixture
def content(sky):
    return sky.content(str(FIRST), min(sky.sizes(str(FIRST))))


def client(**patience) -> HttpClient:
    return HttpClient(1, Patience(**{"stall": 0.3, **patience}))


def test_a_file_comes_whole_with_its_length_and_version(url, content):
    with client().open(url) as stream:
        assert (stream.start, stream.size) == (0, len(content))
        assert b"".join(stream.chunks) == content
        assert stream.validator.startswith('"')


def test_a_file_goes_on_where_it_stopped(url, content):
    asking = client()
    with asking.open(url) as stream:
        version = stream.validator
    with asking.open(url, 1000, version) as stream:
        assert (stream.start, stream.size) == (1000, len(content))
        assert b"".join(stream.chunks) == content[1000:]


def test_a_changed_file_comes_whole_again(url, content):
    with client().open(url, 1000, '"another version"') as stream:
        assert stream.start == 0 and b"".join(stream.chunks) == content


def test_a_range_beyond_the_end_is_stale(url, content):
    with client().open(url) as stream:
        version = stream.validator
    with pytest.raises(StalePartError, match="answered 416"), client().open(url, 10**9, version):
        pass


def test_statuses_are_told_apart(server, url):
    for fault, error in [("404", AbsentError), ("500", FaultError), ("503", FaultError)]:
        server.fault = lambda path, n, fault=fault: fault
        with pytest.raises(error, match=f"answered {fault}"), client().open(url):
            pass


@pytest.mark.parametrize("fault", ["stall", "reset", "short"])
def test_a_body_that_breaks_is_a_fault(fault, server, url):
    server.fault = lambda path, n: fault
    with (
        pytest.raises(FaultError, match="stalled|broke|ended early"),
        client().open(url) as stream,
    ):
        b"".join(stream.chunks)


def test_a_body_that_trickles_is_a_fault(server, url):
    server.fault = lambda path, n: "trickle"
    with (
        pytest.raises(FaultError, match="trickles: .* bytes in "),
        client(slowest=1e12).open(url) as stream,
    ):
        b"".join(stream.chunks)


def test_a_broken_answer_frees_its_connection(server, url, content):
    server.fault = lambda path, n: "reset" if n < 3 else ""
    asking = client()
    for _ in range(3):
        with pytest.raises(FaultError), asking.open(url) as stream:
            b"".join(stream.chunks)
    with asking.open(url) as stream:
        assert b"".join(stream.chunks) == content


def test_a_pause_that_the_server_asks_for_holds_every_request(server, url):
    server.fault = lambda path, n: "503" if n == 0 else ""
    asking = client(longest_obeyed=0.4)
    with pytest.raises(FaultError) as refusal, asking.open(url):
        pass
    assert refusal.value.wait == 1
    before = datetime.now(UTC)
    with asking.open(url):
        pass
    assert datetime.now(UTC) - before > timedelta(seconds=0.35)


def test_the_end_of_the_run_ends_a_pause(server, url):
    server.fault = lambda path, n: "503"
    asking = HttpClient(1, Patience())
    with pytest.raises(FaultError), asking.open(url):
        pass
    asking.patience = Patience()
    threading.Timer(0.1, asking.stop.set).start()
    with pytest.raises(ArchiveError, match="interrupted; run the same command again"):
        asking.page(url)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), ("99999999", 300), ("-3", None), ("soon", None), (None, None)],
)
def test_retry_after_in_seconds(header, seconds):
    assert Patience().obeyed(asked_wait(header)) == seconds


def test_retry_after_as_a_date():
    def date(seconds: float) -> str:
        return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)

    assert 17 < (asked_wait(date(20)) or 0) <= 20
    assert asked_wait(date(-1000)) == 0
    assert Patience().obeyed(asked_wait(date(10**8))) == 300


def test_waits_grow_with_jitter_and_stay_below_the_longest():
    def waits(patience: Patience) -> list[float]:
        retrying, seen = patience.retrying(threading.Event()), []
        retrying.sleep = seen.append
        with pytest.raises(FaultError):
            retrying(_fail)
        return seen

    def _fail():
        raise FaultError("again")

    seen = waits(Patience(attempts=9, first_wait=1, longest_wait=8))
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
    assert _redirected(here, location) == (there or location)


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
def test_redirects_elsewhere_are_refused(here, location):
    with pytest.raises(ArchiveError, match=r"redirects to .*, which is refused; check the address"):
        _redirected(here, location)


def test_a_refused_redirect_is_not_tried_again(server, url):
    server.fault = lambda path, n: "redirect file:///etc/passwd"
    with (
        pytest.raises(ArchiveError, match=r"redirects to 'file:///etc/passwd'") as refusal,
        client().open(url),
    ):
        pass
    assert not isinstance(refusal.value, FaultError)


def test_a_redirect_on_the_same_server_is_followed(server, url, content):
    server.fault = lambda path, n: (
        f"redirect {MAST}{url.rpartition('lightcurves/')[2]}?x" if "?" not in path else ""
    )
    with client().open(url) as stream:
        assert b"".join(stream.chunks) == content


def test_a_ring_of_redirects_ends(server, url):
    server.fault = lambda path, n: f"redirect {path}"
    with pytest.raises(ArchiveError, match="redirects more than 3 times"), client().open(url):
        pass


ADDRESSLESS = [
    *("file:///etc", "ftp://archive.stsci.edu", "https://", "x://y"),
    *("http://[::1", "http://localhost:99999", "http://localhost:port"),
]


@pytest.mark.parametrize("source", ADDRESSLESS)
def test_addresses_are_of_the_web(source):
    with pytest.raises(ArchiveError, match="is no address of an archive; give one with https://"):
        check_url(source)
