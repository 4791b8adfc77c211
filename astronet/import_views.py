"""`astronet import`: write a store from views made by other programs."""

from pathlib import Path

from astronet.catalogs.joining import join_by_ephemeris
from astronet.dataset.store import ViewStore
from astronet.errors import CatalogError, StoreError
from astronet.files.checksums import sha256_of
from astronet.missions.tables import read_catalog


def import_views(
    source: Path,
    out: Path,
    *,
    table: Path | None = None,
    join: Path | None = None,
    overwrite: bool = False,
) -> ViewStore:
    """Write a store from an .npz file of views or AstroNet's TFRecords, and return it opened.

    Args:
        source: Path of an .npz file (arrays kepid, tce_plnt_num, `<view>_view`; label and split if
            known), or of a folder of shards.
        out: Folder of the new store.
        table: Path of the event table, which adds ephemerides and other columns; None adds none.
        join: Path of a second event table, whose numeric columns are added as `joined_<column>`
            to events with the same star and ephemeris (see `astronet.catalogs.joining`).
        overwrite: Whether to replace an existing store.

    Raises:
        StoreError: The source is missing, corrupt or of another kind, or the store exists.
        CatalogError: A table cannot be read, or `join` is given without `table`.
    """
    events = read_catalog(table) if table is not None else None
    if join is not None:
        if events is None:
            raise CatalogError(
                f"there is no event table to which {join} can be joined; give the event table",
                arguments=("table",),
            )
        events = join_by_ephemeris(events, read_catalog(join))
    catalog = {"name": table.name, "sha256": sha256_of(table)} if table is not None else None
    if catalog and join is not None:
        catalog |= {"joined": join.name, "joined_sha256": sha256_of(join)}
    if source.is_dir():
        return ViewStore.import_tfrecords(source, out, events, catalog=catalog, overwrite=overwrite)
    if not source.exists():
        raise StoreError(
            f"{source} does not exist; give an .npz file of views or a folder of TFRecords"
        )
    return ViewStore.import_arrays(source, out, events, catalog=catalog, overwrite=overwrite)
