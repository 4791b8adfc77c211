"""Reader that loads .npz arrays in blocks of rows, because numpy cannot memory-map them."""

import lzma
import math
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.errors import AstronetError, StoreError, one_line
from astronet.files.expansion import ExpansionError, check_zip
from astronet.files.gzipped import MAX_RATIO, most_bytes
from astronet.lightcurves.arrays import Views

BLOCK_ROWS = 512
"""Maximum number of rows per block; an array in Fortran order is always read as one block."""

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_CORRUPT = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),  # from the zip archive
    *(ValueError, TypeError, SyntaxError, TokenError),  # from an array's header
)


@dataclass(frozen=True)
class Member:
    """Array in an .npz file, described by its header.

    Attributes:
        npz: Path of the .npz file.
        name: Name of the array.
        shape: Shape of the array.
        dtype: Data type of the array in the file.
        fortran: Whether the array is stored in Fortran order.
    """

    npz: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool

    @property
    def kind(self) -> str:
        """Kind of the data type, as in `numpy.dtype.kind`; for example, "f" for floating point."""
        return self.dtype.kind

    def read(self) -> NDArray[Any]:
        """Return the whole array; byte strings are decoded as Latin-1.

        Raises:
            StoreError: The file is missing or corrupt.
        """
        with _opened(self.npz, self.name) as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
            _read_to_the_end(file)
            if self.kind == "U":
                _check_characters(array)
        return np.char.decode(array, "latin-1") if self.kind == "S" else array

    def blocks(self) -> Iterator[Views]:
        """Yield the rows of a two-dimensional array in blocks, float32 [k, bins].

        An array in Fortran order is read and yielded as one block.

        Raises:
            StoreError: The file is missing or corrupt.
        """
        if self.fortran:
            with np.errstate(over="ignore"):
                yield self.read().astype(np.float32)
            return
        with _opened(self.npz, self.name) as file:
            _read_header(file)
            row_bytes = self.dtype.itemsize * self.shape[1]
            for start in range(0, self.shape[0], BLOCK_ROWS):
                rows = min(BLOCK_ROWS, self.shape[0] - start)
                data = file.read(rows * row_bytes)
                if len(data) < rows * row_bytes:
                    raise EOFError
                block = np.frombuffer(data, self.dtype).reshape(rows, -1)
                with np.errstate(over="ignore"):
                    yield block.astype(np.float32)
            _read_to_the_end(file)


def read_members(npz: Path) -> dict[str, Member]:
    """Return descriptions of the arrays in an .npz file, by name.

    Only the headers of the arrays are read. Corrupt values are detected later, by `Member.read` and
    `Member.blocks`.

    Raises:
        StoreError: The file is missing or corrupt, or its arrays are too large for its size.
    """
    members = {}
    with _reading(npz), zipfile.ZipFile(npz) as archive:
        check_zip(npz)
        names = archive.namelist()
        sizes = {one.filename: one.file_size for one in archive.infolist()}
        if max(sizes.values(), default=0) > most_bytes(npz.stat().st_size):
            raise ValueError(f"it decompresses to more than {MAX_RATIO} times its size")
        # numpy uses no other compressions; LZMA could allocate gigabytes for a dictionary.
        if any(one.compress_type not in _COMPRESSIONS for one in archive.infolist()):
            raise ValueError("it uses a compression method other than deflate")
        # A zip archive contains each name twice; zipfile raises an error if the two differ.
        for name in names:
            archive.open(name).close()
    for name in (name.removesuffix(".npy") for name in names if name.endswith(".npy")):
        with _opened(npz, name) as file:
            shape, fortran, dtype = _read_header(file)
            _check_size(file, sizes[f"{name}.npy"], shape, dtype)
        members[name] = Member(npz, name, shape, dtype, fortran)
    return members


def _check_characters(texts: NDArray[Any]) -> None:
    """Raise a ValueError if texts contain numbers that are not characters.

    Python would raise a SystemError when such a text is used.
    """
    codes = np.ascontiguousarray(texts).astype(texts.dtype.newbyteorder("=")).view(np.uint32)
    if ((codes > sys.maxunicode) | ((codes >= 0xD800) & (codes <= 0xDFFF))).any():
        raise ValueError("a text contains invalid characters")


def _check_size(file: Any, size: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise a ValueError if an array is larger than the rest of its member of the zip archive.

    Otherwise, memory for an array of any size would be allocated before its values are read.

    Args:
        file: Member of the archive, read up to the first value.
        size: Uncompressed size of the member [bytes].
        shape: Shape of the array according to its header.
        dtype: Data type of the array according to its header.
    """
    if any(length < 0 for length in shape):
        raise ValueError(f"an array has the shape {shape}")
    if dtype.itemsize == 0 and math.prod(shape) > size:  # texts without characters
        raise ValueError("an array of empty values has an impossible shape")
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize > size - file.tell():
        raise ValueError("an array is shorter than its header states")


@contextmanager
def _opened(npz: Path, name: str) -> Iterator[Any]:
    with _reading(npz), zipfile.ZipFile(npz) as archive, archive.open(f"{name}.npy") as file:
        yield file


@contextmanager
def _reading(npz: Path) -> Iterator[None]:
    """Convert errors raised in the `with` block by a missing or corrupt file to a StoreError."""
    try:
        yield
    except AstronetError:
        raise
    except FileNotFoundError:
        raise StoreError(f"{npz} does not exist; check the path") from None
    except ExpansionError as error:
        raise StoreError(f"{npz} {error}; write it with numpy.savez") from None
    except _CORRUPT as error:
        cause = f" ({one_line(error)})" if str(error) else ""
        raise StoreError(
            f"{npz} is not a complete .npz file of plain arrays{cause}; write it with numpy.savez"
        ) from None
    except (NotImplementedError, RuntimeError, LookupError, MemoryError):  # encrypted, or too large
        raise StoreError(f"{npz} cannot be decompressed; write it with numpy.savez") from None


def _read_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)
    raise ValueError(f"unsupported version {version} of the .npy format")


def _read_to_the_end(file: Any) -> None:
    """Read past the last value of an array, so that zipfile verifies the array's checksum.

    Raises:
        ValueError: The array is longer than its header states.
    """
    if file.read(1):
        raise ValueError("an array is longer than its header states")
