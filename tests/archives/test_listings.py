"""Names in a listing are untrusted: files are only written to the folder of the star."""

import pytest
from archive_server import FIRST, index_page
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.archives.cloud import Bucket
from astronet.archives.faults import AbsentError, FaultError, RetryPolicy
from astronet.archives.http import HttpClient
from astronet.archives.mast import IndexPages
from astronet.archives.search import SearchedArchive
from astronet.archives.streams import RemoteFile
from astronet.archives.tap import TapService
from astronet.archives.targets import Target

STAR = f"{FIRST:09d}"
GOOD = f"kplr{STAR}-2009131105131_llc.fits"
BAD = [
    f"../../{GOOD}",
    f"/etc/{GOOD}",
    f"..%2F..%2F{GOOD}x",
    f"..\\..\\{GOOD}",
    f"C:\\{GOOD}",
    "../../x",
    "/etc/passwd",
    f"{GOOD}\n",
    f"{GOOD}\0",
    f"kplr{STAR}-２００９131105131_llc.fits",  # digits, but not ASCII
    f"kplr{STAR}-2009131105131_slc.fits",
    f"kplr{FIRST + 1}-2009131105131_llc.fits",
    GOOD.upper(),
]


class Pages(HttpClient):
    """A client that returns the same text for every page."""

    def __init__(self, text: str) -> None:
        super().__init__(1, RetryPolicy())
        self.text = text

    def page(self, url: str) -> str:
        return self.text


def listed_by_index_page(names: list[str]) -> list[RemoteFile]:
    page = index_page(f"/pub/kepler/lightcurves/9000/{STAR}/", dict.fromkeys(names, 150_000))
    return IndexPages(Pages(page.decode()), "https://example.org").list_files(Target(FIRST), "long")


def listed_by_bucket(names: list[str]) -> list[RemoteFile]:
    prefix = f"kepler/public/lightcurves/9000/{STAR}/"
    keys = "".join(
        f"<Contents><Key>{prefix}{name}</Key><Size>150000</Size></Contents>" for name in names
    )
    page = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{keys}</ListBucketResult>'
    return Bucket(Pages(page), "https://example.org").list_files(Target(FIRST), "long")


def test_an_index_page_gives_names_and_approximate_sizes():
    [file] = listed_by_index_page([GOOD])
    assert file.url == f"https://example.org/9000/{STAR}/{GOOD}"
    assert str(file.path) == f"9000/{STAR}/{GOOD}"
    assert file.size is None and file.estimate == 146 * 1024


def test_a_bucket_gives_names_and_exact_sizes():
    [file] = listed_by_bucket([GOOD])
    assert file.url == f"https://example.org/kepler/public/lightcurves/9000/{STAR}/{GOOD}"
    assert file.size == 150_000


@pytest.mark.parametrize("name", [name for name in BAD if "\0" not in name])
def test_other_names_in_a_bucket_are_ignored(name):
    assert [file.name for file in listed_by_bucket([GOOD, name])] == [GOOD]


@pytest.mark.parametrize("name", BAD)
def test_no_link_of_an_index_page_leaves_the_folder(name):
    for file in listed_by_index_page([GOOD, name]):
        assert str(file.path) == f"9000/{STAR}/{GOOD}"
        assert file.url == f"https://example.org/9000/{STAR}/{GOOD}"


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_no_text_leaves_the_folder(name):
    pattern = Target(FIRST).file_names("long")
    for text in (name, f"../{name}", f"kplr{STAR}-{name}", f"{GOOD}{name}"):
        if pattern.fullmatch(text):
            assert "/" not in text and "\\" not in text and text.isascii()


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_any_page_is_a_listing_or_an_error(text):
    for archive in (IndexPages(Pages(text), "https://example.org"), Bucket(Pages(text))):
        with pytest.raises((FaultError, AbsentError)):
            archive.list_files(Target(FIRST), "long")


@pytest.mark.parametrize(
    "damage",
    ['<a href="http://[::1">x</a>', "<![x", "<![CDATA[", "<!", f"<a href=x>{'9' * 5000}</a>"],
)
def test_a_damaged_index_page_is_a_listing_or_an_error(damage):
    page = index_page(f"/pub/kepler/lightcurves/9000/{STAR}/", {GOOD: 150_000}).decode()
    for text in (damage + page, page.replace("</table>", f"{damage}</table>")):
        try:
            files = IndexPages(Pages(text), "https://example.org").list_files(Target(FIRST), "long")
        except FaultError:
            continue
        assert {file.name for file in files} <= {GOOD}


@pytest.mark.parametrize("size", ["9" * 5000, "-1", "1.5", "", "٣", "1e9"])
def test_a_bucket_with_impossible_sizes_is_rejected(size):
    key = f"kepler/public/lightcurves/9000/{STAR}/{GOOD}"
    page = (
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents>'
        f"<Key>{key}</Key><Size>{size}</Size></Contents></ListBucketResult>"
    )
    with pytest.raises(FaultError, match="the listing gives no size for"):
        Bucket(Pages(page), "https://example.org").list_files(Target(FIRST), "long")


@pytest.mark.parametrize("text", ["9" * 5000, "<html>", "", "-1", "٣", "1.5"])
def test_a_number_of_rows_that_is_not_one_is_a_fault(text):
    with pytest.raises(FaultError, match="instead of the number of rows"):
        TapService(Pages(text), "https://example.org").count_rows("toi")


def test_entity_expansion_is_rejected():
    bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><ListBucketResult>&b;'
    with pytest.raises(FaultError, match="did not return a listing of files"):
        Bucket(Pages(bomb)).list_files(Target(FIRST), "long")


def test_a_search_gives_urls_of_the_file_service():
    name = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"
    rows = [(name, f"mast:TESS/product/{name}", 2_000_000), ("../x_lc.fits", "mast:x", 1)]
    archive = SearchedArchive(HttpClient(), "https://example.org/file")
    [file] = archive.files(Target(25155310, "tess"), "long", rows)
    assert file.url == f"https://example.org/file?uri=mast%3ATESS%2Fproduct%2F{name}"
    assert str(file.path) == f"0000000025155310/{name}"
    with pytest.raises(AbsentError, match="no short-cadence light curves of TIC 25155310"):
        archive.files(Target(25155310, "tess"), "short", rows)
