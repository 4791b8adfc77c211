"""Command-line options shared by several commands."""

from pathlib import Path
from typing import Annotated

import typer

from astronet.missions import MISSIONS

_NAMES = ", ".join([*MISSIONS][:-1]) + f" or {[*MISSIONS][-1]}"

Config = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        help="YAML config: a path, or the name of a config in the package, such as astronet-dr24.",
    ),
]
SourceOverrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Settings that replace those of the config, for example source.catalog=tce.csv or "
        "source.catalog=toi (the newest snapshot of this table).",
    ),
]
TrainingOverrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Settings that replace those of the config, for example training.epochs=10.",
    ),
]
Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN",
        help="Run folders, or names of shipped weights (pretrained, pretrained-scalars); the "
        "scores of several runs are averaged.",
    ),
]
OptionalRuns = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="RUN",
        help="Run folders, or names of shipped weights (pretrained, pretrained-scalars), that "
        "score the candidates; the scores of several runs are averaged.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Maximum number of workers [default: one per available CPU]."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing output.")]
Star = Annotated[
    str | None,
    typer.Option(
        help="Catalogue number of the star (such as its KIC or TIC number), or its name if "
        "--mission is custom."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="Folder of light curves, or a single file if --mission is custom."),
]
DataOrUrl = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="Folder of light curves, or a single file if --mission is custom: a path, or a URL "
        "that begins with s3://, gs://, https:// or file://.",
    ),
]
Period = Annotated[float | None, typer.Option(help="Orbital period [days].")]
Epoch = Annotated[
    float | None,
    typer.Option(
        help="Mid-time of any transit [days, BKJD = BJD − 2454833; if --mission is custom, in the "
        "time system of the light curve, given by --reader clock=…]."
    ),
]
Duration = Annotated[
    float | None,
    typer.Option(
        help="Transit duration [days]; the NASA Exoplanet Archive lists it in hours.",
    ),
]
Others = Annotated[
    Path | None,
    typer.Option(
        help="Event table with the other events of --star, such as candidates.csv: a path, or the "
        "name of a table that `astronet catalog fetch` saved. Without it, they are unknown."
    ),
]
OtherMission = Annotated[
    str | None,
    typer.Option(help=f"Mission of the light curves: {_NAMES} [default: that of the run]."),
]
Reader = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="Option of the light-curve reader for the mission given by --mission, for example "
        "clock=btjd; can be repeated.",
    ),
]
VettingPages = Annotated[
    Path | None,
    typer.Option(
        "--vet",
        help="Folder of vetting pages, to which the report links its incorrectly classified "
        "events.",
    ),
]
Retries = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Further attempts after a failure [default: 5]."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=1,
        metavar="SECONDS",
        help="Close a connection after this time without data or complete headers [default: 30 for "
        "light curves, 60 for tables].",
    ),
]
Proxy = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="Proxy [default: environment variables HTTPS_PROXY and HTTP_PROXY]."
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        help="Certificates of trusted authorities (PEM) [default: environment variable "
        "SSL_CERT_FILE, or the package certifi]."
    ),
]
ShardText = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Compute only shard I of N, for example in a job array; to write the files, run the "
        "same command without --shard and with --resume when all shards are finished.",
    ),
]
Log = Annotated[
    Path | None,
    typer.Option(help="Append the rate and each failure to this log file (JSON Lines)."),
]
ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Dask cluster that processes the stars: local:N, the address of a scheduler such as "
        "tcp://host:8786, or its scheduler file; cannot be combined with --workers.",
    ),
]
