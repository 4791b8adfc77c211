"""Number of threads on an idle and on a busy machine: `python -m benchmarks.threads`.

Times training steps of AstroNet in bfloat16 with two threads that spin while they wait (the
default), with two threads that sleep while they wait, and with one thread; then repeats this while
another process keeps one core busy.
"""

import os
import subprocess
import sys

import numpy as np

from benchmarks.measuring import show

STEPS, ROUNDS = 12, 3
SETTINGS = {
    "two threads": {},
    "two threads, OMP_WAIT_POLICY=passive": {"OMP_WAIT_POLICY": "passive"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}
"""Environment variables, set before Python starts because OpenMP reads them only then."""


def main() -> None:
    """Run the benchmark and print the table."""
    idle = _speeds()
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        loaded = _speeds()
    finally:
        busy.kill()
        busy.wait()
    rows = [(name, f"{idle[name]:.0f}", f"{loaded[name]:.0f}") for name in SETTINGS]
    columns = ("setting", "idle, events/s", "with a busy process, events/s")
    show("training AstroNet, bfloat16, batch 64", columns, rows)


def _speeds() -> dict[str, float]:
    """Return the median training speed of each setting [events/s]."""
    speeds: dict[str, list[float]] = {name: [] for name in SETTINGS}
    for _ in range(ROUNDS):
        for name, setting in SETTINGS.items():
            command = [sys.executable, "-m", "benchmarks.threads", "steps"]
            done = subprocess.run(
                command, env=os.environ | setting, capture_output=True, text=True, check=True
            )
            speeds[name].append(float(done.stdout))
    return {name: float(np.median(values)) for name, values in speeds.items()}


def _steps() -> float:
    """Return the training speed of this process [events/s]."""
    import torch
    import torch.nn.functional as F

    from astronet.models import AstroNetSpec
    from astronet.training.memory import keep_freed_memory
    from benchmarks.measuring import seconds
    from benchmarks.networks import BATCH, VIEWS, random_batch

    keep_freed_memory()
    network, batch = AstroNetSpec().build(VIEWS), random_batch()
    optimizer = torch.optim.Adam(network.parameters(), fused=True)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.binary_cross_entropy_with_logits(network(batch), batch.label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return BATCH / float(np.median([seconds(step) for _ in range(STEPS)]))


if __name__ == "__main__":
    if sys.argv[1:] == ["steps"]:
        print(_steps())
    else:
        main()
