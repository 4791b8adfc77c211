"""Speed of reading views for training: `python -m benchmarks.store`.

The first row is an epoch of shuffled training batches, with reflections, from a store in the page
cache. The other rows are alternatives, the creation of a store, and an upper limit.
A network trains on about 400 events per second on two cores, and about 50,000 on a large GPU.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, TensorDataset

from astronet import GLOBAL, LOCAL, ViewStore
from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import OfficialSplit
from astronet.training.data import ViewData
from benchmarks.measuring import in_turn, one_thread, show
from benchmarks.networks import BATCH, VIEWS

ROWS = 16_384


def main(folder: Path) -> None:
    """Run the benchmark and print the table."""
    generator = np.random.default_rng(0)
    views = {k: generator.normal(size=(ROWS, v)).astype(np.float32) for k, v in VIEWS.items()}
    index = pd.DataFrame({"star": range(ROWS), "number": 1, "label": ["PC", "AFP"] * (ROWS // 2)})
    index["split"] = "train"

    def create() -> ViewStore:
        specs = {"global": GLOBAL, "local": LOCAL}
        return ViewStore.create(folder / "store", index, [views], specs, {}, overwrite=True)

    data = ViewData(Examples(create(), DataSettings(batch_size=BATCH, split=OfficialSplit())))
    labels = torch.zeros(ROWS)
    np.savez_compressed(folder / "views.npz", **views)  # type: ignore[arg-type]  # numpy's stubs
    items = TensorDataset(*(torch.from_numpy(view) for view in views.values()), labels)
    steps: dict[str, Callable[[], Any]] = {
        "astronet: shuffled batches from the store": lambda: _drain(data.train_dataloader()),
        "single items in memory, torch DataLoader": lambda: _drain(
            DataLoader(items, BATCH, shuffle=True)
        ),
        "the same with two worker processes": lambda: _drain(
            DataLoader(items, BATCH, shuffle=True, num_workers=2)
        ),
        "decompression of a compressed .npz": lambda: dict(np.load(folder / "views.npz")),
        "astronet: writing a store, with checksums": create,
        "copy in memory (upper limit of the machine)": lambda: [v.copy() for v in views.values()],
    }
    times = in_turn(steps, rounds=5)
    size = 4 * sum(VIEWS.values())
    reading = times["astronet: shuffled batches from the store"]
    rows = [
        (name, f"{reading / took:.3g} ×", f"{ROWS / took:,.0f}", f"{ROWS * size / took / 1e9:.2f}")
        for name, took in times.items()
    ]
    columns = ("operation", "relative to astronet", "events/s", "GB/s")
    show(f"{ROWS:,} events of {size:,} bytes, batches of {BATCH}", columns, rows)


def _drain(batches: Any) -> None:
    for _ in batches:
        pass


if __name__ == "__main__":
    one_thread()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        main(Path(made))
