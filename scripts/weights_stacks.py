"""Stacks of the shipped weights: trees for every pattern of known inputs, and the families."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from astronet.dataset.features import store_features
from astronet.dataset.stack_inputs import Group, StackInputs, stack_inputs
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.files.atomic import replacing
from astronet.lightcurves.arrays import Floats, Ints
from astronet.models.stack import NETWORKS, Part, Stack
from astronet.runs.stack_files import load_stack, save_stack
from astronet.training.stacking import WEIGHTS, PartRecipe, fit_part

Groups = tuple[Group, ...]

STATISTIC = "joined_tce_fwm_stat"
"""Column of DR25's centroid statistic, which `astronet import --join` adds."""

TODAY_WEIGHT = 0.25
"""Weight of the labels of today's KOI table in trees that read the centroid (docs/model.md). With
the centroid, trees can recognise some of the events whose labels of 2018 are wrong."""


@dataclass(frozen=True)
class Family:
    """Shipped weights of one name.

    Attributes:
        patterns: Patterns of known inputs of its own trees, in addition to views and networks. For
            coarse views, they contain the network for these instead.
        networks: Networks that it uses, by the names of their weights files.
        before: Name of the family whose trees it uses, too; "" for none.
    """

    patterns: tuple[Groups, ...]
    networks: tuple[str, ...]
    before: str = ""


_DEPTHS: tuple[Groups, ...] = ((), ("depth",), ("depth", "catalogue", "catalogue_networks"))
_STARS: tuple[Groups, ...] = ((), ("siblings",))
_ALL = ("pretrained", "pretrained-scalars")

_COARSE: Groups = ("coarse_networks",)

FAMILIES = {
    "pretrained": Family(((), _COARSE), ("pretrained",)),
    "pretrained-star": Family(
        (("siblings",), ("siblings", *_COARSE)), ("pretrained",), "pretrained"
    ),
    "pretrained-scalars": Family(
        (
            *((*known, *star) for known in _DEPTHS[1:] for star in _STARS),
            *(("depth", *star, *_COARSE) for star in _STARS),
        ),
        _ALL,
        "pretrained-star",
    ),
    "pretrained-full": Family(
        (
            *((*known, *star, "centroid") for known in _DEPTHS for star in _STARS),
            *((*known, *star, "centroid", *_COARSE) for known in _DEPTHS[:2] for star in _STARS),
        ),
        _ALL,
        "pretrained-scalars",
    ),
}
"""Families by name. Every pattern of known inputs that can occur has its own trees."""


def recipe_of(pattern: Groups) -> PartRecipe:
    """Return the recipe of the trees for a pattern of known inputs; see docs/model.md.

    Args:
        pattern: Known groups of inputs, in addition to views and networks.
    """
    if "coarse_networks" in pattern:
        known = tuple(group for group in pattern if group != "coarse_networks")
        return PartRecipe(
            forests=(("views", *pattern), ("views", *known)),
            network_weights=(0.0,) if known else WEIGHTS,
        )
    more = tuple(group for group in pattern if group != "catalogue_networks")
    forests: tuple[Groups, ...]
    if not pattern:
        forests = (("views",), ("views", "networks"))
        return PartRecipe(forests=forests, network_weights=WEIGHTS)
    if "catalogue" not in pattern:
        forests = (("views", "networks", *more), ("views", *more))
    elif "centroid" in pattern:
        forests = (("views", "networks", *pattern), ("networks", *pattern))
    else:
        forests = (("views", "networks", *more), ("networks", *pattern))
    return PartRecipe(forests=forests, network_weights=(0.0,))


def patterns_of(name: str) -> tuple[Groups, ...]:
    """Return the patterns of all trees of a family, in the order of its files."""
    family = FAMILIES[name]
    return (*(patterns_of(family.before) if family.before else ()), *family.patterns)


def files_before(name: str) -> tuple[str, ...]:
    """Return the names of the stacks whose trees a family also uses, in the order of the trees."""
    before = FAMILIES[name].before
    return (*files_before(before), f"{before}.stack") if before else ()


