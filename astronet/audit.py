"""`astronet audit`: check a data set for leaks, conflicting labels and other defects."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from astronet.audits.findings import COLUMNS, Finding
from astronet.audits.signals import repeated_signals, shared_between_stars, unusable_ephemerides
from astronet.audits.sources import changed_sources
from astronet.audits.stars import stars_in_two_splits
from astronet.audits.views import unusual_views
from astronet.catalogs.labels import POLICIES, fitting_policies
from astronet.dataset.prepared_files import read_sources
from astronet.dataset.splits import SPLITS, LegacySplit, OfficialSplit, Split, StarSplit
from astronet.dataset.store import ViewStore
from astronet.errors import ArchiveError, StoreError
from astronet.files.outputs import check_output, exists_already
from astronet.files.tables import STDOUT, check_format, csv_text, write_table
from astronet.lightcurves.arrays import Floats
from astronet.progress import progress_bar

if TYPE_CHECKING:
    from astronet.config import Experiment  # imports torch

AUDIT = "audit.csv"
"""Name of the table of findings, which is written to the folder of the store by default."""

_ORDER = ("leak", "error", "warning")


@dataclass(frozen=True)
class Audit:
    """Result of an audit.

    Attributes:
        store: Store that was checked.
        split: Kind of the split for which the store was checked, for example "star" or
            "official (column split)".
        counts: Number of events by name of the split; the key "" counts the events in no split.
        findings: Findings in order of decreasing severity.
        table: Path of the table of findings; `STDOUT` if it was not written.
    """

    store: ViewStore
    split: str
    counts: dict[str, int]
    findings: list[Finding]
    table: Path

    @property
    def rows(self) -> pd.DataFrame:
        """Table of the findings, one row per event."""
        tables = [finding.table for finding in self.findings]
        return pd.concat(tables) if tables else pd.DataFrame(columns=list(COLUMNS))

    @property
    def fails(self) -> bool:
        """Whether any finding is a leak or an error."""
        return any(finding.fails for finding in self.findings)


def audit(
    store_path: Path,
    *,
    split: str | None = None,
    experiment: "Experiment | None" = None,
    data: Path | None = None,
    out: Path | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> Audit:
    """Audit the events of a store for a given split, and return the result.

    The findings are also written to a table.

    Args:
        store_path: Path of the store.
        split: `star`, `legacy_tce`, `official` (the column `official_split` of the store's index
            or, if there is none, `split`), or the name of another column of the index. None means
            the split of the config; without a config, it means the column `split` or, if that
            column contains no split names, `star`.
        experiment: Config that gives the label policy and the default of `split`. None means the
            first label policy that contains all labels of the store; if there is none, conflicting
            labels are not detected.
        data: Folder of light curves to compare with the store's table of source files
            (sources.csv); None skips this check.
        out: Path of the table; the suffix selects the format (see `astronet.files.tables`). None
            means audit.csv in the folder of the store, or audit-<split>.csv if `split` is given.
            With `STDOUT`, no file is written.
        overwrite: Whether to replace an existing table. The default table is always replaced if it
            has the same findings.
        quiet: Whether to hide the progress bar.

    Raises:
        ArchiveError: The folder of light curves does not exist.
        StoreError: The store is missing or has changed, the split cannot be applied to it, `data`
            is given but the store has no table of source files, or `out` is in the folder of the
            store but is not named audit.csv or audit-*.csv.
        CatalogError: A label is unknown to the label policy of the config.
        RunError: The table exists and `overwrite` is False, the suffix of the table is unknown, or
            the table cannot be written.
    """
    store = ViewStore.open(store_path)
    path = _checked_path(store, split, out, overwrite)
    if data is not None and not data.is_dir():
        raise ArchiveError(
            f"the folder {data} does not exist; give the folder of the store's light curves",
            arguments=("data",),
        )
    sources = None if data is None else read_sources(store)
    rule = _rule(store, split, experiment)
    index = store.index.assign(split=rule.assign(store.index))
    targets = _targets(index, experiment)
    checks: tuple[Callable[[], Iterable[Finding]], ...] = (
        lambda: stars_in_two_splits(index, SPLITS),
        lambda: repeated_signals(index, targets),
        lambda: shared_between_stars(index),
        lambda: unusual_views(index, store.views),
        lambda: unusable_ephemerides(index),
    )
    findings: list[Finding] = []
    with progress_bar("auditing", "checks", len(checks) + 1, quiet=quiet) as advance:
        store.verify()
        advance(1)
        for check in checks:
            findings += check()
            advance(1)
    if data is not None and sources is not None:
        with progress_bar("comparing", "files", len(sources), quiet=quiet) as advance:
            findings += changed_sources(index, sources, data, advance)
    findings.sort(key=lambda finding: _ORDER.index(finding.severity))
    counts = {name: int((index["split"] == name).sum()) for name in (*SPLITS, "")}
    audited = Audit(store, _name(rule), counts, findings, path)
    _write(audited, overwrite or out is not None)
    return audited


def _checked_path(store: ViewStore, split: str | None, out: Path | None, overwrite: bool) -> Path:
    """Return the path of the table of findings.

    Raises:
        StoreError: `out` is in the folder of the store but is not named audit.csv or audit-*.csv.
        RunError: `out` exists and `overwrite` is False, its suffix is unknown, or it cannot be
            written.
    """
    path = out or store.path / (AUDIT if split is None else f"audit-{split}.csv")
    if path == STDOUT:
        return path
    check_format(path)
    named = re.fullmatch(r"audit(-[^/]*)?\.csv", path.name)
    if path.resolve().parent == store.path.resolve() and not named:
        raise StoreError(
            f"{path} is inside the store, where only {AUDIT} and audit-*.csv may be written; name "
            f"the table {AUDIT}, or choose another folder"
        )
    check_output(path, overwrite=overwrite or out is None)
    return path


def _write(audited: Audit, overwrite: bool) -> None:
    """Write the table of findings, unless it is for standard output.

    Raises:
        RunError: The table exists with other findings, and `overwrite` is False.
    """
    path = audited.table
    if path == STDOUT:
        return
    if overwrite or not path.exists():
        write_table(audited.rows, path)
        return
    if path.read_bytes() != csv_text(audited.rows).encode():
        raise exists_already(path, "already exists with the findings of another audit")


def _rule(store: ViewStore, split: str | None, experiment: "Experiment | None") -> Split:
    columns = store.index.columns
    if split is None:
        if experiment is not None:
            return experiment.data.split
        given = store.index["split"].isin(SPLITS).any()
        return OfficialSplit() if given else StarSplit()
    if split == "star":
        return StarSplit()
    if split == "legacy_tce":
        return LegacySplit()
    if split == "official":
        return OfficialSplit(column="official_split" if "official_split" in columns else "split")
    if split not in columns:
        raise StoreError(
            f"{store.path} has no column '{split}' (columns: {', '.join(columns)}); choose star, "
            "official, legacy_tce, or a column that contains train, val and test",
            arguments=("split",),
        )
    return OfficialSplit(column=split)


def _name(rule: Split) -> str:
    return f"{rule.kind} (column {rule.column})" if isinstance(rule, OfficialSplit) else rule.kind


def _targets(index: pd.DataFrame, experiment: "Experiment | None") -> Floats:
    """Return the targets [n] under the config's label policy.

    Without a config, the first policy that contains all labels is used; if there is none, the
    targets are NaN.
    """
    if experiment is not None:
        policy = POLICIES[experiment.data.labels]
        return policy.targets(policy.labels_of(index))
    fitting = fitting_policies(index["label"])
    return fitting[0].targets(index["label"]) if fitting else np.full(len(index), np.nan)
