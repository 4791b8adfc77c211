"""How exactly networks compute: float32, or bfloat16 where the hardware multiplies it faster."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["auto", "float32", "bfloat16"]
"""What a config may ask for; `auto` is bfloat16 where the hardware has it, else float32."""


def resolve(precision: Precision, device: torch.device) -> Literal["float32", "bfloat16"]:
    """The precision that is meant on a device."""
    if precision != "auto":
        return precision
    return "bfloat16" if has_bfloat16(device) else "float32"


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 in hardware, which takes half of float32's time."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return bool(supported())
    return False


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[None]:
    """Lets the networks called within compute so; weights and results stay float32."""
    wanted = resolve(precision, device) == "bfloat16"
    context: AbstractContextManager[None] = torch.autocast(
        device.type, torch.bfloat16, enabled=wanted
    )
    return context
