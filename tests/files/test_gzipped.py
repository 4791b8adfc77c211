import gzip

import pytest

from astronet.files import gzipped
from astronet.files.gzipped import GzipError, gunzip, is_gzipped, unzipped_beginning


@pytest.mark.parametrize("content", [b"", b"kepid\n", bytes(100_000)])
def test_decompressing_inverts_compressing(content: bytes) -> None:
    assert is_gzipped(gzip.compress(content))
    assert not is_gzipped(content)
    assert gunzip(gzip.compress(content)) == content


@pytest.mark.parametrize("kept", [2, 10, 20])
def test_truncated_file_is_rejected(kept: int) -> None:
    with pytest.raises(GzipError, match=f"^is a corrupt gzip file of {kept} bytes$"):
        gunzip(gzip.compress(b"kepid\n1\n" * 9)[:kept])


def test_the_decompressed_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzipped, "MAX_BYTES", 1000)
    assert gunzip(gzip.compress(bytes(1000))) == bytes(1000)
    with pytest.raises(GzipError, match="more than 1 GiB"):
        gunzip(gzip.compress(bytes(1001)))


def test_beginning_of_a_file_is_decompressed(tmp_path):
    for content in (b"abcdef", gzip.compress(b"abcdef")):
        (tmp_path / "a").write_bytes(content)
        assert unzipped_beginning(tmp_path / "a", 3) == b"abc"
    (tmp_path / "a").write_bytes(gzip.compress(b"abcdef")[:9])
    assert unzipped_beginning(tmp_path / "a", 3) == unzipped_beginning(tmp_path / "no", 3) == b""


@pytest.mark.parametrize("size", [2**22 + 1, 2**26])
def test_a_content_that_no_table_has_is_rejected(size):
    """A file of zeros compresses by a factor of 1,000; light curves and tables by less than 10."""
    with pytest.raises(GzipError, match="decompresses to more than 100 times its size"):
        gunzip(gzip.compress(bytes(size)))


def test_small_contents_and_those_of_usual_ratios_are_accepted():
    assert len(gunzip(gzip.compress(bytes(2**22)))) == 2**22
    rows = "".join(f"{1000 + 0.02 * n:.6f},1.0\n" for n in range(400_000)).encode()
    assert len(rows) > 2**22 and gunzip(gzip.compress(rows, 1)) == rows
