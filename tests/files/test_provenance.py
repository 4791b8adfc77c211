import google_crc32c
import pytest
from samples import Archive

from astronet.errors import ArchiveError
from astronet.files.provenance import note_source, noted_sources
from astronet.missions.kepler import list_files, read_light_curve


def a_star(archive: Archive) -> int:
    return int(sorted(archive.light_curves.glob("*/*"))[0].name)


def test_every_file_that_is_read_is_noted_with_its_checksum(archive: Archive) -> None:
    star = a_star(archive)
    with noted_sources(archive.light_curves) as sources:
        read_light_curve(archive.light_curves, star)
    files = list_files(archive.light_curves, star)
    assert [archive.light_curves / source.path for source in sources] == files
    assert [source.size for source in sources] == [file.stat().st_size for file in files]
    checksums = [f"{google_crc32c.value(file.read_bytes()):08x}" for file in files]
    assert [source.crc32c for source in sources] == checksums


def test_the_checksum_is_the_one_of_the_standard(tmp_path) -> None:
    with noted_sources(tmp_path) as sources:
        note_source(tmp_path / "zeros", bytes(32))
    assert sources == [("zeros", 32, "8a9136aa")]  # RFC 3720, B.4


def test_a_damaged_file_is_noted_too(archive: Archive, tmp_path) -> None:
    star = a_star(archive)
    file = list_files(archive.light_curves, star)[0]
    copy = tmp_path / file.name
    copy.write_bytes(file.read_bytes()[:20000])
    with noted_sources(tmp_path) as sources, pytest.raises(ArchiveError, match="is cut short"):
        read_light_curve(tmp_path, star)
    assert [(source.path, source.size) for source in sources] == [(copy.name, 20000)]


def test_nothing_is_noted_outside_of_the_block(tmp_path) -> None:
    with noted_sources(tmp_path) as sources:
        pass
    note_source(tmp_path / "file", b"content")
    assert sources == []
