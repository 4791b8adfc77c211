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

Star = Annotated[
    str | None, typer.Option(help="Its number (KIC, EPIC, TIC), or the name of your own.")
]
Data = Annotated[Path | None, typer.Option(help="Folder of light curves, or a file of your own.")]
Period = Annotated[float | None, typer.Option(help="[days]")]
Epoch = Annotated[float | None, typer.Option(help="Middle of a transit [BKJD days].")]
Duration = Annotated[float | None, typer.Option(help="[days]; NASA's hours / 24.")]
OtherMission = Annotated[
    str | None, typer.Option(help="kepler, k2, tess or custom [default: the run's]")
]
Reader = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="How that mission's files are read; repeatable."),
]
