"""Options that several commands share, so that they read alike everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="YAML file, see configs/.")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]…", help="Settings that win over the file's."),
]
Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN…",
        help="Run folders; averaged. Shipped weights go by their name, for example pretrained, "
        "unless a path is called so.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes [default: all processors].")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the store.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on after an interruption.")]
