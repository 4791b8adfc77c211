import io
import warnings

import numpy as np
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from astronet.files.fits_checksums import encoded, is_intact, ones_complement_sum, with_checksum


def unit(seed: int, size: int) -> bytes:
    """Return a header-data unit that astropy has written with a checksum."""
    values = np.random.default_rng(seed).integers(0, 255, (3, size)).astype(np.uint8)
    hdu, content = fits.PrimaryHDU(values), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hdu.add_checksum(override_datasum=True)
        hdu.writeto(content)
    return content.getvalue()


def test_sums_carry_from_the_highest_bit_to_the_lowest():
    assert ones_complement_sum(bytes([0, 0, 0, 1, 0, 0, 0, 2])) == 3
    assert ones_complement_sum(bytes([255, 255, 255, 255, 0, 0, 0, 2])) == 2
    assert ones_complement_sum(bytes(8)) == 0


@given(st.integers(0, 2**32 - 1))
def test_encoded_sums_are_letters_and_digits(total):
    assert encoded(total).isalnum() and encoded(total).isascii() and len(encoded(total)) == 16


@given(st.integers(0, 2**31), st.integers(1, 999))
def test_checksums_equal_those_of_astropy(seed, size):
    content = unit(seed, size)
    assert is_intact(content)
    start = content.index(b"CHECKSUM= '") + 11
    assert with_checksum(content[:start] + b"0" * 16 + content[start + 16 :]) == content


@given(st.integers(0, 2**31), st.data())
def test_a_single_inverted_bit_is_always_found(seed, data):
    content = bytearray(unit(seed, 99))
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    assert not is_intact(content)
