"""Make the index of labelled events of the shipped weights: `python scripts/make_neighbours.py`.

The embeddings are computed with the weights `pretrained`. `make weights` makes the index as well.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from weights_cards import Today

from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError
from astronet.runs.neighbour_index import NEIGHBOURS, index_paths
from astronet.runs.neighbour_packing import pack_neighbours
from astronet.runs.shipped import FOLDER, load_shipped

NAME = "pretrained"
SOURCE = (
    "TCEs of Kepler's Data Release 24 with the labels of the Autovetter (Catanzarite 2015), and "
    "dispositions of the cumulative KOI table of 2025-10-02, both of the NASA Exoplanet Archive"
)


def make(store: ViewStore, dispositions: Sequence[str] | None, folder: Path) -> None:
    """Write the index next to the weights in a folder, and print its size.

    Args:
        store: Store of DR24.
        dispositions: Disposition of each event in today's KOI table; None if they are not given.
        folder: Folder of the weights.
    """
    today = None if dispositions is None else [text.upper() for text in dispositions]
    shipped = load_shipped(NAME, folder)
    index = pack_neighbours(shipped, store, SOURCE, today)
    path, _ = index_paths(folder / f"{NAME}.{NEIGHBOURS}")
    typer.echo(f"{path}: {len(index):,} events, {path.stat().st_size / 1e6:.2f} MB")


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24.")] = Path(
        "data/stores/dr24-statistics"
    ),
    labels: Annotated[
        Path, typer.Option(help="Labels of today's KOI table; may be missing.")
    ] = Path("../shared/data/koi/dr24_corrected_labels_trainval.csv.gz"),
    out: Annotated[Path, typer.Option(help="Folder of the weights.")] = FOLDER,
) -> None:
    """Make the index of labelled events of the shipped weights."""
    torch.set_num_threads(1)  # sums in several threads differ in the last digits
    try:
        opened = ViewStore.open(store)
        today = Today.read(labels, opened.index) if labels.exists() else None
        make(opened, None if today is None else today.dispositions, out)
    except AstronetError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    typer.run(main)
