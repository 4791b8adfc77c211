"""Command that compiles the numerical kernels ahead of time."""

from astronet.cli.messages import echo
from astronet.errors import counted


def warm_up() -> None:
    """Compile the numerical kernels ahead of time, so that the first command starts quickly.

    The compiled code is saved in the first of these folders that is writable: `$NUMBA_CACHE_DIR`,
    the package's `__pycache__` folders, and the user's cache folder.

    Example: `astronet warm-up`
    """
    from astronet.warm_up import warm_up as compile_all

    done = compile_all()
    before = done.kernels - done.compiled
    echo(
        f"{counted(done.compiled, 'kernel')} compiled in {done.seconds:.0f} s, {before} already "
        f"compiled; saved in {done.folder}"
    )
