"""Gradient-boosted decision trees as plain arrays, and the compiled function that evaluates them.

The trees are fitted by scikit-learn (`astronet.training.forests`). Its objects can only be saved as
pickles, which can execute code when they are loaded and depend on the version of the library. A
`Forest` contains numbers only, so it is saved in the same format as the networks (safetensors), and
it is evaluated without scikit-learn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.errors import RunError
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.kernels import kernel

Places = NDArray[np.int32]
"""Numbers of nodes."""

Short = NDArray[np.int16]
"""Numbers of columns, or distances between nodes of a tree."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Sum of decision trees: inputs [n, columns] → logits [n].

    The nodes of all trees are in one list [m], in which a node is followed by its left child with
    all descendants, then by its right child. Every path therefore ends at a leaf.

    Attributes:
        base: Logit without any tree.
        columns: Number of inputs.
        roots: Number of the first node of each tree [t], in ascending order.
        column: Column that a node compares [m]; −1 for a leaf.
        value: Threshold of the node [m]: events with a value up to it continue on the left. It is
            infinite if the node only separates unknown values. The value of a leaf is the logit
            that it adds.
        right: Distance of the right child in the list [m]; 0 for a leaf.
        unknown_left: Whether events with an unknown value (NaN) continue on the left [m].
    """

    base: float
    columns: int
    roots: Places
    column: Short
    value: Floats
    right: Short
    unknown_left: Bools

    def logits(self, inputs: Floats) -> Floats:
        """Return the logits [n] of n events.

        Args:
            inputs: Inputs [n, columns]; NaN if unknown.

        Raises:
            RunError: The number of columns differs.
        """
        if inputs.ndim != 2 or inputs.shape[1] != self.columns:
            raise RunError(
                f"the trees read {self.columns} inputs, but {inputs.shape[-1]} were given; compute "
                "the inputs with the version of astronet that fitted the trees"
            )
        nodes = (self.column, self.value, self.right, self.unknown_left)
        return _sums(np.ascontiguousarray(inputs, np.float64), self.base, self.roots, *nodes)

    def reading(self, places: Short, columns: int) -> "Forest":
        """Return the same trees for inputs with more columns.

        Args:
            places: Place of each of the present columns among the new ones [columns].
            columns: Number of new columns.
        """
        moved = np.where(self.column >= 0, places[self.column], -1).astype(np.int16)
        return replace(self, column=moved, columns=columns)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the attributes as arrays by name, from which `from_arrays` restores the forest."""
        return {
            name: np.atleast_1d(np.asarray(getattr(self, name), kind))
            for name, kind in _TYPES.items()
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Forest":
        """Return the forest of `arrays`.

        Raises:
            ValueError: An array is missing, has another type or length, or the numbers of the nodes
                or columns are invalid.
        """
        if set(arrays) != set(_TYPES):
            raise ValueError(f"expected the arrays {', '.join(_TYPES)}")
        for name, kind in _TYPES.items():
            if arrays[name].dtype != kind or arrays[name].ndim != 1:
                raise ValueError(f"{name} is not a list of {np.dtype(kind)}")
        if len(arrays["base"]) != 1 or len(arrays["columns"]) != 1:
            raise ValueError("base and columns are not single numbers")
        forest = cls(
            base=float(arrays["base"][0]),
            columns=int(arrays["columns"][0]),
            roots=arrays["roots"],
            column=arrays["column"],
            value=arrays["value"],
            right=arrays["right"],
            unknown_left=arrays["unknown_left"],
        )
        forest._check()
        return forest

    def _check(self) -> None:
        """Raise an error unless each node is a leaf, or compares a column and has two children."""
        size = len(self.column)
        inner = np.flatnonzero(self.column >= 0)
        if any(len(each) != size for each in (self.value, self.right, self.unknown_left)):
            raise ValueError("the nodes are not those of trees")
        distance = self.right[inner].astype(np.int64)
        if (
            (self.column < -1).any()
            or (self.column >= self.columns).any()
            or (distance < 2).any()
            or (inner + distance >= size).any()
            or (self.roots < 0).any()
            or (self.roots >= size).any()
        ):
            raise ValueError("the nodes are not those of trees")


_TYPES: Mapping[str, Any] = {
    "base": np.float64,
    "columns": np.int64,
    "roots": np.int32,
    "column": np.int16,
    "value": np.float64,
    "right": np.int16,
    "unknown_left": np.bool_,
}
"""Types of the arrays of a forest, by name."""


def mean_forest(forests: "list[Forest]") -> Forest:
    """Return a forest whose logits are the mean logits of several forests with the same inputs."""
    sizes = np.array([len(forest.column) for forest in forests])
    shifts = (np.cumsum(sizes) - sizes).astype(np.int32)

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(forest, name) for forest in forests])

    values = [
        np.where(forest.column >= 0, forest.value, forest.value / len(forests))
        for forest in forests
    ]
    roots = [forest.roots + shift for forest, shift in zip(forests, shifts, strict=True)]
    return Forest(
        base=float(np.mean([forest.base for forest in forests])),
        columns=forests[0].columns,
        roots=np.concatenate(roots),
        column=joined("column"),
        value=np.concatenate(values),
        right=joined("right"),
        unknown_left=joined("unknown_left"),
    )


def compile_forest_kernel() -> None:
    """Compile the function that evaluates trees, or load its compiled code."""
    leaf, nothing = np.full(1, -1, np.int16), np.zeros(1, np.int16)
    root = np.zeros(1, np.int32)
    forest = Forest(0.0, 1, root, leaf, np.zeros(1), nothing, np.zeros(1, np.bool_))
    forest.logits(np.zeros((1, 1)))


@kernel()
def _sums(
    inputs: Floats,
    base: float,
    roots: Places,
    column: Short,
    value: Floats,
    right: Short,
    unknown_left: Bools,
) -> Floats:
    """Return the sum of the leaves that each event reaches [n]; see `Forest`."""
    n = len(inputs)
    total = np.full(n, base)
    for root in roots:
        for row in range(n):
            node = root
            while column[node] >= 0:
                x = inputs[row, column[node]]
                goes_left = unknown_left[node] if np.isnan(x) else x <= value[node]
                node += 1 if goes_left else right[node]
            total[row] += value[node]
    return total
