"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        help="YAML config: a path, or a name that comes with the package, such as astronet-dr24.",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]…",
        help="Settings that replace those of the config, for example training.epochs=10.",
    ),
]
Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN…",
        help="Run folders, or names of shipped weights such as pretrained; the scores of several "
        "are averaged.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Number of worker processes [default: one per processor]."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing store.")]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")]

Star = Annotated[
    str | None,
    typer.Option(help="Catalogue number of the star (KIC, EPIC, TIC), or its name for custom."),
]
Data = Annotated[
    Path | None, typer.Option(help="Folder of light curves, or one light curve of your own.")
]
Period = Annotated[float | None, typer.Option(help="Orbital period [days].")]
Epoch = Annotated[float | None, typer.Option(help="Mid-transit time of any transit [BKJD, days].")]
Duration = Annotated[
    float | None, typer.Option(help="Transit duration [days]; NASA's tables give hours.")
]
OtherMission = Annotated[
    str | None,
    typer.Option(
        help="Mission of the light curves: kepler, k2, tess or custom [default: the run's]."
    ),
]
Reader = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="Option of that mission's reader, for example clock=btjd; can be repeated.",
    ),
]
