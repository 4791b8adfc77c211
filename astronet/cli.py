"""The command line: each verb's words, and one line for whatever goes wrong."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from astronet.errors import AstronetError

app = typer.Typer(
    name="astronet",
    help="Find planets in starlight: from light curves to views, a network, and its report.",
    epilog="Start with `astronet demo`: it makes its own stars and takes a few minutes.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

Config = Annotated[Path, typer.Option("--config", "-c", help="YAML file, see configs/.")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]…", help="Settings that win over the file's."),
]
Runs = Annotated[list[Path], typer.Argument(metavar="RUN…", help="Run folders; averaged.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes [default: all processors].")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the store.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on after an interruption.")]


@app.command()
def demo(
    config: Config = Path("configs/demo.yaml"),
    stars: Annotated[int, typer.Option(min=50, help="How many stars.")] = 300,
    run: Annotated[Path, typer.Option(help="The run folder.")] = Path("runs/demo"),
) -> None:
    """Simulate Kepler stars as FITS files, then prepare, train, evaluate and predict on them."""
    from astronet.demo import demo as run_demo

    run_demo(config, stars, run)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the FITS files and tce.csv.")],
    stars: Annotated[int, typer.Option(min=1, help="How many stars.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds make other stars.")] = 7,
    workers: Workers = None,
) -> None:
    """Make stars with planets and false positives, as Kepler FITS files with their TCE table.

    Example: `astronet simulate --out data/raw/simulated --stars 100`
    """
    from astronet.simulate import simulate as simulate_stars

    table = simulate_stars(out, stars=stars, seed=seed, workers=workers)
    typer.echo(f"{stars} stars in {out}; their events stand in {table}")


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="An .npz of views, or a folder of TFRecords.")],
    out: Annotated[Path, typer.Option(help="The new store.")],
    table: Annotated[Path | None, typer.Option(help="The events' catalogue (TCE table).")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a store from views that exist already.

    Example: `astronet import views.npz --table q1_q17_dr24_tce.csv --out data/stores/dr24`
    """
    from astronet.import_views import import_views

    store = import_views(source, out, table=table, overwrite=overwrite)
    typer.echo(f"{out}: {_contents(store)}")
    config = "astronet-dr24" if "rebinned_local" in store.bins else "astronet"
    typer.echo(f"next: astronet train --config configs/{config}.yaml store={out}")


@app.command()
def prepare(
    config: Config,
    overrides: Overrides = None,
    workers: Workers = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
) -> None:
    """Read, flatten and fold the light curves of a catalogue into a store of views.

    Example: `astronet prepare --config configs/astronet.yaml source.light_curves=/data/kepler`
    """
    from astronet.config import load_config
    from astronet.dataset.parts import SKIPPED, read_skipped
    from astronet.prepare import prepare as prepare_store

    experiment = load_config(config, overrides or [])
    store = prepare_store(experiment, workers=workers, resume=resume, overwrite=overwrite)
    typer.echo(f"{store.path}: {_contents(store)}")
    if skipped := len(read_skipped(store)):
        typer.echo(f"{skipped} events were skipped; {store.path / SKIPPED} says why")
    words = ["astronet", "train", "--config", str(config), *(overrides or [])]
    typer.echo(f"next: {shlex.join(words)}")


@app.command()
def train(
    config: Config,
    overrides: Overrides = None,
    run: Annotated[Path | None, typer.Option(help="[default: runs/<name of config>]")] = None,
    resume: Resume = False,
) -> None:
    """Train a network on a store.

    Example: `astronet train --config configs/astronet-dr24.yaml training.epochs=10`
    """
    from astronet.config import load_config
    from astronet.train import train as train_run

    run = run or Path("runs") / config.stem
    trained = train_run(load_config(config, overrides or []), run, resume=resume)
    record = trained.record
    typer.echo(
        f"{run}: trained {record['epochs']} epochs in {record['seconds']:.0f} s on "
        f"{record['device']}; kept epoch {record['kept_epoch']}"
    )
    typer.echo(f"next: astronet evaluate {run} --split val")


@app.command()
def evaluate(
    runs: Runs,
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "test",
    store: Annotated[Path | None, typer.Option(help="[default: the run's own]")] = None,
    out: Annotated[Path | None, typer.Option(help="[default: RUN/evaluate-SPLIT]")] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Scores above it count as planets.")
    ] = 0.5,
) -> None:
    """Judge runs on labelled events: metrics with intervals, a table and a report.

    Example: `astronet evaluate runs/dr24 --split val`
    """
    from astronet.evaluate import evaluate as evaluate_runs

    evaluation = evaluate_runs(runs, split=split, store=store, out=out, threshold=threshold)
    typer.echo(evaluation.summary)
    typer.echo(f"report: {evaluation.report}")


@app.command()
def predict(
    runs: Runs,
    star: Annotated[int | None, typer.Option(help="Its number (KIC).")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of light curves.")] = None,
    period: Annotated[float | None, typer.Option(help="[days]")] = None,
    epoch: Annotated[float | None, typer.Option(help="Middle of a transit [BKJD days].")] = None,
    duration: Annotated[float | None, typer.Option(help="[days]; NASA's hours / 24.")] = None,
    table: Annotated[Path | None, typer.Option(help="A catalogue of events.")] = None,
    store: Annotated[Path | None, typer.Option(help="A store of views.")] = None,
    out: Annotated[Path, typer.Option(help="The table to write.")] = Path("predictions.csv"),
    workers: Workers = None,
) -> None:
    """Score one event of a star, all events of a table, or a store.

    Example: `astronet predict runs/dr24 --star 11446443 --data data/raw/kepler --period 2.47061
    --epoch 132.646 --duration 0.0743`
    """
    from astronet.predict import choose

    prediction, picture = choose(
        runs,
        star=star,
        data=data,
        ephemeris=(period, epoch, duration),
        table=table,
        store=store,
        out=out,
        workers=workers,
    )
    scored = prediction.table["score"].notna()
    for _, row in prediction.table[scored].head(10).iterrows():
        remark = f"   ({row['warning']})" if row["warning"] else ""
        typer.echo(f"{row['score']:.4f}  {row['star']}  event {row['number']}{remark}")
    if len(prediction.table) > 10:
        typer.echo(f"… {len(prediction.table)} events in all")
    if not scored.all():
        typer.echo(f"{(~scored).sum()} events have no score; the column reason says why")
    typer.echo(f"table: {out}" + (f"   picture: {picture}" if scored.any() else ""))


def main() -> None:
    """Runs the command line; every failure is one line on standard error."""
    try:
        status = app(standalone_mode=False)
    except AstronetError as error:
        sys.exit(_fail(str(error), 1))
    except OSError as error:  # a full disk, a folder that may not be written
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(_fail(f"{where}{error.strerror}; check the path and the free space", 1))
    except TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "astronet"
        reason = " ".join(error.format_message().split()).rstrip(".")
        if not reason:  # no arguments at all: the help has been shown
            sys.exit(2)
        sys.exit(_fail(f"{reason}; see `{command} --help`", 2))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(_fail("interrupted", 130))
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status


def _contents(store: object) -> str:
    from astronet.dataset.store import ViewStore

    assert isinstance(store, ViewStore)
    views = ", ".join(f"{name} [{bins}]" for name, bins in store.bins.items())
    stars = store.index["star"].nunique()
    return f"{len(store)} events of {stars} stars; views {views}"
