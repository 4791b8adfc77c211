"""Command that demonstrates the whole pipeline."""

from pathlib import Path
from typing import Annotated

import typer

from astronet.cli.messages import as_called, command_line, echo, echo_skipped
from astronet.cli.options import Overwrite
from astronet.cli.requests import requested_experiment


def demo(
    config: Annotated[
        Path,
        typer.Option(
            "--config",
            "-c",
            help="YAML config: a path, or the name of a config in the package. The simulated files "
            "are written to the folder that contains the config's event table.",
        ),
    ] = Path("demo"),
    stars: Annotated[int, typer.Option(min=60, help="Number of simulated stars.")] = 300,
    run: Annotated[Path, typer.Option(help="Folder for the run.")] = Path("runs/demo"),
    overwrite: Overwrite = False,
) -> None:
    """Demonstrate the whole pipeline on simulated Kepler stars, from FITS files to scores.

    Example: `astronet demo`
    """
    experiment = requested_experiment(config, None)
    from astronet.demo import demo as run_demo

    shown = run_demo(experiment, stars, run, overwrite=overwrite)
    store, source = shown.store, experiment.source
    echo(shown.evaluation.summary)
    for row in shown.prediction.table.itertuples():
        echo(
            f"{row.score:.4f}  star {row.star}, event {row.number}: simulated as "
            f"{row.simulated_kind}"
        )
    echo_skipped(store)
    echo(f"\nreport: {shown.evaluation.report}")
    echo(f"scores and views of ten test stars: {shown.picture}")
    event = store.index.iloc[0]
    ephemeris = {
        "period": f"{event['period_days']:.6f}",
        "epoch": f"{event['epoch_bkjd']:.4f}",
        "duration": f"{event['duration_days']:.4f}",
    }
    star = {"star": event["star"], "data": source.light_curves}
    again = {"config": config, "run": f"{run}-2"}
    echo("\nnext, try these three commands:")
    for command, remark in (
        (command_line("predict", run, star | ephemeris), ""),
        (command_line("train", again, "training.seed=1"), ""),
        (command_line("evaluate", run, f"{run}-2"), "    # comparison of both runs"),
    ):
        echo(f"  {as_called(command)}{remark}")
