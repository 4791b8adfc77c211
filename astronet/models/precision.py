"""Precision of a network's multiplications: float32, or bfloat16 if the hardware has it."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

Rounding = Literal["float32", "bfloat16"]
"""A precision in which networks compute."""


def best_precision(device: torch.device) -> Rounding:
    """Return bfloat16 for a device that multiplies it in hardware, else float32."""
    return "bfloat16" if has_bfloat16(device) else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies bfloat16 in hardware, in half of float32's time."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return bool(supported())
    return False


def autocast(precision: Rounding, device: torch.device) -> AbstractContextManager[None]:
    """Return a context in which networks compute at a precision; results are float32."""
    context: AbstractContextManager[None] = torch.autocast(
        device.type, torch.bfloat16, enabled=precision == "bfloat16"
    )
    return context
