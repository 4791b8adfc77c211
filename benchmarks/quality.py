"""Quality of networks and baselines: `python -m benchmarks.quality`.

The labelled events of DR24's store are evaluated in five folds by star and in the official split:
every event of a fold is scored by models trained on the other folds. Finished work is kept and not
repeated, so the command can be interrupted at any time; a complete run takes hours.

The tables are printed for the labels of 2018 and, if the events have labels from
`astronet catalog label`, for the certain ones of today's KOI table. Training uses those of 2018.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from astronet.catalogs.labels import POLICIES
from benchmarks.evaluation import Evaluation
from benchmarks.folds import PARTS, ScoresFolder, Train, fit, open_store
from benchmarks.models import MEMBERS, MODELS


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24.")] = Path("data/stores/dr24"),
    folder: ScoresFolder = Path("runs/quality"),
    only: Annotated[
        str, typer.Option(help="Names of models, separated by commas; all if empty.")
    ] = "",
    members: Annotated[int, typer.Option(help="Maximum number of members to train.")] = MEMBERS,
    train: Train = True,
) -> None:
    """Train the missing models and print the tables."""
    known = [model.name for model in MODELS]
    if unknown := [name for name in only.split(",") if name and name not in known]:
        raise SystemExit(f"error: unknown model {unknown[0]}; choose from {', '.join(known)}")
    opened = open_store(store)
    models = [model for model in MODELS if not only or model.name in only.split(",")]
    if train:
        work = [
            (model, part, member)
            for member in range(1, members + 1)
            for model in models
            if member <= model.members
            for part in PARTS
        ]
        for model, part, member in track(work, "training"):
            fit(model, opened, part, member, folder)
    reference = next(model for model in MODELS if model.name == "AstroNet")
    for labels in ("dr24_autovetter", "koi_certain"):
        if POLICIES[labels].column in opened.index:
            Evaluation(opened, folder, reference, labels=labels).show(models)


if __name__ == "__main__":
    typer.run(main)
