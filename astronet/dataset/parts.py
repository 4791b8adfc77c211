"""Parts of an unfinished store, saved so that an interrupted preparation can be resumed."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from astronet.dataset.centroid_statistics import CENTROID, with_measured
from astronet.dataset.measured import MEASURED, joined_masks, packed, write_measured
from astronet.dataset.prepared_files import (
    EVENTS,
    SKIPPED,
    SOURCES,
    corrupt,
    part_array,
    read_events,
)
from astronet.dataset.store import ViewStore
from astronet.errors import Command, ResumableInterrupt, StoreError, commonest
from astronet.files.atomic import is_temporary, remove_leftovers, replacing_folder, write_text
from astronet.files.deletion import delete_files, other_content
from astronet.files.locks import exclusive
from astronet.lightcurves.arrays import Ints, Views
from astronet.lightcurves.view_specs import ViewSpec

if TYPE_CHECKING:
    from astronet.stars.views import PreparedStar  # imports numba

_ROWS_AT_ONCE = 512

_PART = "[0-9][0-9][0-9][0-9][0-9][0-9]"
_FILES = ("plan.json", "lock", f"{_PART}/*.npy", f"{_PART}/{EVENTS}", f"{_PART}/{SOURCES}")
"""Patterns of the files in the folder of the parts; see `other_content`."""


class Parts:
    """Finished parts of a store, numbered from 0, in the folder `<store>.parts` next to the store.

    Args:
        store_path: Path of the store.
    """

    def __init__(self, store_path: Path) -> None:
        self.store_path = store_path
        self.path = store_path.with_name(store_path.name + ".parts")

    @classmethod
    def begin(cls, store_path: Path, plan: Mapping[str, Any], *, resume: bool) -> "Parts":
        """Open the parts of an interrupted preparation, or create a folder for a new preparation.

        Args:
            store_path: Path of the store that will be assembled from the parts.
            plan: Settings and versions that determine the parts. A preparation can be resumed only
                if they are unchanged.
            resume: Whether to continue an interrupted preparation, if there is one.

        Raises:
            StoreError: There is an interrupted preparation, but `resume` is false or the plan has
                changed.
        """
        parts = cls(store_path)
        text = json.dumps(plan, indent=2, sort_keys=True) + "\n"
        file = parts.path / "plan.json"
        if file.exists() and not resume:
            raise StoreError(
                f"{parts.path} contains an interrupted preparation; delete this folder, or resume "
                "the preparation",
                arguments=("resume",),
            )
        if file.exists() and file.read_bytes() != text.encode():
            raise StoreError(
                f"the preparation in {parts.path} was started with a different config, event "
                "table or version of astronet; resume it with the original ones, or delete this "
                "folder"
            )
        if parts.path.exists() and (not parts.path.is_dir() or other_content(parts.path, _FILES)):
            raise StoreError(
                f"{parts.path} is needed for temporary files, but contains other files; move them, "
                "or choose another path of the store"
            )
        parts.path.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            write_text(file, text)
        return parts

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Prevent other preparations of the same store during the `with` block.

        Temporary files left behind by killed processes are removed before the block runs.

        Raises:
            StoreError: Another preparation is running.
            ResumableInterrupt: The block was interrupted (Ctrl-C) after a part was finished.
        """
        busy = StoreError(
            f"another preparation of {self.store_path} is running; wait until it ends, or stop it"
        )
        with exclusive(self.path / "lock", busy):
            remove_leftovers(self.path)
            try:
                yield
            except KeyboardInterrupt:
                if any(self.path.glob(_PART)):
                    raise ResumableInterrupt(
                        f"interrupted; the finished parts are kept in {self.path}; run the same "
                        "command again and resume it",
                        arguments=("resume",),
                    ) from None
                raise

    def has(self, number: int) -> bool:
        """Return whether the part with this number is finished."""
        return self._folder(number).is_dir()

    def add(self, number: int, stars: "Sequence[PreparedStar]") -> None:
        """Write the results for some stars as one part, atomically.

        The part contains the views, the table of events with the reasons why some could not be
        prepared, and the table of source files.

        Args:
            number: Number of the part.
            stars: Prepared stars.
        """
        events = [event for star in stars for event in star.events]
        seen = [event.views for event in events if event.views is not None]
        rows = [
            (e.row, bool(e.views), e.reason, e.views.warning if e.views else "", e.no_files)
            for e in events
        ]
        frame = pd.DataFrame(rows, columns=["row", "prepared", "reason", "warning", "no_files"])
        frame[CENTROID] = [event.centroid for event in events]
        with replacing_folder(self._folder(number)) as folder:
            for name in seen[0].views if seen else {}:
                np.save(folder / f"{name}.npy", np.stack([e.views[name] for e in seen]))
            masks = [event.measured for event in seen if event.measured is not None]
            if masks and not np.all(masks):
                np.save(folder / MEASURED, packed(np.stack(masks)))
            frame.to_csv(folder / EVENTS, index=False)
            with (folder / SOURCES).open("w", encoding="utf-8", newline="") as file:
                rows_of = csv.writer(file, lineterminator="\n")
                rows_of.writerows((star.star, *source) for star in stars for source in star.sources)

    def assemble(
        self,
        table: pd.DataFrame,
        views: Mapping[str, ViewSpec],
        provenance: Mapping[str, Any],
        *,
        overwrite: bool = False,
        download: Command | None = None,
    ) -> ViewStore:
        """Write the store from its parts, remove the parts, and return the store.

        The rows of the store are in the order of the table. If no event could be prepared, the
        parts are removed, and no store is written.

        Args:
            table: Event table from which the parts were prepared.
            views: Specifications of the views by name.
            provenance: Description of the source of the events.
            overwrite: Whether to replace an existing store.
            download: Command that downloads the light curves, for the error message if there are
                none; None if they cannot be downloaded.

        Raises:
            StoreError: No event could be prepared, or the store cannot be written (see
                `ViewStore.create`).
        """
        folders = sorted(p for p in self.path.iterdir() if p.is_dir() and not is_temporary(p))
        frames = [read_events(folder) for folder in folders]
        parts = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
        events = pd.concat(frames, ignore_index=True).assign(part=parts)
        if not events["row"].between(0, len(table) - 1).all():
            raise StoreError(
                f"the parts in {self.path} are corrupt; delete this folder, and prepare again"
            )
        prepared = events[events["prepared"]]
        if prepared.empty:
            self._delete()
            raise _nothing_prepared(events, download)
        place = prepared.groupby("part").cumcount()
        order = np.argsort(prepared["row"].to_numpy(), kind="stable")
        prepared, place = prepared.iloc[order], place.iloc[order]
        index = table.iloc[prepared["row"]].reset_index(drop=True)
        index["warning"] = prepared["warning"].to_numpy()
        index = with_measured(index, prepared[CENTROID].to_numpy(np.float64))
        part = np.asarray(prepared["part"], np.int64)
        blocks = self._blocks(folders, list(views), part, np.asarray(place, np.int64))
        skipped = events[~events["prepared"]].sort_values("row", kind="stable")
        columns = ["star", "number", "period_days", "epoch_bkjd", "duration_days"]
        frame = table.iloc[skipped["row"]][columns].assign(reason=skipped["reason"].to_numpy())
        attached = {
            SKIPPED: lambda path: frame.to_csv(path, index=False),
            SOURCES: lambda path: _join([p / SOURCES for p in folders], path),
        }
        if any((folder / MEASURED).exists() for folder in folders):
            bins = views["global"].bins
            masks = joined_masks(folders, bins, part, np.asarray(place, np.int64))
            attached[MEASURED] = lambda path: write_measured(path, masks, len(part), bins)
        store = ViewStore.create(
            self.store_path,
            index,
            blocks,
            views,
            provenance,
            attached=attached,
            overwrite=overwrite,
        )
        self._delete()
        return store

    def _delete(self) -> None:
        """Delete the parts, and their folder if it contains nothing else."""
        delete_files(self.path, _FILES)
        with suppress(OSError):
            self.path.rmdir()

    def _folder(self, number: int) -> Path:
        return self.path / f"{number:06d}"

    @staticmethod
    def _blocks(
        folders: Sequence[Path], names: Sequence[str], part: Ints, place: Ints
    ) -> Iterator[dict[str, Views]]:
        """Yield the views of k rows at a time: arrays by name, float32 [k, bins].

        Args:
            folders: Folders of the parts.
            names: Names of the views.
            part: Index [n] in `folders` of the part that contains each row of the store.
            place: Index [n] of each row of the store in the arrays of its part.
        """
        for begin in range(0, len(part), _ROWS_AT_ONCE):
            parts = part[begin : begin + _ROWS_AT_ONCE]
            places = place[begin : begin + _ROWS_AT_ONCE]
            block: dict[str, Views] = {}
            for name in names:
                maps = {k: part_array(folders[k] / f"{name}.npy") for k in set(parts)}
                try:
                    rows = [maps[k][i] for k, i in zip(parts, places, strict=True)]
                    block[name] = np.stack(rows)
                except (IndexError, ValueError):
                    raise corrupt(folders[parts[0]] / f"{name}.npy") from None
            yield block


def _nothing_prepared(events: pd.DataFrame, download: Command | None) -> StoreError:
    """Return the error if no event could be prepared; the message gives the most common reason.

    Args:
        events: Events [n] with the columns reason and no_files.
        download: Command that downloads the light curves; None if they cannot be downloaded.
    """
    reason, count = commonest(events["reason"].tolist())
    message = (
        f"no event could be prepared ({len(events)} tried; reason for {count} of them: "
        f"{reason}); correct the cause, and prepare the store again"
    )
    if download is None or not events["no_files"][events["reason"] == reason].any():
        return StoreError(message)
    return StoreError(f"{message}; this command downloads the light curves", command=download)


def _join(parts: Sequence[Path], path: Path) -> None:
    """Write a table of source files that joins the tables of several parts.

    Args:
        parts: Paths of the tables of the parts, which have no header line.
        path: Path of the joined table, which has a header line.
    """
    with path.open("wb") as whole:
        whole.write(b"star,file,bytes,crc32c\n")
        for part in parts:
            whole.write(part.read_bytes())
