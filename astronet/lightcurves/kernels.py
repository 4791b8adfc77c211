"""Compilation of numerical functions with numba, and the folder of their compiled code."""

import functools
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar

from numba import njit
from numba.core import event

Function = TypeVar("Function", bound=Callable[..., Any])

KERNELS: list[Any] = []
"""Compiled functions of all imported modules, as numba dispatchers."""

_logger = logging.getLogger("astronet")


def kernel(
    *, fastmath: Iterable[str] = (), checks_division: bool = True
) -> Callable[[Function], Function]:
    """Return a decorator that compiles a function when it is first called.

    The compiled code is saved in the first writable folder of `$NUMBA_CACHE_DIR`, the package's
    `__pycache__` and the user's cache folder, and is loaded by later processes. If none of them is
    writable, the function is compiled again in each process.

    Args:
        fastmath: Names of LLVM's fast-math flags, for example "reassoc"; none means IEEE 754.
        checks_division: Whether a division by zero raises an error as in Python. Without the check,
            the result is infinite or NaN, and loops with divisions compile to vector instructions.
    """

    def compiled(function: Function) -> Function:
        error_model: Literal["python", "numpy"] = "python" if checks_division else "numpy"
        dispatcher: Any = njit(
            nogil=True, fastmath=set(fastmath) or False, error_model=error_model
        )(function)
        try:
            dispatcher.enable_caching()
        except RuntimeError as error:  # numba's error if no folder is writable
            if "no locator available" not in str(error):
                raise
        KERNELS.append(dispatcher)
        compiled_function: Function = dispatcher
        return compiled_function

    return compiled


def cache_folder() -> Path | None:
    """Return a folder in which compiled code is saved; None if no folder is writable."""
    paths = [kernel.stats.cache_path for kernel in KERNELS]
    return Path(paths[0]) if paths and paths[0] else None


def compilations() -> int:
    """Return the number of compilations in this process; loading compiled code does not count."""
    return sum(sum(kernel.stats.cache_misses.values()) for kernel in KERNELS)


@functools.cache
def announce() -> None:
    """Log once per process that kernels are being compiled, and how to avoid it."""
    if cache_folder() is None:
        _logger.info(
            "compiling numerical kernels, which takes about 15 s in every process because no "
            "folder for compiled code is writable; set NUMBA_CACHE_DIR to a writable folder"
        )
    else:
        _logger.info(
            "compiling numerical kernels, which takes about 15 s once per environment; "
            "`astronet warm-up` compiles them ahead of time"
        )


class _Announcement(event.Listener):
    """Listener that calls `announce` when a kernel of this package is compiled."""

    def on_start(self, event: Any) -> None:
        """Announce the compilation if the function is a kernel of this package."""
        if event.data["dispatcher"] in KERNELS:
            announce()

    def on_end(self, event: Any) -> None:
        """Do nothing."""


event.register("numba:compile", _Announcement())  # type: ignore[no-untyped-call]
