"""Names in a listing come from strangers: they lead nowhere but to the star's folder."""

import pytest
from archive_server import FIRST, index_page
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.archives.cloud import Bucket
from astronet.archives.faults import AbsentError, FaultError, Patience
from astronet.archives.http import HttpClient
from astronet.archives.mast import IndexPages
from astronet.archives.search import SearchedArchive
from astronet.archives.streams import RemoteFile
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
    f"kplr{STAR}-２００９131105131_llc.fits",  # digits, but not ours
    f"kplr{STAR}-2009131105131_slc.fits",
    f"kplr{FIRST + 1}-2009131105131_llc.fits",
    GOOD.upper(),
]


class Pages(HttpClient):
    """A client whose every page is the same text."""

    def __init__(self, text: str) -> None:
        super().__init__(1, Patience())
        self.text = text

    def page(self, url: str) -> str:
        return self.text


def of_tree(names: list[str]) -> list[RemoteFile]:
    page = index_page(f"/pub/kepler/lightcurves/9000/{STAR}/", dict.fromkeys(names, 150_000))
    return IndexPages(Pages(page.decode()), "https://example.org").list_files(Target(FIRST), "long")


def of_cloud(names: list[str]) -> list[RemoteFile]:
    prefix = f"kepler/public/lightcurves/9000/{STAR}/"
    keys = "".join(
        f"<Contents><Key>{prefix}{name}</Key><Size>150000</Size></Contents>" for name in names
    )
    page = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{keys}</ListBucketResult>'
    return Bucket(Pages(page), "https://example.org").list_files(Target(FIRST), "long")


def test_an_index_gives_names_and_about_how_long_they_are():
    [file] = of_tree([GOOD])
    assert file.url == f"https://example.org/9000/{STAR}/{GOOD}"
    assert str(file.path) == f"9000/{STAR}/{GOOD}"
    assert file.size is None and file.estimate == 146 * 1024


def test_a_bucket_gives_names_and_lengths():
    [file] = of_cloud([GOOD])
    assert file.url == f"https://example.org/kepler/public/lightcurves/9000/{STAR}/{GOOD}"
    assert file.size == 150_000


@pytest.mark.parametrize("name", [name for name in BAD if "\0" not in name])
def test_other_names_are_left_alone_in_a_bucket(name):
    assert [file.name for file in of_cloud([GOOD, name])] == [GOOD]


@pytest.mark.parametrize("name", BAD)
def test_no_link_of_an_index_leads_out_of_the_folder(name):
    for file in of_tree([GOOD, name]):
        assert str(file.path) == f"9000/{STAR}/{GOOD}"
        assert file.url == f"https://example.org/9000/{STAR}/{GOOD}"


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_no_text_at_all_leads_out_of_the_folder(name):
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


def test_a_bomb_of_entities_is_no_listing():
    bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><ListBucketResult>&b;'
    with pytest.raises(FaultError, match="another page than a listing"):
        Bucket(Pages(bomb)).list_files(Target(FIRST), "long")


def test_a_search_gives_addresses_of_the_service():
    name = "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"
    rows = [(name, f"mast:TESS/product/{name}", 2_000_000), ("../x_lc.fits", "mast:x", 1)]
    archive = SearchedArchive(HttpClient(), "https://example.org/file")
    [file] = archive.files(Target(25155310, "tess"), "long", rows)
    assert file.url == f"https://example.org/file?uri=mast%3ATESS%2Fproduct%2F{name}"
    assert str(file.path) == f"0000000025155310/{name}"
    with pytest.raises(AbsentError, match="no short-cadence file of TIC 25155310"):
        archive.files(Target(25155310, "tess"), "short", rows)
