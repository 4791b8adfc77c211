"""What a table of events holds, in a few lines."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.catalogs.columns import REQUIRED, canonical, recognised
from astronet.catalogs.labels import POLICIES, LabelPolicy
from astronet.catalogs.layouts import Layout
from astronet.catalogs.table import read_table
from astronet.errors import CatalogError, counted, printable
from astronet.files.checksums import sha256_of

_MOST_LABELS = 12


@dataclass(frozen=True)
class Summary:
    """A table under our names: which kind it is, its rows, and which of our columns it lacks."""

    path: Path
    layout: Layout
    table: pd.DataFrame
    missing: tuple[str, ...]

    @property
    def policies(self) -> list[LabelPolicy]:
        """The label policies that know every label of the table."""
        held = set(self.table["label"])
        if held <= {""}:
            return []
        return [policy for policy in POLICIES.values() if held <= policy.known]

    @property
    def usable(self) -> bool:
        """Whether its events have what a view needs."""
        return not self.needed

    @property
    def needed(self) -> list[str]:
        """What a view needs and the table lacks, with the archive's names."""
        lacking = [ours for ours in REQUIRED if ours in self.missing]
        theirs = {ours: names[0][0] for ours, names in self.layout.columns.items()}
        return [f"{ours} ({theirs[ours]})" if ours in theirs else ours for ours in lacking]

    def lines(self) -> Iterator[str]:
        """What it is, how much it holds, its labels, the ranges of its ephemerides."""
        yield f"{self.path}: a {self.layout.name}{_snapshot(self.path)}"
        stars = (
            f" of {counted(self.table['star'].nunique(), 'star')}" if "star" in self.table else ""
        )
        yield f"{counted(len(self.table), 'event')}{stars}"
        counts = self.table["label"].replace("", "none").value_counts()
        shown = [f"{printable(str(name))} {n}" for name, n in counts.head(_MOST_LABELS).items()]
        more = f", and {len(counts) - len(shown)} more" if len(counts) > len(shown) else ""
        yield f"labels: {', '.join(shown)}{more}"
        yield from (_under(policy, self.table["label"]) for policy in self.policies)
        for name in REQUIRED[1:]:
            if name in self.table:
                yield f"{name}: {_range(self.table[name])}"
        if self.missing:
            yield f"it lacks {', '.join(self.missing)}"


def sidecar(path: Path) -> Path:
    """The file beside a snapshot that says where it is from."""
    return path.with_suffix(".json")


def summarize(path: Path, layouts: Sequence[Layout]) -> Summary:
    """Read a table as far as possible.

    Args:
        path: The table.
        layouts: The layouts that it may have.

    Raises:
        CatalogError: The file is missing or no table, or a column holds what it cannot hold.
    """
    frame = read_table(path, layouts)
    layout, found = recognised(frame, layouts)
    try:
        table = canonical(frame, layouts, require=())
    except CatalogError as error:
        raise CatalogError(f"{path}: {error}") from None
    ours = dict.fromkeys([*REQUIRED, *layout.columns])
    return Summary(path, layout, table, tuple(name for name in ours if name not in found))


def _under(policy: LabelPolicy, labels: pd.Series) -> str:
    targets = policy.targets(labels)
    dropped = int((~policy.kept(labels)).sum())
    unknown = int(np.isnan(targets).sum()) - dropped
    return (
        f"  under {policy.name}: {counted(int(np.nansum(targets)), 'planet')}, "
        f"{counted(int((targets == 0).sum()), 'other')}, {unknown} unlabelled, {dropped} dropped"
    )


def _range(values: pd.Series) -> str:
    known = values[np.isfinite(values)]
    if known.empty:
        return "unknown everywhere"
    unknown = len(values) - len(known)
    remark = f", unknown in {counted(unknown, 'row')}" if unknown else ""
    return f"{known.min():.6g} to {known.max():.6g}, median {known.median():.6g}{remark}"


def _snapshot(path: Path) -> str:
    """When it was fetched and whether it is still the same, if a sidecar says so."""
    try:
        note = json.loads(sidecar(path).read_text(encoding="utf-8"))
        fetched, hashed = str(note["fetched"]), str(note["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    same = "unchanged" if sha256_of(path) == hashed else "CHANGED since"
    return f", fetched {printable(fetched)}, {same}"
