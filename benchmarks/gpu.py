"""Check and benchmark of the GPU: `python -m benchmarks.gpu [--store STORE] [--quick]`.

The script compares the scores of shipped weights and one training step of AstroNet on the GPU with
those on the CPU, and measures training and scoring in events/s and as a fraction of the measured
peak of the card. Several implementations of a training step are compared: convolutions in the
channels-last format (as in this package), in the default format, compiled by torch.compile, and
replayed as a CUDA graph. It takes less than five minutes. With --quick, it runs on the CPU with
few events, to test the script itself.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from astronet.models import AstroNetSpec
from astronet.models.batches import Batch
from astronet.models.inference import fused
from astronet.models.precision import Rounding, autocast
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import load_shipped, shipped_names
from astronet.training.optimization import classification_loss
from astronet.training.settings import Optimization
from benchmarks.agreement import check_scores, check_step
from benchmarks.measuring import show
from benchmarks.networks import (
    BATCH,
    DTYPES,
    VIEWS,
    PlainAstroNet,
    fraction_of_peak,
    gflop_per_event,
    random_batch,
)
from benchmarks.training import noise_store, train_speed

DR24_TRAINING_EVENTS = 12_589
"""Number of training events of the DR24 set with the official split, for the time per epoch."""

PRECISIONS: tuple[Rounding, ...] = ("bfloat16", "float32")

Views = Mapping[str, Any]
Peaks = Mapping[Rounding, float]


def main() -> None:
    """Run all checks and benchmarks and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="Store of real events for the check of scores.")
    parser.add_argument("--quick", action="store_true", help="Test the script on the CPU.")
    options = parser.parse_args()
    if not options.quick and not torch.cuda.is_available():
        raise SystemExit("no GPU is available; use --quick to test the script on the CPU")
    device = torch.device("cpu" if options.quick else "cuda")
    batches = (8, 16) if options.quick else (64, 512, 2048)
    steps = 10 if options.quick else 40
    name = "CPU" if options.quick else torch.cuda.get_device_name()
    print(f"{name}, torch {torch.__version__}, CUDA {torch.version.cuda}")
    peaks = {precision: _peak(precision, device) for precision in PRECISIONS}
    for precision, peak in peaks.items():
        print(f"peak, measured with a product of matrices, {precision}: {peak / 1e3:,.1f} TFLOP/s")
    check_scores(options.store, device)
    check_step(device)
    with tempfile.TemporaryDirectory() as folder:
        _scoring(Path(folder), device, batches, peaks)
        _training(Path(folder), device, batches, steps, peaks)
    _steps(device, batches, peaks["bfloat16"])
    _profile(device, batches[-1])


def _scoring(folder: Path, device: torch.device, batches: tuple[int, ...], peaks: Peaks) -> None:
    """Print the speed of scoring with AstroNet and with the shipped weights."""
    events = max(batches) * 8
    generator = np.random.default_rng(0)
    work, rows = gflop_per_event(training=False), []
    for precision, peak in peaks.items():
        network = fused(AstroNetSpec().build(VIEWS).to(device))
        for size in batches:
            batch = random_batch(size).to(device)
            speed = size / _seconds(partial(_forward, network, batch, precision), device)
            used = fraction_of_peak(speed, work, peak)
            rows.append((f"AstroNet on resident batches, {precision}", size, speed, used))
    for name in shipped_names():
        scorer = Scorer([load_shipped(name)], device=device)
        views = {}
        for view, spec in scorer.experiment.views.items():
            path = folder / f"{view}.npy"
            np.save(path, generator.standard_normal((events, spec.bins), np.float32))
            views[view] = np.load(path, mmap_mode="r")
        for size in batches:
            scorer.batched = replace(scorer.batched, batch_size=size)
            speed = events / _seconds(partial(scorer.score_views, views), device, rounds=3)
            rows.append((f"{name}, views from disk, {scorer.precision}", size, speed, ""))
    table = [(who, f"{size:,}", f"{speed:,.0f}", used) for who, size, speed, used in rows]
    show("Scoring", ("implementation", "batch size", "events/s", "of the peak"), table)


def _forward(network: nn.Module, batch: Batch, precision: Rounding) -> None:
    with torch.inference_mode(), autocast(precision, batch.label.device):
        network(batch)


