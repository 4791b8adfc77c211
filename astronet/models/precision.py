"""Numerical precision of networks: float32, or bfloat16 if the hardware supports it."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

Rounding = Literal["float32", "bfloat16"]
"""Numerical precision of the matrix products and convolutions in a network."""


def best_precision(device: torch.device) -> Rounding:
    """Return bfloat16 if the device supports it in hardware, otherwise float32."""
    return "bfloat16" if has_bfloat16(device) else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device supports bfloat16 in hardware (CPU: AVX-512 BF16 instructions)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return bool(supported())
    return False


def autocast(precision: Rounding, device: torch.device) -> AbstractContextManager[None]:
    """Return a context manager that sets the precision of matrix products and convolutions.

    Logits are always computed in float32 (see `Logit`).
    """
    context: AbstractContextManager[None] = torch.autocast(
        device.type, torch.bfloat16, enabled=precision == "bfloat16"
    )
    return context
