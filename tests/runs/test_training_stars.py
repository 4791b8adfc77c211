"""Hashes of the stars of a training set."""

import numpy as np
import pytest

import astronet
from astronet.errors import RunError
from astronet.runs.shipped import load_shipped
from astronet.runs.training_stars import (
    read_training_stars,
    seen,
    star_hashes,
    write_training_stars,
)


def test_a_hash_is_that_of_the_catalogue_and_the_number():
    """The first 16 hexadecimal digits of `printf 'KIC 11446443' | sha256sum`."""
    assert star_hashes("kepler", [11446443]).tolist() == [0xD872F142730FCB63]


def test_stars_of_other_catalogues_are_unknown(tmp_path):
    path = tmp_path / "stars.npy"
    write_training_stars(path, "kepler", [7, 5, 7])
    hashes = read_training_stars(path)
    assert len(hashes) == 2
    assert seen([(hashes, "kepler")], "kepler", [5, 6, 7]) == [True, False, True]
    assert seen([(hashes, "kepler")], "tess", [5, 6, 7]) == [None, None, None]
    assert seen([(hashes, "kepler"), (None, "kepler")], "kepler", [5, 6]) == [True, None]


def test_names_of_custom_stars_are_hashed(tmp_path):
    write_training_stars(tmp_path / "stars.npy", "custom", ["mine"])
    hashes = read_training_stars(tmp_path / "stars.npy")
    assert seen([(hashes, "custom")], "custom", ["mine", 1]) == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\x93NUMPY\x01\x00",
        *(
            b"\x93NUMPY\x01\x00v\x00" + header.ljust(117).encode() + b"\n"
            for header in (
                "{'descr': (",
                "{1: 2}",
                "[]",
                "{'descr': '<u8', 'fortran_order': 0, 'shape': 'x'}",
            )
        ),
    ],
)
def test_a_damaged_file_is_an_error(tmp_path, content):
    (tmp_path / "stars.npy").write_bytes(content)
    with pytest.raises(RunError, match="is corrupt; restore it, or train again"):
        read_training_stars(tmp_path / "stars.npy")
    assert read_training_stars(tmp_path / "missing.npy") is None


@pytest.mark.parametrize("name", ["pretrained", "pretrained-scalars"])
def test_the_shipped_weights_know_their_stars(name):
    shipped = load_shipped(name)
    assert len(shipped.training_stars) == shipped.description.trained_on.stars
    assert np.all(np.diff(shipped.training_stars) > 0)


def test_a_planet_host_of_dr24_was_seen_in_training():
    """KIC 757450 hosts Kepler-75 b; the other number is not in the KIC."""
    scorer = astronet.load("pretrained")
    assert scorer.seen_in_training([757450, 99999999], "kepler") == [True, False]
