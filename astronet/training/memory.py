"""Memory-allocator settings for training."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Parameter numbers of `mallopt`, from glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for reuse.

    With other C libraries, this function does nothing.

    The gradient of AstroNet's first dense layer takes 34 MB. By default, glibc returns a block of
    this size to the system after every step, and training is slowed by a page fault for every page
    of the next block. To measure the speed of training, run `python -m benchmarks.training`.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
