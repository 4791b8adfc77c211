"""Command that compiles the numerical kernels ahead."""

import typer

from astronet.errors import counted


def warm_up() -> None:
    """Compile the numerical kernels ahead, so that the first command in a container starts fast.

    The compiled code is saved in the first writable folder of $NUMBA_CACHE_DIR, the package's
    __pycache__ and the user's cache folder.

    Example: `astronet warm-up`
    """
    from astronet.warm_up import warm_up as compile_all

    done = compile_all()
    before = done.kernels - done.compiled
    typer.echo(
        f"{counted(done.compiled, 'kernel')} compiled in {done.seconds:.0f} s, {before} already "
        f"compiled; saved in {done.folder}"
    )
