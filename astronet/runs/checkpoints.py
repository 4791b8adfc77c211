"""Reading of checkpoints, which may come from other people."""

import zipfile
from pathlib import Path
from typing import Any

import torch

from astronet.files.expansion import ExpansionError, check_zip


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the content of a checkpoint: tensors, numbers and texts, on the CPU.

    Checkpoints are pickles, which could run any code when they are read. With `weights_only`, torch
    rejects a checkpoint that contains other objects, before it runs code.

    Args:
        path: Path of the checkpoint.

    Raises:
        Exception: The checkpoint is missing, corrupt or too large, or contains other objects; torch
            raises many types of exceptions.
    """
    check_zip(path)
    with zipfile.ZipFile(path) as archive:  # torch would read a pickle of any size from other files
        if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
            raise ExpansionError("is compressed, unlike the checkpoints that torch writes")
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content
