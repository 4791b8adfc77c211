"""Checks of downloaded files: complete, undamaged, and of the star and date in the name."""

import random
import re
from pathlib import Path

import numpy as np
import pytest

from astronet.errors import ArchiveError
from astronet.files.fits_checksums import with_checksum
from astronet.missions import MISSIONS
from astronet.missions.archive_files import check_archive_file
from astronet.simulation.kepler_writer import write_quarter

STAR = 1234


def check(path: Path, mission: str = "kepler", star: int = STAR, **options):
    spec = MISSIONS[mission].SPEC
    assert spec.archive is not None
    name = re.compile(spec.archive.file_names(spec.padded(star), "long"), re.ASCII)
    return check_archive_file(path, star, spec, name, **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of quarter 5, which ended on 2010 June 23 (BKJD 538.2)."""
    time = np.arange(443.5, 538.1, 0.5)
    return write_quarter(tmp_path, STAR, 5, {"TIME": time, "PDCSAP_FLUX": np.ones(len(time))})


def test_a_whole_file_passes_with_its_hash(path):
    checked = check(path)
    assert checked.size == path.stat().st_size
    assert len(checked.sha256) == 64 and checked.checksums
    assert check(path, data=False).sha256 == ""


def test_each_inverted_bit_is_found(path):
    content, generator = path.read_bytes(), random.Random(1)
    for _ in range(300):
        changed = bytearray(content)
        changed[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        path.write_bytes(changed)
        with pytest.raises(ArchiveError):
            check(path)


def test_a_block_of_zeros_within_the_data_is_found(path):
    content = bytearray(path.read_bytes())
    content[15_000:16_000] = bytes(1000)
    path.write_bytes(content)
    check(path, data=False)
    with pytest.raises(ArchiveError, match=r"is damaged \(HDU 1 does not agree with its CHECKSUM"):
        check(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c + c, "has 5 extensions, but its header states 2"),
        (lambda c: c[: c.rindex(b"XTENSION")], "is truncated"),
        (lambda c: c + bytes(2880), "is truncated|invalid header"),
        (lambda c: c[:-1], "is truncated"),
        (lambda c: b"<html>" + c, "is not a FITS file"),
        (lambda c: b"", "is not a FITS file"),
        (lambda c: c.replace(b"KEPLERID", b"KEPLERIX"), "has no keyword KEPLERID"),
        (
            lambda c: c.replace(b"     1234 ", b"     1235 "),
            "to star 1235, not to KIC 1234",
        ),
    ],
)
def test_other_lengths_and_stars_are_rejected(path, change, message):
    path.write_bytes(change(path.read_bytes()))
    for data in (True, False):
        with pytest.raises(ArchiveError, match=message):
            check(path, data=data)


def test_the_file_of_another_quarter_is_rejected(path):
    other = path.with_name(path.name.replace("2010174085026", "2010265121752"))
    path.rename(other)
    message = r"TSTOP is BKJD 538.*, which is more than 2 days from the date in the file name, so "
    with pytest.raises(ArchiveError, match=message + "the file contains another quarter"):
        check(other)


def test_a_quarter_without_data_has_no_date(tmp_path):
    check(write_quarter(tmp_path, STAR, 5, {"TIME": [np.nan, np.nan]}))


def test_a_file_without_checksums_is_only_partly_verified(path):
    path.write_bytes(path.read_bytes().replace(b"CHECKSUM=", b"CHECKSOM="))
    assert not check(path).checksums


def real_files(shared: Path) -> list[tuple[str, int, Path]]:
    kepler = [("kepler", int(p.name[4:13]), p) for p in (shared / "data/kepler").rglob("*.fits")]
    k2 = [("k2", int(p.name[4:13]), p) for p in (shared / "data/real_missions/k2").glob("ktwo*")]
    spoc = (shared / "data/real_missions/tess").glob("tess*_lc.fits")
    return kepler + k2 + [("tess", int(p.name[24:40]), p) for p in spoc]


def test_real_files_pass(shared):
    files = real_files(shared)
    assert len(files) == 184
    for mission, star, path in files:
        assert check(path, mission, star).checksums, path


def test_each_inverted_bit_in_real_files_is_found(shared, tmp_path):
    generator = random.Random(2)
    for mission, star, path in generator.sample(real_files(shared), 30):
        content = bytearray(path.read_bytes())
        content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        changed = tmp_path / path.name
        changed.write_bytes(content)
        with pytest.raises(ArchiveError):
            check(changed, mission, star)


@pytest.mark.parametrize(
    ("mission", "old", "new", "message"),
    [
        ("k2", "-c03_", "-c04_", "contains campaign 3, not campaign 4"),
        ("tess", "-s0001-", "-s0002-", "contains sector 1, not sector 2"),
        ("tess", "tess2018206", "tess2018234", "TSTART is BKJD .* so the file contains another se"),
    ],
)
def test_files_of_another_campaign_or_sector_are_rejected(
    shared, tmp_path, mission, old, new, message
):
    mission, star, path = next(file for file in real_files(shared) if file[0] == mission)
    renamed = tmp_path / path.name.replace(old, new)
    renamed.write_bytes(path.read_bytes())
    with pytest.raises(ArchiveError, match=message):
        check(renamed, mission, star)


@pytest.mark.parametrize("campaign", [91, 9])
def test_the_halves_of_a_campaign_can_have_its_number(shared, tmp_path, campaign):
    mission, star, path = next(file for file in real_files(shared) if file[0] == "k2")
    content = path.read_bytes()
    card = b"CAMPAIGN=                    3"
    assert card in content
    end = content.index(b"XTENSION")
    unit = content[:end].replace(card, b"CAMPAIGN=%21d" % campaign)
    renamed = tmp_path / path.name.replace("-c03_", "-c91_")
    renamed.write_bytes(with_checksum(unit) + content[end:])
    check(renamed, mission, star)
