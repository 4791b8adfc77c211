"""What becomes of memory between the steps of a training."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Names of glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Lets the process keep what it frees, where the C library is glibc; elsewhere does nothing.

    The gradient of AstroNet's first dense layer takes 34 MB. By default glibc gives so large a
    block back to the system after every step, and each page of the next is a fault:
    `python -m benchmarks.training` shows what that costs.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
