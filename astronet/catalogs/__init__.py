"""Tables of events (TCEs, KOIs, TOIs): read, renamed, labelled."""

from astronet.catalogs.columns import REQUIRED, canonical
from astronet.catalogs.labels import POLICIES, LabelPolicy
from astronet.catalogs.table import read_catalog, read_table

__all__ = ["POLICIES", "REQUIRED", "LabelPolicy", "canonical", "read_catalog", "read_table"]
