"""Reading of .npy files that may be corrupt."""

import math
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np


def read_array(path: Path) -> "np.memmap[Any, Any] | None":
    """Return the array in a .npy file as a memory map; None if the file is corrupt or truncated.

    Raises:
        FileNotFoundError: The file does not exist.
    """
    try:
        with path.open("rb") as file:
            _check_header(file, path.stat().st_size)
        return np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise
    except (  # numpy parses the header as a Python literal
        ValueError,
        EOFError,
        OSError,
        SyntaxError,
        TypeError,
        AttributeError,
        TokenError,
        OverflowError,
        MemoryError,
        RecursionError,
    ):
        return None


def _check_header(file: IO[bytes], size: int) -> None:
    """Raise an error if the values of an array cannot be in its file.

    An array of values without bytes, such as texts without characters, can have any shape, for
    which numpy would need any amount of time or memory, or divide by zero.

    Args:
        file: Open .npy file.
        size: Size of the file [bytes].

    Raises:
        ValueError: The values have no bytes, a length is negative, or the file is too small.
    """
    if np.lib.format.read_magic(file) == (1, 0):
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, kind = np.lib.format.read_array_header_2_0(file)
    if kind.itemsize == 0 or any(length < 0 for length in shape):
        raise ValueError("the array has no values, or a negative length")
    if math.prod(shape) * kind.itemsize > size - file.tell():
        raise ValueError("the array is larger than the file")
