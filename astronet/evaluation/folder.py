"""Output folder of an evaluation, which is not overwritten by other evaluations."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


def check_evaluation(folder: Path, inputs: Mapping[str, Any], *, overwrite: bool) -> None:
    """Raise an error if the results of an evaluation must not be written. Nothing is changed.

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
    check_outputs(folder, (*FILES, INPUTS), overwrite=True)
    file = folder / INPUTS
    present = [name for name in FILES if (folder / name).exists()]
    same = file.is_file() and file.read_bytes() == _described(inputs).encode()
    if present and not same and not overwrite:
        raise exists_already(
            folder / present[0], "already exists and belongs to another evaluation"
        )


@contextmanager
def writing_evaluation(folder: Path, inputs: Mapping[str, Any]) -> Iterator[None]:
    """Create the output folder, and describe the results written in the `with` block.

    inputs.json is written last, and an existing one is deleted first: results that were not
    completely written have no description, and so are not taken for those of another evaluation.

    Args:
        folder: Output folder.
        inputs: Inputs of the evaluation, as for `check_evaluation`.

    Raises:
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INPUTS).unlink(missing_ok=True)
    yield
    write_text(folder / INPUTS, _described(inputs))


def _described(inputs: Mapping[str, Any]) -> str:
    """Return the content of inputs.json."""
    description = {"astronet": version("astronet"), "commit": commit()} | dict(inputs)
    return json.dumps(description, indent=2, sort_keys=True) + "\n"
