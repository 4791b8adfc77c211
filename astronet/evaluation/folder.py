"""Output folder of an evaluation, which is not overwritten by other evaluations."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from astronet.files.atomic import write_text
from astronet.files.outputs import check_outputs, exists_already
from astronet.files.provenance import commit

INPUTS = "inputs.json"
"""Name of the file that describes what was evaluated."""

FILES = ("metrics.json", "predictions.csv", "report.html", "curves.csv")
"""Names of the files of an evaluation."""


def begin_evaluation(folder: Path, inputs: Mapping[str, Any], *, overwrite: bool) -> None:
    """Create the output folder, and describe in inputs.json what is evaluated.

    A repeated evaluation replaces its own files, because it gives the same results. The results of
    any other evaluation are kept. The version of astronet is part of the description.

    Args:
        folder: Output folder.
        inputs: Hashes of the weights and of the store, and the settings of the evaluation, as a
            JSON-serialisable mapping.
        overwrite: Whether to replace the results of another evaluation.

    Raises:
        RunError: The folder contains the results of another evaluation and `overwrite` is False, or
            cannot be written.
    """
    description = {"astronet": version("astronet"), "commit": commit()} | dict(inputs)
    text = json.dumps(description, indent=2, sort_keys=True) + "\n"
    check_outputs(folder, FILES, overwrite=True)
    file = folder / INPUTS
    present = [name for name in FILES if (folder / name).exists()]
    same = file.is_file() and file.read_text(encoding="utf-8") == text
    if present and not same and not overwrite:
        raise exists_already(
            folder / present[0], "already exists and belongs to another evaluation"
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, text)
