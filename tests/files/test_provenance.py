import google_crc32c
import pytest
from samples import Archive

from astronet.errors import AstronetError, LightCurveError
from astronet.files.provenance import source_file
from astronet.missions.custom import CustomReader
from astronet.missions.custom import read_star as read_custom
from astronet.missions.kepler import list_files, read_star


def first_star(archive: Archive) -> int:
    return int(sorted(archive.light_curves.glob("*/*"))[0].name)


def test_sources_are_all_files_with_their_checksums(archive: Archive) -> None:
    star = first_star(archive)
    sources = read_star(archive.light_curves, star).sources
    files = list_files(archive.light_curves, star)
    assert [archive.light_curves / source.path for source in sources] == files
    assert [source.size for source in sources] == [file.stat().st_size for file in files]
    checksums = [f"{google_crc32c.value(file.read_bytes()):08x}" for file in files]
    assert [source.crc32c for source in sources] == checksums


def test_checksum_agrees_with_the_standard(tmp_path) -> None:
    source = source_file(tmp_path / "in" / "zeros", bytes(32), tmp_path)
    assert source == ("in/zeros", 32, "8a9136aa")  # RFC 3720, B.4


def test_path_of_a_file_outside_the_folder_is_complete(tmp_path) -> None:
    path = tmp_path / "zeros"
    assert source_file(path, b"", tmp_path / "folder").path == path.as_posix()
    assert source_file(path, b"", path).path == path.as_posix()


def test_sources_include_a_truncated_file(archive: Archive, tmp_path) -> None:
    star = first_star(archive)
    file = list_files(archive.light_curves, star)[0]
    copy = tmp_path / file.name
    copy.write_bytes(file.read_bytes()[:20000])
    with pytest.raises(AstronetError, match="is truncated") as caught:
        read_star(tmp_path, star)
    assert [(source.path, source.size) for source in caught.value.sources] == [(copy.name, 20000)]


def test_sources_include_files_read_before_a_truncated_one(archive: Archive, tmp_path) -> None:
    star = first_star(archive)
    first, second, third = list_files(archive.light_curves, star)[:3]
    for file in (first, third):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / second.name).write_bytes(second.read_bytes()[:20000])
    with pytest.raises(AstronetError, match="is truncated") as caught:
        read_star(tmp_path, star)
    assert [source.path for source in caught.value.sources] == [first.name, second.name]


def test_sources_include_files_without_a_usable_point(tmp_path) -> None:
    (tmp_path / "mine.csv").write_text("time,flux\n1400,\n")
    with pytest.raises(LightCurveError, match="no point has") as caught:
        read_custom(tmp_path, "mine", CustomReader(clock="btjd"))
    assert [source.path for source in caught.value.sources] == ["mine.csv"]


def test_error_without_files_has_no_sources(tmp_path) -> None:
    with pytest.raises(AstronetError, match=".* is not a folder") as caught:
        read_star(tmp_path / "none", 1)
    assert caught.value.sources == ()
