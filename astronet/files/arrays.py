"""Reading of .npy files that may be corrupt."""

from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np


def read_array(path: Path) -> "np.memmap[Any, Any] | None":
    """Return the array in a .npy file as a memory map; None if the file is corrupt or truncated.

    Raises:
        FileNotFoundError: The file does not exist.
    """
    try:
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