def _training(
    folder: Path,
    device: torch.device,
    batches: tuple[int, ...],
    steps: int,
    peaks: Peaks,
) -> None:
    """Print the speed of `astronet train` for AstroNet."""
    store = noise_store(folder / "store", steps * max(batches))
    accelerator = "gpu" if device.type == "cuda" else "cpu"
    work, rows = gflop_per_event(training=True), []
    for precision, peak in peaks.items():
        for batch in batches:
            most = steps * (4 if batch == BATCH else 1)
            speed = train_speed(
                store, folder, precision, accelerator=accelerator, batch=batch, steps=most
            )
            used, epoch = fraction_of_peak(speed, work, peak), DR24_TRAINING_EVENTS / speed
            rows.append((precision, f"{batch:,}", f"{speed:,.0f}", used, f"{epoch:.2f}"))
    columns = ("precision", "batch size", "events/s", "of the peak", "DR24 epoch, s")
    show(f"`astronet train`, AstroNet, {work:.3f} GFLOP per event", columns, rows)


def _steps(device: torch.device, batches: tuple[int, ...], peak: float) -> None:
    """Print the speed of several implementations of a training step with resident batches."""
    work, rows = gflop_per_event(training=True), []
    kinds: dict[str, Callable[[nn.Module], nn.Module]] = {
        "plain Conv1d": lambda _: PlainAstroNet().to(device),
        "channels last (this package)": lambda network: network,
        "default format": _contiguous,
        "torch.compile": lambda network: _compiled(network),
    }
    for batch in batches:
        for name, make in kinds.items():
            network = make(AstroNetSpec().build(VIEWS).to(device))
            speed = batch / _seconds(_step(network, random_batch(batch).to(device)), device)
            rows.append((name, f"{batch:,}", f"{speed:,.0f}", fraction_of_peak(speed, work, peak)))
        if device.type == "cuda":
            speed = batch / _seconds(_graph(batch, device), device)
            used = fraction_of_peak(speed, work, peak)
            rows.append(("channels last, CUDA graph", f"{batch:,}", f"{speed:,.0f}", used))
    columns = ("implementation", "batch size", "events/s", "of the peak")
    show("Training steps on resident batches, bfloat16", columns, rows)


def _contiguous(network: nn.Module) -> nn.Module:
    return network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def _compiled(network: nn.Module) -> nn.Module:
    network.compile()
    return network


def _step(network: nn.Module, batch: Batch, *, capturable: bool = False) -> Callable[[], None]:
    """Return a function that performs one training step in bfloat16."""
    device = batch.label.device
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=1e-5, fused=True, weight_decay=0, capturable=capturable
    )

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast("bfloat16", device):
            logits = network(batch)
        classification_loss(Optimization(), logits, batch.label).backward()
        optimizer.step()

    return step


def _graph(size: int, device: torch.device) -> Callable[[], None]:
    """Return a function that replays one training step as a CUDA graph."""
    network = AstroNetSpec().build(VIEWS).to(device)
    step = _step(network, random_batch(size).to(device), capturable=True)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def _profile(device: torch.device, batch: int) -> None:
    """Print the kernels that take most of the time of a training step."""
    step = _step(AstroNetSpec().build(VIEWS).to(device), random_batch(batch).to(device))
    step()
    kinds = [torch.profiler.ProfilerActivity.CPU]
    if device.type == "cuda":
        kinds.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=kinds) as profiler:
        step()
        _wait(device)
    kernels = [
        (event.key[:70], event.self_device_time_total / 1e3, event.count)
        for event in profiler.key_averages()
        if event.self_device_time_total and event.device_type.name != "CPU"
    ]
    total = sum(took for _, took, _ in kernels)
    rows = [
        (name, str(count), f"{took:.2f}", f"{took / total:.0%}")
        for name, took, count in sorted(kernels, key=lambda kernel: -kernel[1])[:12]
    ]
    columns = ("kernel", "calls", "ms", "of all")
    show(f"Kernels of one training step, batch size {batch:,}, bfloat16", columns, rows)


def _peak(precision: Rounding, device: torch.device) -> float:
    """Return the speed of a product of large random matrices [10⁹ operations/s]."""
    n = 8192 if device.type == "cuda" else 512
    a, b = (torch.randn(n, n, device=device).to(DTYPES[precision]) for _ in range(2))
    return 2 * n**3 / _seconds(lambda: a @ b, device) / 1e9


def _seconds(step: Callable[[], Any], device: torch.device, rounds: int = 7) -> float:
    """Return the median duration of a step [s], after three calls that are not counted.

    On a GPU, several calls are timed together so that the time to start them is hidden.
    """
    calls = 5 if device.type == "cuda" and rounds > 3 else 1
    for _ in range(3 if rounds > 3 else 1):
        step()
    times = []
    for _ in range(rounds):
        start = _wait(device)
        for _ in range(calls):
            step()
        times.append((_wait(device) - start) / calls)
    return float(np.median(times))


def _wait(device: torch.device) -> float:
    """Return the time [s] when the work on the device is complete."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main()
