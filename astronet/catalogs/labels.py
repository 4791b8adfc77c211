"""What counts as a planet: from a table's dispositions to 1, 0 or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astronet.errors import CatalogError
from astronet.lightcurves.arrays import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LabelPolicy:
    """Which dispositions of one catalogue are planets, and which are not.

    Attributes:
        name: The policy's name, as configs and reports give it.
        positive: Dispositions that become 1.
        negative: Dispositions that become 0.
        unlabelled: Kept and scored, never trained on.
        dropped: Left out when a store is prepared from a catalogue.
        column: The column that holds the dispositions.

    Raises:
        CatalogError: A disposition stands in two of the sets.
    """

    name: str
    positive: frozenset[str]
    negative: frozenset[str]
    unlabelled: frozenset[str] = frozenset({""})
    dropped: frozenset[str] = frozenset()
    column: str = "label"

    def __post_init__(self) -> None:
        everywhere = [*self.positive, *self.negative, *self.unlabelled, *self.dropped]
        if twice := sorted({label for label in everywhere if everywhere.count(label) > 1}):
            raise CatalogError(
                f"label policy {self.name}: {', '.join(map(repr, twice))} stands in two of its "
                "sets; leave it in one"
            )

    @property
    def known(self) -> frozenset[str]:
        """Every disposition that the policy can read."""
        return self.positive | self.negative | self.unlabelled | self.dropped

    def targets(self, labels: pd.Series) -> Floats:
        """1 for planets, 0 for the rest, NaN where there is no label [n].

        Raises:
            CatalogError: A disposition is not known to the policy.
        """
        text = self._known_text(labels)
        target = dict.fromkeys(self.positive, 1.0) | dict.fromkeys(self.negative, 0.0)
        return np.asarray(text.map(target), dtype=np.float64)

    def kept(self, labels: pd.Series) -> Bools:
        """True for the rows [n] that a store prepared from a catalogue keeps.

        Raises:
            CatalogError: A disposition is not known to the policy.
        """
        return ~np.asarray(self._known_text(labels).isin(self.dropped), dtype=np.bool_)

    def _known_text(self, labels: pd.Series) -> pd.Series:
        text = labels.fillna("").astype(str)
        if unknown := sorted(set(text.unique()) - self.known):
            raise CatalogError(
                f"label {unknown[0]!r} in column {self.column} is not known to the policy "
                f"{self.name} ({', '.join(sorted(self.known - {''}))}); choose the policy of "
                f"your table: {', '.join(POLICIES)}"
            )
        return text


def _policy(
    name: str, positive: str, negative: str, unlabelled: str = "", dropped: str = ""
) -> LabelPolicy:
    def some(labels: str) -> frozenset[str]:
        return frozenset(label.strip() for label in labels.split(",") if label)

    return LabelPolicy(name, some(positive), some(negative), some(unlabelled) | {""}, some(dropped))


POLICIES = {
    policy.name: policy
    for policy in (
        # S&V 2018: planet candidates against astrophysical and non-transiting signals.
        _policy("dr24_autovetter", "PC", "AFP, NTP", "WITHHELD", dropped="UNK"),
        # With the original's simulated events: injected planets, scrambled and inverted curves.
        _policy("dr24_simulated", "PC, INJ1", "AFP, NTP, SCR1, INV, INJ2", "WITHHELD", "UNK"),
        _policy("dr25_koi", "CONFIRMED, CANDIDATE", "FALSE POSITIVE", "NOT DISPOSITIONED"),
        _policy("dr25_robovetter", "PC", "FP"),
        _policy("toi", "CP, KP, PC", "FP, FA", "APC"),
        _policy("k2", "CONFIRMED, CANDIDATE", "FALSE POSITIVE, REFUTED"),
        # Yu et al. 2019: candidates against eclipsing binaries and junk.
        _policy("tess_vetting", "PC", "EB, J"),
    )
}
"""The policies by name; each fits the dispositions of one catalogue."""


def fitting_policy(labels: pd.Series) -> LabelPolicy | None:
    """The first policy that knows all labels of a table; None where there is none."""
    held = set(labels.fillna("").astype(str).unique())
    return next((policy for policy in POLICIES.values() if held <= policy.known), None)
