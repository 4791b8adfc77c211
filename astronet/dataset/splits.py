"""Which events a network learns from, is tuned on and is judged by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from astronet.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("train", "val", "test")
"""Names of the three parts; an event in none of them has the split ""."""

Strings = NDArray[np.str_]


class StarSplit(BaseModel):
    """All events of a star in one part, drawn by a hash of the star.

    A star never moves when others come or go, and no star is in two parts. (The original split
    by TCE, so that 57 % of its test stars are in its training set too.)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["star"] = "star"

    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Expected fractions of stars in train, val and test; they add up to 1."""

    salt: str = ""
    """Another text gives another split."""

    @field_validator("fractions")
    @classmethod
    def _add_up(cls, fractions: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-9:
            raise ValueError(f"fractions must not be negative and must add up to 1: {fractions}")
        return fractions

    def assign(self, index: pd.DataFrame) -> Strings:
        """The part [n] of every row of a store's index."""
        train, _, test = self.fractions
        codes, stars = index["star"].factorize()
        draws = np.array([star_draw(star, self.salt) for star in stars])
        parts = np.where(draws < train, "train", np.where(draws < 1 - test, "val", "test"))
        return np.asarray(parts[codes], dtype=np.str_)


def star_draw(star: int | str, salt: str = "") -> float:
    """A number in [0, 1) that depends on the star and the salt alone."""
    digest = hashlib.sha256(f"{salt}:{star}".encode()).digest()
    return float((int.from_bytes(digest[:8], "big") >> 11) / 2**53)


class OfficialSplit(BaseModel):
    """The part that a column of the index gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["official"] = "official"

    column: str = "split"
    """Column that holds train, val, test or nothing; DR24's table calls it official_split."""

    def assign(self, index: pd.DataFrame) -> Strings:
        """The part [n] of every row of a store's index.

        Raises:
            StoreError: There is no such column, or it holds something else.
        """
        if self.column not in index.columns:
            raise StoreError(
                f"the store has no column '{self.column}' to split by; it has "
                f"{', '.join(index.columns)}; set data.split.column, or data.split.kind=star"
            )
        parts = index[self.column].fillna("").astype(str)
        if strange := sorted(set(parts) - {*SPLITS, ""}):
            raise StoreError(
                f"the column '{self.column}' holds '{strange[0]}', which is no split; "
                "a split is train, val, test or empty"
            )
        return parts.to_numpy(dtype=np.str_)


class LegacySplit(BaseModel):
    """The original's split: by TCE, 80/10/10, in the order of the table (S&V 2018).

    It gives the original's parts only for rows in the archive's order that hold all labelled
    events, as a store prepared from the whole DR24 table does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["legacy_tce"] = "legacy_tce"

    seed: int = Field(123, ge=0, lt=2**32)
    """Seed of numpy's RandomState; the original's is 123."""

    def assign(self, index: pd.DataFrame) -> Strings:
        """The part [n] of every row of a store's index; rows without a label or UNK have none."""
        labelled = np.flatnonzero(~index["label"].isin(["", "UNK"]))
        shuffled = labelled[np.random.RandomState(self.seed).permutation(len(labelled))]
        parts = np.full(len(index), "", dtype="<U5")
        first, second = int(0.8 * len(labelled)), int(0.9 * len(labelled))
        parts[shuffled[:first]] = "train"
        parts[shuffled[first:second]] = "val"
        parts[shuffled[second:]] = "test"
        return parts


class FoldSplit(BaseModel):
    """Cross-validation by star: one fold of the stars is for test, the others for training.

    Nothing is for validation, so that the test fold chooses no epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["fold"] = "fold"

    fold: int = Field(0, ge=0)
    """Which fold is for test, counted from 0."""

    folds: int = Field(5, ge=2)
    """How many folds there are."""

    salt: str = ""
    """Another text gives other folds."""

    within: str | None = None
    """Take only events of this part, such as train; none: all events."""

    of: StarSplit | OfficialSplit | LegacySplit | FoldSplit = Field(
        OfficialSplit(), discriminator="kind"
    )
    """The split that `within` names a part of: the column `split`, or another."""

    @model_validator(mode="after")
    def _is_a_fold(self) -> Self:
        if self.fold >= self.folds:
            raise ValueError(
                f"folds are counted from 0, so the last of {self.folds} is the fold "
                f"{self.folds - 1}"
            )
        if self.within and isinstance(self.of, StarSplit) and self.of.salt == self.salt:
            raise ValueError(
                "folds drawn by the salt of the split that they are within would be of unequal "
                "size; give another salt"
            )
        return self

    def assign(self, index: pd.DataFrame) -> Strings:
        """The part [n] of every row of a store's index; rows that are not within have none.

        Raises:
            StoreError: The split that `within` is a part of has no column to go by.
        """
        codes, stars = index["star"].factorize()
        folds = np.array([int(star_draw(star, self.salt) * self.folds) for star in stars])
        parts = np.where(folds[codes] == self.fold, "test", "train").astype(np.str_)
        if self.within is not None:
            parts[self.of.assign(index) != self.within] = ""
        return parts


Split = Annotated[StarSplit | OfficialSplit | LegacySplit | FoldSplit, Field(discriminator="kind")]
"""One of the ways to split, told apart by `kind`."""
