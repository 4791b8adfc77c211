"""How well networks and baselines find planets: `python -m benchmarks.quality`.

Five folds by star over the labelled events of DR24's store, beside the official split: every event
of a fold is scored by what learnt from the other folds. What is done is kept and not done again, so
that the command can be stopped at any time; it takes hours from nothing.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from benchmarks.folds import PARTS, fitted
from benchmarks.judging import Judged
from benchmarks.rivals import MEMBERS, RIVALS


def main(
    store: Annotated[Path, typer.Option(help="the store of DR24")] = Path("data/stores/dr24"),
    folder: Annotated[Path, typer.Option(help="where the work is kept")] = Path("runs/quality"),
    only: Annotated[str, typer.Option(help="names of rivals, with commas between")] = "",
    members: Annotated[int, typer.Option(help="members to train at most")] = MEMBERS,
    train: Annotated[bool, typer.Option(help="train what is missing")] = True,
) -> None:
    """Trains what is missing and prints the table."""
    known = [rival.name for rival in RIVALS]
    if unknown := [name for name in only.split(",") if name and name not in known]:
        raise SystemExit(f"error: there is no rival {unknown[0]}; choose of {'; '.join(known)}")
    try:
        opened = ViewStore.open(store)
    except StoreError as error:
        raise SystemExit(f"error: {error}") from None
    rivals = [rival for rival in RIVALS if not only or rival.name in only.split(",")]
    if train:
        work = [
            (rival, part, member)
            for member in range(1, members + 1)
            for rival in rivals
            if member <= rival.members
            for part in PARTS
        ]
        for rival, part, member in track(work, "fitting"):
            fitted(rival, opened, part, member, folder)
    reference = next(rival for rival in RIVALS if rival.name == "AstroNet")
    Judged(opened, folder, reference).show(rivals)


if __name__ == "__main__":
    typer.run(main)
