"""Label policies: mappings of the dispositions in a catalogue to targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astronet.catalogs.koi_labels import CERTAIN_LABEL, LABEL, NO_PLANET, PLANET
from astronet.errors import CatalogError
from astronet.lightcurves.arrays import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LabelPolicy:
    """Mapping of the dispositions in one catalogue to targets.

    Attributes:
        name: Name of the policy in configs and reports.
        positive: Dispositions with target 1 (planet).
        negative: Dispositions with target 0 (not a planet).
        unlabelled: Dispositions of events that are scored but not used in training.
        dropped: Dispositions of events that are excluded when a store is prepared.
        column: Name of the column that contains the dispositions.

    Raises:
        CatalogError: A disposition is in more than one of the four sets.
    """

    name: str
    positive: frozenset[str]
    negative: frozenset[str]
    unlabelled: frozenset[str] = frozenset({""})
    dropped: frozenset[str] = frozenset()
    column: str = "label"

    def __post_init__(self) -> None:
        everywhere = [*self.positive, *self.negative, *self.unlabelled, *self.dropped]
        if repeated := sorted({label for label in everywhere if everywhere.count(label) > 1}):
            raise CatalogError(
                f"label policy {self.name}: more than one set contains "
                f"{', '.join(map(repr, repeated))}; keep each label in one set"
            )

    @property
    def known(self) -> frozenset[str]:
        """All dispositions in the four sets."""
        return self.positive | self.negative | self.unlabelled | self.dropped

    def labels_of(self, table: pd.DataFrame) -> pd.Series:
        """Return the dispositions of the events in a table [n].

        Raises:
            CatalogError: The table lacks the column.
        """
        if self.column not in table:
            raise CatalogError(
                f"the events have no column '{self.column}', which the label policy {self.name} "
                "needs; add it to their table with `astronet catalog label`, or choose another "
                "policy",
                arguments=("labels",),
            )
        return table[self.column]

    def targets(self, labels: pd.Series) -> Floats:
        """Return the targets [n]: 1 for positive and 0 for negative dispositions, otherwise NaN.

        Args:
            labels: Dispositions [n]; a missing disposition is treated as "".

        Raises:
            CatalogError: A disposition is in none of the four sets.
        """
        text = self._known_text(labels)
        target = dict.fromkeys(self.positive, 1.0) | dict.fromkeys(self.negative, 0.0)
        return np.asarray(text.map(target), dtype=np.float64)

    def kept(self, labels: pd.Series) -> Bools:
        """Return the mask [n] of the events whose dispositions are not in `dropped`.

        Args:
            labels: Dispositions [n]; a missing disposition is treated as "".

        Raises:
            CatalogError: A disposition is in none of the four sets.
        """
        return ~np.asarray(self._known_text(labels).isin(self.dropped), dtype=np.bool_)

    def _known_text(self, labels: pd.Series) -> pd.Series:
        text = labels.fillna("").astype(str)
        if unknown := sorted(set(text.unique()) - self.known):
            raise CatalogError(
                f"label {unknown[0]!r} in column {self.column} is not part of the label policy "
                f"{self.name} ({', '.join(sorted(self.known - {''}))}); set data.labels in "
                f"the config to the policy that matches your table ({', '.join(POLICIES)}), or, if "
                "the policy is that of a trained run, score the events with `astronet predict`"
            )
        return text


def _policy(
    name: str,
    positive: str,
    negative: str,
    unlabelled: str = "",
    dropped: str = "",
    column: str = "label",
) -> LabelPolicy:
    def split(labels: str) -> frozenset[str]:
        return frozenset(label.strip() for label in labels.split(",") if label)

    return LabelPolicy(
        name, split(positive), split(negative), split(unlabelled) | {""}, split(dropped), column
    )


POLICIES = {
    policy.name: policy
    for policy in (
        # S&V 2018: planet candidates versus astrophysical false positives and non-transiting
        # phenomena.
        _policy("dr24_autovetter", "PC", "AFP, NTP", "WITHHELD", dropped="UNK"),
        # The same, with events from light curves that were injected, scrambled or inverted.
        _policy("dr24_simulated", "PC, INJ1", "AFP, NTP, SCR1, INV, INJ2", "WITHHELD", "UNK"),
        _policy("dr25_koi", "CONFIRMED, CANDIDATE", "FALSE POSITIVE", "NOT DISPOSITIONED"),
        _policy("dr25_robovetter", "PC", "FP"),
        _policy("toi", "CP, KP, PC", "FP, FA", "APC"),
        _policy("k2", "CONFIRMED, CANDIDATE", "FALSE POSITIVE, REFUTED"),
        # Today's dispositions of the events of another table; see `astronet.catalogs.koi_labels`.
        _policy("koi", PLANET, NO_PLANET, column=LABEL),
        _policy("koi_certain", PLANET, NO_PLANET, column=CERTAIN_LABEL),
        # Yu et al. 2019: planet candidates versus eclipsing binaries and junk.
        _policy("tess_vetting", "PC", "EB, J"),
    )
}
"""Label policies by name."""


def fitting_policies(labels: pd.Series) -> list[LabelPolicy]:
    """Return the policies that define every one of the labels [n], in the order of `POLICIES`.

    Policies that read another column than `label` are left out.
    """
    present = set(labels.fillna("").astype(str).unique())
    ordinary = [policy for policy in POLICIES.values() if policy.column == "label"]
    return [policy for policy in ordinary if present <= policy.known]
