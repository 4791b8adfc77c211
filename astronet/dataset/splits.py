"""Splits of events into training, validation and test sets."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from astronet.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("train", "val", "test")
"""Names of the splits; for an event in none of them, the empty string "" is used instead."""

Strings = NDArray[np.str_]


class StarSplit(BaseModel):
    """Split by star: all events of a star are in the same split, chosen by a hash of the star.

    A star keeps its split when other stars are added or removed, and no star is in two splits.
    (S&V 2018 split by TCE; 57 % of the stars in their test set are also in their training set.)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["star"] = "star"

    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Expected fractions of the stars in train, val and test, which must add up to 1."""

    salt: str = ""
    """String hashed together with the star; a different salt gives a different split."""

    @field_validator("fractions")
    @classmethod
    def _add_up(cls, fractions: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
            raise ValueError("fractions must not be negative and must add up to 1")
        return fractions

    def assign(self, index: pd.DataFrame) -> Strings:
        """Return the splits [n] of the rows of a store's index."""
        train, _, test = self.fractions
        codes, stars = index["star"].factorize()
        draws = np.array([star_draw(star, self.salt) for star in stars])
        parts = np.where(draws < train, "train", np.where(draws < 1 - test, "val", "test"))
        return np.asarray(parts[codes], dtype=np.str_)


def star_draw(star: int | str, salt: str = "") -> float:
    """Return a pseudo-random number in [0, 1) that depends only on the star and the salt."""
    digest = hashlib.sha256(f"{salt}:{star}".encode()).digest()
    return float((int.from_bytes(digest[:8], "big") >> 11) / 2**53)


class OfficialSplit(BaseModel):
    """Split given by a column of the index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["official"] = "official"

    column: str = "split"
    """Name of the column, for example official_split; its values are train, val, test or empty."""

    def assign(self, index: pd.DataFrame) -> Strings:
        """Return the splits [n] of the rows of a store's index.

        Raises:
            StoreError: The column is missing, or it contains a value that is not a split.
        """
        if self.column not in index.columns:
            raise StoreError(
                f"the store has no column '{self.column}' (columns: {', '.join(index.columns)}); "
                "set data.split.column to a column that contains train, val and test, or set "
                "data.split.kind=star"
            )
        parts = index[self.column].fillna("").astype(str)
        if unknown := sorted(set(parts) - {*SPLITS, ""}):
            raise StoreError(
                f"the column '{self.column}' contains '{unknown[0]}', which is not a split; "
                "use train, val, test or empty values"
            )
        return parts.to_numpy(dtype=np.str_)


class LegacySplit(BaseModel):
    """Random split of S&V 2018: 80 % of the labelled TCEs in train, 10 % in val, 10 % in test.

    The original split is reproduced only if the rows are in the order of the archive's TCE table
    and include all labelled events, as in a store prepared from the complete DR24 table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["legacy_tce"] = "legacy_tce"

    seed: int = Field(123, ge=0, lt=2**32)
    """Seed of NumPy's RandomState; 123 is the seed of the original split."""

    def assign(self, index: pd.DataFrame) -> Strings:
        """Return the splits [n] of the rows of a store's index; "" if the label is empty or UNK."""
        labelled = np.flatnonzero(~index["label"].isin(["", "UNK"]))
        shuffled = labelled[np.random.RandomState(self.seed).permutation(len(labelled))]
        parts = np.full(len(index), "", dtype="<U5")
        first, second = int(0.8 * len(labelled)), int(0.9 * len(labelled))
        parts[shuffled[:first]] = "train"
        parts[shuffled[first:second]] = "val"
        parts[shuffled[second:]] = "test"
        return parts


class FoldSplit(BaseModel):
    """Cross-validation by star: one fold is the test set, the other folds are the training set.

    There is no validation set. The test fold is not used to select an epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["fold"] = "fold"

    fold: int = Field(0, ge=0)
    """Number of the test fold, counted from 0."""

    folds: int = Field(5, ge=2)
    """Number of folds."""

    salt: str = ""
    """String hashed together with the star; a different salt gives different folds."""

    within: str | None = None
    """Name of the split whose events are divided into folds, for example train; None means all
    events."""

    of: StarSplit | OfficialSplit | LegacySplit | FoldSplit = Field(
        OfficialSplit(), discriminator="kind"
    )
    """Split to which `within` refers; by default, the one in the column `split` of the index. It is
    not used if `within` is None."""

    @model_validator(mode="after")
    def _is_a_fold(self) -> Self:
        if self.fold >= self.folds:
            raise ValueError(
                f"fold {self.fold} does not exist; choose a number from 0 to {self.folds - 1}, or "
                f"increase folds (now {self.folds})"
            )
        if self.within and isinstance(self.of, StarSplit) and self.of.salt == self.salt:
            raise ValueError(
                "folds with the same salt as the split that they divide would have unequal sizes; "
                "choose another salt"
            )
        return self

    def assign(self, index: pd.DataFrame) -> Strings:
        """Return the splits [n] of the rows of a store's index; "" for rows outside `within`.

        Raises:
            StoreError: The split `of` cannot be applied; for example, its column is missing.
        """
        codes, stars = index["star"].factorize()
        folds = np.array([int(star_draw(star, self.salt) * self.folds) for star in stars])
        parts = np.where(folds[codes] == self.fold, "test", "train").astype(np.str_)
        if self.within is not None:
            parts[self.of.assign(index) != self.within] = ""
        return parts


_AnySplit = StarSplit | OfficialSplit | LegacySplit | FoldSplit

Split = Annotated[_AnySplit, Field(discriminator="kind")]
"""Settings of any kind of split, distinguished by `kind`."""

SPLIT_KINDS = tuple(str(split.model_fields["kind"].default) for split in get_args(_AnySplit))
"""Values of `kind`."""
