"""Parts shared by the benchmarks of training and inference.

These are the reference network, the number of operations per event and the peak performance.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from astronet.models import AstroNetSpec
from astronet.models.batches import Batch
from benchmarks.measuring import in_turn

BATCH = 64
VIEWS = {"global": 2001, "local": 201}
DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}

SPEED_COLUMNS = ("threads", "implementation", "relative to plain", "events/s", "fraction of peak")
"""Columns of the rows of `speed_rows`."""


class PlainAstroNet(nn.Module):
    """Plain PyTorch implementation of AstroNet with Conv1d in float32, as a reference."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = nn.ModuleList([_column(5, 5), _column(2, 7)])
        layers: list[nn.Module] = []
        for inputs in (59 * 256 + 46 * 32, 512, 512, 512):
            layers += [nn.Linear(inputs, 512), nn.ReLU()]
        self.dense = nn.Sequential(*layers, nn.Linear(512, 1))

    def forward(self, batch: Batch) -> Tensor:
        """Return logits [b]."""
        views = [batch.views[name][:, None] for name in VIEWS]
        features = [c(view).flatten(1) for c, view in zip(self.columns, views, strict=True)]
        logits: Tensor = self.dense(torch.cat(features, 1))
        return logits.squeeze(1)


def random_batch(size: int = BATCH) -> Batch:
    """Return a batch of noise with random labels."""
    generator = torch.Generator().manual_seed(0)
    views = {name: torch.randn(size, bins, generator=generator) for name, bins in VIEWS.items()}
    return Batch(views, None, torch.randint(0, 2, (size,), generator=generator).float())


def gflop_per_event(training: bool) -> float:
    """Return the number of floating-point operations per event [10⁹], counted by torch."""
    network, batch = AstroNetSpec().build(VIEWS), random_batch(1)
    with FlopCounterMode(display=False) as counter:
        loss = F.binary_cross_entropy_with_logits(network(batch), batch.label)
        if training:
            loss.backward()
    return counter.get_total_flops() / 1e9


def peak_gflops(dtype: torch.dtype) -> float:
    """Return the speed of this machine in a product of large matrices [10⁹ operations/s]."""
    n = 2048
    a, b = torch.randn(n, n).to(dtype), torch.randn(n, n).to(dtype)
    took = in_turn({"product": lambda: a @ b}, rounds=10)["product"]
    return 2 * n**3 / took / 1e9


def measured_peaks() -> dict[str, float]:
    """Return the peak performance in each precision [10⁹ operations/s]."""
    return {name: peak_gflops(dtype) for name, dtype in DTYPES.items()}


def speed_rows(
    speeds: Mapping[str, float], peaks: Mapping[str, float], work: float, *, plain: str
) -> list[tuple[str, ...]]:
    """Return one row per implementation, with the columns of `SPEED_COLUMNS`.

    Args:
        speeds: Speed of each implementation by name [events/s].
        peaks: Peak performance in each precision [10⁹ operations/s]. It is compared with the
            implementations that have the precision in their name.
        work: Number of operations per event [10⁹].
        plain: Name of the implementation with which the others are compared.
    """
    rows: list[tuple[str, ...]] = []
    for name, speed in speeds.items():
        peak = next(peak for precision, peak in peaks.items() if precision in name)
        ratio, used = f"{speed / speeds[plain]:.2f} ×", fraction_of_peak(speed, work, peak)
        fraction = f"{used} of {peak:.0f} GFLOP/s"
        rows.append((str(torch.get_num_threads()), name, ratio, f"{speed:.0f}", fraction))
    return rows


def fraction_of_peak(speed: float, work: float, peak: float) -> str:
    """Return the fraction of the peak performance that is used, as text.

    Args:
        speed: Speed [events/s].
        work: Number of operations per event [10⁹].
        peak: Peak performance [10⁹ operations/s].
    """
    return f"{work * speed / peak:.0%}"


def _column(blocks: int, pool: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 1
    for block in range(blocks):
        for _ in range(2):
            layers += [nn.Conv1d(channels, 16 * 2**block, 5, padding=2), nn.ReLU()]
            channels = 16 * 2**block
        layers.append(nn.MaxPool1d(pool, 2))
    return nn.Sequential(*layers)
