"""Files of a stack: `<name>.safetensors` (the trees) and `<name>.json` (their description).

Trees are saved as arrays of numbers, like the parameters of the networks. Pickles of scikit-learn
can execute code when they are loaded, and are bound to a version of the library. Text models of
other libraries of trees would add a dependency for an evaluation that takes 20 lines.

Several stacks can have parts in common, such as those of the shipped weights: a description refers
to the files of other stacks, whose parts come before those of the own file.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as read_arrays
from safetensors.numpy import save as as_bytes

from astronet.dataset.stack_inputs import input_names
from astronet.errors import RunError
from astronet.evaluation.decisions import Thresholds
from astronet.files.atomic import write_bytes, write_text
from astronet.files.checksums import sha256, sha256_of
from astronet.files.provenance import library_versions
from astronet.models.feature_range import FeatureRange
from astronet.models.forest import Forest
from astronet.models.stack import Part, Stack
from astronet.runs.coarse_network import COARSE, CoarseDescription, CoarseNetwork
from astronet.runs.stack_descriptions import PartDescription, StackDescription
from astronet.runs.verified import read_verified

STACK = "stack"
"""Name of the stack in a run folder; the stack of shipped weights is called `<weights>.stack`."""


class SavedStack(NamedTuple):
    """Stack with its description.

    Attributes:
        trees: Trees for each pattern of known inputs.
        description: Description of the files.
        coarse: Network for coarse views; None if there is none.
    """

    trees: Stack
    description: StackDescription
    coarse: CoarseNetwork | None = None


def save_stack(
    stack: Stack,
    base: Path,
    networks: Sequence[str],
    settings: dict[str, Any],
    thresholds: Thresholds | None = None,
    shared: Sequence[str] = (),
    feature_range: FeatureRange | None = None,
    coarse: CoarseDescription | None = None,
    coarse_range: FeatureRange | None = None,
) -> None:
    """Write a stack, replacing an existing one.

    The description is written last; without it, there is no stack.

    Args:
        stack: Stack to save.
        base: Path of the files without their suffixes: `STACK` in a run folder.
        networks: SHA-256 hashes of the weights with whose logits the stack was fitted.
        settings: Settings with which the trees were fitted; JSON-serialisable.
        thresholds: Decision thresholds of the scores; None if there are none.
        shared: Names of other stacks in the same folder, whose trees are the first ones of this
            stack. They are not written again.
        feature_range: Range of the features of the training events; None if it is not known.
        coarse: Network for coarse views, which is in the same folder; None if there is none.
        coarse_range: Range of the features of the degraded training events.

    Raises:
        RunError: The file of another stack is missing or corrupt, or contains other trees.
    """
    others = {name: stack_paths(base.with_name(name))[0] for name in shared}
    hashes = {name: sha256_of(path) for name, path in others.items() if path.exists()}
    known = [own for name, path in others.items() for own in _forests(path, hashes.get(name, ""))]
    for forest, part in zip(known, stack.parts, strict=False):
        if not _are_equal(forest, part.forest):
            raise RunError(
                f"the trees of {' and '.join(shared)} are not the first ones of {base}; share only "
                "stacks whose parts come first"
            )
    arrays = {
        f"{place}.{name}": values
        for place, part in enumerate(stack.parts[len(known) :])
        for name, values in part.forest.arrays().items()
    }
    content = as_bytes(arrays)
    description = StackDescription(
        sha256=sha256(content),
        shared=hashes,
        networks_sha256=tuple(networks),
        networks=stack.networks,
        catalogue_networks=stack.catalogue_networks,
        coarse_networks=stack.coarse_networks,
        parts=tuple(
            PartDescription(
                groups=part.groups,
                inputs=input_names(part.groups, *stack.counts),
                network_weight=part.network_weight,
                slope=part.slope,
                offset=part.offset,
            )
            for part in stack.parts
        ),
        thresholds=thresholds,
        feature_range=feature_range,
        coarse=coarse,
        coarse_range=coarse_range,
        settings=settings,
        versions=library_versions(),
    )
    trees, described = stack_paths(base)
    described.unlink(missing_ok=True)
    write_bytes(trees, content)
    text = json.dumps(description.model_dump(mode="json"), indent=2, ensure_ascii=False)
    write_text(described, text + "\n")


def stack_paths(base: Path) -> tuple[Path, Path]:
    """Return the paths of the trees and of their description, from the path without suffix."""
    return base.with_name(f"{base.name}.safetensors"), base.with_name(f"{base.name}.json")


def files_of_stack(base: Path) -> list[Path]:
    """Return the paths of all files of a stack, with those of other stacks to which it refers.

    Args:
        base: Path of the files without their suffixes. The list is empty if there is no stack.

    Raises:
        RunError: The description of the stack is corrupt.
    """
    trees, path = stack_paths(base)
    if not path.exists():
        return []
    description = _read_description(path)
    others = [stack_paths(base.with_name(name))[0] for name in description.shared]
    coarse = [] if description.coarse is None else [base.with_name(COARSE)]
    return [trees, path, *others, *coarse]


def load_stack(base: Path, networks: Sequence[str], digest: str | None = None) -> SavedStack | None:
    """Return the stack of a run or of shipped weights; None if there is none.

    Args:
        base: Path of the files without their suffixes.
        networks: SHA-256 hashes of the weights whose logits the stack will read.
        digest: SHA-256 hash of the description of the stack, which must exist; None if it is not
            known whether there is a stack.

    Raises:
        RunError: A file of the stack is missing or corrupt, the description is not the one with the
            hash `digest`, the stack was fitted with the logits of other weights, or it reads other
            inputs than this version of astronet computes.
    """
    trees, path = stack_paths(base)
    if not path.exists():
        if trees.exists() or digest is not None:
            raise RunError(f"{path} is missing; restore it, or fit the stack again")
        return None
    if digest is not None and sha256_of(path) != digest:
        raise RunError(
            f"{path} differs from the file of these weights (SHA-256 mismatch); restore it, or fit "
            "the stack again"
        )
    description = _read_description(path)
    if description.networks_sha256 != tuple(networks):
        raise RunError(
            f"{path}: the stack was fitted with the logits of other weights than those that it is "
            "next to; restore the weights, or fit the stack again"
        )
    counts = (
        description.networks, description.catalogue_networks, description.coarse_networks,
    )  # fmt: skip
    for part in description.parts:
        if part.inputs != input_names(part.groups, *counts):
            raise RunError(
                f"{path}: the trees read other inputs than this version of astronet computes; fit "
                "the stack again, or use the version that fitted it"
            )
    coarse = None
    if description.coarse is not None:
        coarse = CoarseNetwork.load(base.parent, description.coarse)
    stack = Stack(*counts[:2], _parts(trees, description), counts[2])
    return SavedStack(stack, description, coarse)


def _read_description(path: Path) -> StackDescription:
    try:
        return StackDescription.model_validate_json(path.read_bytes())
    except (ValueError, OSError, RecursionError):
        raise RunError(
            f"{path} is corrupt, or from another version of astronet; restore it, or fit the stack "
            "again"
        ) from None


def _parts(path: Path, description: StackDescription) -> tuple[Part, ...]:
    """Verify the hashes of the trees, and return them with their descriptions."""
    files = {path.with_name(f"{name}.safetensors"): d for name, d in description.shared.items()}
    files[path] = description.sha256
    forests = [forest for file, digest in files.items() for forest in _forests(file, digest)]
    if len(forests) != len(description.parts):
        raise _misfit(path)
    parts = []
    for forest, part in zip(forests, description.parts, strict=True):
        if forest.columns != len(part.inputs):
            raise _misfit(path)
        parts.append(Part(part.groups, forest, part.network_weight, part.slope, part.offset))
    return tuple(parts)


def _forests(path: Path, digest: str) -> list[Forest]:
    """Verify the hash of a file of trees, and return the forests of its parts."""
    content = read_verified(path, digest, f"{path.stem}.json")
    try:
        parts: dict[str, dict[str, NDArray[Any]]] = {}
        for key, values in read_arrays(content).items():
            place, _, name = key.partition(".")
            parts.setdefault(place, {})[name] = values
        forests = [Forest.from_arrays(parts[str(place)]) for place in range(len(parts))]
        if not all(map(_is_finite, forests)):
            raise ValueError("a leaf is not a number")
    except (SafetensorError, ValueError, KeyError):
        raise _misfit(path) from None
    return forests


def _misfit(path: Path) -> RunError:
    return RunError(
        f"{path} does not contain the trees that {path.stem}.json describes; restore it, or fit "
        "the stack again"
    )


def _are_equal(one: Forest, other: Forest) -> bool:
    arrays = zip(one.arrays().values(), other.arrays().values(), strict=True)
    return all(np.array_equal(a, b) for a, b in arrays)


def _is_finite(forest: Forest) -> bool:
    leaves = forest.value[forest.column < 0]
    return bool(np.isfinite(forest.base) and np.isfinite(leaves).all())
