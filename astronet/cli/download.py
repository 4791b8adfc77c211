"""The command that downloads light curves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.archives.targets import Cadence, Target
from astronet.cli.messages import command_line, echo
from astronet.cli.options import CaFile, Proxy, Retries, Timeout
from astronet.errors import ArchiveError, printable
from astronet.missions import DEFAULT_MISSION, MISSIONS

if TYPE_CHECKING:
    from astronet.archives.summary import Summary


def download(
    catalog: Annotated[
        Path | None,
        typer.Option(
            help="Event table that lists the stars to download: a path, or the name of a table "
            "that `astronet catalog fetch` saved (its newest snapshot is used)."
        ),
    ] = None,
    stars: Annotated[
        list[str] | None,
        typer.Option(
            help=(
                "Catalogue numbers (such as KIC or TIC numbers) or names of stars, separated by "
                "commas; can be repeated."
            )
        ),
    ] = None,
    labels: Annotated[
        str,
        typer.Option(
            help="Labels of the events in --catalog to include, such as PC,AFP [default: all]."
        ),
    ] = "",
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Download a random sample of N stars.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the sample.")] = 0,
    source: Annotated[
        str,
        typer.Option(
            help=(
                "Archive of the light curves: mast, cloud (AWS), a folder, or the URL of a mirror."
            )
        ),
    ] = "mast",
    mission: Annotated[
        str, typer.Option(help="Mission that observed the stars, for example tess.")
    ] = DEFAULT_MISSION,
    cadence: Annotated[
        Cadence,
        typer.Option(
            help="Cadence of the light curves: long or short (29.4 min or 58.8 s for Kepler and "
            "K2, 2 min or 20 s for TESS)."
        ),
    ] = "long",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the light curves [default: data/raw/MISSION].")
    ] = None,
    connections: Annotated[
        int, typer.Option(min=1, max=16, help="Number of parallel connections.")
    ] = 4,
    fallback: Annotated[
        str | None,
        typer.Option(
            help="Archive for files that --source cannot provide: cloud, mast, a folder, or the "
            "URL of a mirror."
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Check the data of existing files by the SHA-256 hashes in manifest.jsonl and the "
            "checksums in the files; files that differ are quarantined and downloaded again.",
        ),
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="List the files of complete stars again, in --source and --fallback.",
        ),
    ] = False,
    retries: Retries = None,
    timeout: Timeout = None,
    limit_rate: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Maximum total transfer rate per second, such as 5M."),
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Maximum size of a file [default: 100M]."),
    ] = None,
    max_errors: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Stop after N failed files or stars."),
    ] = None,
    proxy: Proxy = None,
    ca_file: CaFile = None,
    log: Annotated[
        Path | None,
        typer.Option(help="Append one line per file and star to this log file (JSON Lines)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and exit.")] = False,
) -> int:
    """Download light curves from an archive.

    Run the same command again to resume an interrupted download.

    Example: `astronet download --catalog q1_q17_dr24_tce --labels PC,AFP --out data/raw/kepler`

    Example: `astronet download --stars 11446443,Kepler-90`
    """
    from astronet.archives.choosing import choose_targets
    from astronet.archives.settings import DownloadSettings
    from astronet.download import download, plan

    settings = DownloadSettings.from_text(
        connections=connections,
        retries=retries,
        timeout=timeout,
        limit_rate=limit_rate,
        max_size=max_size,
        max_errors=max_errors,
        proxy=proxy,
        ca_file=ca_file,
    )
    names = [name for group in stars or [] for name in group.split(",") if name.strip()]
    wanted = [label.strip() for label in labels.split(",") if label.strip()]
    targets = choose_targets(catalog, wanted, names, sample, seed, mission)
    out = out or MISSIONS[mission].SPEC.light_curves
    if dry_run:
        planned = plan(targets, out, source, cadence=cadence, settings=settings)
        echo(planned.text)
        if not planned.files:
            raise _nothing()
        return 0
    summary = download(
        targets,
        out,
        source,
        fallback=fallback,
        cadence=cadence,
        settings=settings,
        verify=verify,
        refresh=refresh,
        log=log,
    )
    _echo(summary, out, verify=verify, refresh=refresh)
    if summary.failed:
        if summary.writable:
            echo("next: run the same command again to resume the download")
        return 1
    if not summary.complete:
        raise _nothing()
    echo(f"next: {_after_download(catalog, targets[0], out, cadence)}")
    return 0


def _nothing() -> ArchiveError:
    return ArchiveError(
        "no light curves were downloaded: the archive has none for these stars; check the stars, "
        "mission, cadence and source",
        arguments=("stars", "catalog", "mission", "cadence", "source"),
    )


def _echo(summary: "Summary", out: Path, *, verify: bool, refresh: bool) -> None:
    """Print the summary of a download.

    Args:
        summary: Summary of the download.
        out: Folder of light curves.
        verify: Whether the data of existing files were verified.
        refresh: Whether the files of complete stars were listed again.
    """
    from astronet.download import MISSING

    echo(f"{out}: {summary.text}")
    if not summary.writable:
        echo(f"{out} is not writable, so its files were only checked")
    if verify:
        echo(summary.verification)
    for path in summary.quarantined:
        echo(f"quarantined (damaged, or not the file that its name states): {printable(str(path))}")
    for path in summary.unlisted:
        echo(f"not in the archive's list (kept): {printable(str(path))}")
    if summary.fewest:
        target, files = summary.fewest
        hint = "" if refresh else "; add --refresh to list the files of all stars again"
        example = f"for example {target} with {files}"
        echo(f"stars with unusually few files: {summary.few}, {example}{hint}")
    if summary.missing:
        echo(summary.table)
        lost = summary.absent + summary.failed
        listed = f", listed in {out / MISSING}" if summary.writable else ""
        echo(f"files or stars not downloaded: {lost}{listed}")


def _after_download(catalog: Path | None, target: Target, out: Path, cadence: str) -> str:
    """Return the command line that uses the downloaded files.

    The command is `prepare` if an event table was given. Otherwise it is `search`, which finds and
    scores the candidates of the star.
    """
    if catalog is None:
        star: dict[str, object] = {"star": target.number, "data": out}
        if target.mission != DEFAULT_MISSION or cadence != "long":
            star["mission"] = target.mission
        if cadence != "long":
            star["reader"] = f"cadence={cadence}"
        return command_line("search", "pretrained", star)
    settings = [f"source.catalog={catalog}", f"source.light_curves={out}"]
    settings += [] if cadence == "long" else [f"source.reader.cadence={cadence}"]
    settings += [] if target.mission == DEFAULT_MISSION else [f"source.mission={target.mission}"]
    return command_line("prepare", {"config": "astronet"}, *settings)
