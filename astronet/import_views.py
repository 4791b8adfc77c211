"""`astronet import`: views that others have made become a store."""

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
    """Makes a store from an .npz of views or from a folder of AstroNet TFRecords.

    Args:
        source: The .npz (kepid, tce_plnt_num, `<view>_view` arrays, label and split where
            known) or the folder of shards.
        out: The new store.
        table: The catalogue of the events, for their ephemerides and other columns.
        join: A second catalogue, whose numbers the table's events get as `joined_<column>` where
            star and ephemeris are the same; see `catalogs.joining`.
        overwrite: Replace an existing store.

    Raises:
        StoreError: The source is missing, damaged or of another kind, or the store exists.
        CatalogError: A table cannot be read, or there is a second one and no first.
    """
    events = read_catalog(table) if table is not None else None
    if join is not None:
        if events is None:
            raise CatalogError(
                f"there is no table to join {join} to; give the catalogue of the events",
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
            f"there is no {source}; give an .npz of views or a folder of AstroNet TFRecords"
        )
    return ViewStore.import_arrays(source, out, events, catalog=catalog, overwrite=overwrite)
