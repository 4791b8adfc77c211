"""`astronet import`: write a store from views made by other programs."""

from pathlib import Path

from astronet.catalogs.joining import join_by_ephemeris
from astronet.dataset.store import ViewStore
from astronet.dataset.writing import check_replaceable
from astronet.errors import CatalogError, StoreError
from astronet.missions.tables import catalog_record, find_catalog, read_catalog


def import_views(
    source: Path,
    out: Path,
    *,
    table: Path | None = None,
    join: Path | None = None,
    overwrite: bool = False,
) -> ViewStore:
    """Write a store from views in an .npz file or in TFRecords, then open and return the store.

    Args:
        source: Path of an .npz file (see `ViewStore.import_arrays`), or of a folder of TFRecord
            shards of the public AstroNet code (see `ViewStore.import_tfrecords`).
        out: Folder of the new store.
        table: Path of an event table. Columns that the source lacks, such as the ephemeris, are
            added to the events that have the same star and number in the table. None adds no
            columns.
        join: Path of a second event table. Its numeric columns are added as `joined_<column>` to
            the events of `table` that have the same star and nearly the same ephemeris (see
            `astronet.catalogs.joining`). None adds no columns.
        overwrite: Whether to replace an existing store.

    Raises:
        StoreError: The source is missing or invalid, the path `out` is in use or cannot be written,
            `table` has no event numbers, or an event occurs twice.
        CatalogError: A table cannot be read, lacks the star or the ephemeris, or has invalid
            values; `join` is given without `table`; or the two tables have no events in common.
    """
    named, other = table, join
    table, join = (None if path is None else find_catalog(path) for path in (table, join))
    inputs = [path for path in (source, table, join) if path is not None]
    check_replaceable(out, overwrite, inputs)
    events = read_catalog(table) if table is not None else None
    if join is not None:
        if events is None:
            raise CatalogError(
                f"there is no event table to which {join} can be joined; give the event table",
                arguments=("table",),
            )
        events = join_by_ephemeris(events, read_catalog(join))
    catalog = catalog_record(named, table) if named and table else None
    if catalog and other and join:
        record = catalog_record(other, join)
        catalog["joined"] = record.pop("name")
        catalog |= {f"joined_{key}": value for key, value in record.items()}
    if source.is_dir():
        return ViewStore.import_tfrecords(source, out, events, catalog=catalog, overwrite=overwrite)
    if not source.exists():
        raise StoreError(
            f"{source} does not exist; give an .npz file of views or a folder of TFRecords"
        )
    return ViewStore.import_arrays(source, out, events, catalog=catalog, overwrite=overwrite)