class Inputs:
    """Inputs of the stacks for all events of a store.

    Args:
        store: Store of DR24 with the centroid statistic of DR25.
        work: Folder in which the features are kept.

    Raises:
        StoreError: The store has no centroid statistic.
    """

    def __init__(self, store: ViewStore, work: Path) -> None:
        if STATISTIC not in store.index:
            raise StoreError(
                f"{store.path} has no column {STATISTIC}; delete the folder, so that it is "
                "imported again with DR25's statistics, or give another folder"
            )
        self.store = store
        path = work / f"features-{store.digest[:16]}.npy"
        if not path.exists():
            with replacing(path) as part, part.open("wb") as file:
                np.save(file, store_features(store))
        self._features: Floats = np.load(path)

    def of(self, logits: Floats, catalogue_logits: Floats | None) -> StackInputs:
        """Return the inputs for logits of networks that read views, or views and scalars."""
        none = np.full((len(self.store), 1), np.nan)  # only 5 of the 15,737 views are coarse
        return stack_inputs(self._features, logits, self.store.index, catalogue_logits, none)


class Parts:
    """Fitted trees in a folder; finished ones are kept.

    Args:
        inputs: Inputs of the training events [n], with out-of-fold logits, and of copies of them.
        coarse: Inputs of coarse copies of them.
        targets: Targets [n] with the labels of 2018.
        today: Targets [n] with today's labels, which have the weight `TODAY_WEIGHT` in trees that
            read the centroid; None if they are not given.
        folds: Number of the fold of each event [n].
        work: Folder in which fitted trees are kept.
        tell: Function that is called with a description before trees are fitted.
    """

    def __init__(
        self,
        inputs: Sequence[StackInputs],
        coarse: Sequence[StackInputs],
        targets: Floats,
        today: Floats | None,
        folds: Ints,
        work: Path,
        tell: Callable[[str], None],
    ) -> None:
        mixed = targets if today is None else (1 - TODAY_WEIGHT) * targets + TODAY_WEIGHT * today
        self._inputs, self._coarse = inputs, coarse
        self._targets, self._mixed, self._folds = targets, mixed, folds
        self._work, self._tell = work, tell

    def stack(self, name: str) -> Stack:
        """Return the stack of a family."""
        parts = tuple(self._part(recipe_of(pattern)) for pattern in patterns_of(name))
        networks, catalogue, coarse = self._counts
        return Stack(networks, catalogue if len(FAMILIES[name].networks) > 1 else 0, parts, coarse)

    @property
    def _counts(self) -> tuple[int, ...]:
        inputs = self._inputs[0], self._inputs[0], self._coarse[0]
        return tuple(of.values[g].shape[1] for of, g in zip(inputs, NETWORKS, strict=True))

    def _part(self, recipe: PartRecipe) -> Part:
        inputs = self._coarse if "coarse_networks" in recipe.groups else self._inputs
        targets = self._mixed if "centroid" in recipe.groups else self._targets
        folds = self._folds
        base = self._work / f"part-{_digest(recipe, inputs, targets, folds)}"
        saved = load_stack(base, [])
        if saved is None:
            self._tell(f"trees on {' + '.join(recipe.groups)}")
            part = fit_part(inputs[0], targets, folds, recipe, inputs[1:]).part
            networks, catalogue, coarse = self._counts
            stack = Stack(networks, catalogue, (part,), coarse)
            save_stack(stack, base, [], recipe.model_dump())
            return part
        (part,) = saved.trees.parts
        return part


def _digest(recipe: PartRecipe, copies: Sequence[StackInputs], targets: Floats, folds: Ints) -> str:
    """Return a hash of everything that determines the trees."""
    digest = sha256(recipe.model_dump_json().encode())
    for values in (targets, folds):
        digest.update(np.ascontiguousarray(values).tobytes())
    for inputs in copies:
        for group in recipe.groups:
            digest.update(np.ascontiguousarray(inputs.values[group]).tobytes())
            digest.update(inputs.known[group].tobytes())
    return digest.hexdigest()[:16]
