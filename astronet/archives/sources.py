"""Which archive a user means."""

from pathlib import Path

from astronet.archives.cloud import Bucket
from astronet.archives.folder import Mirror
from astronet.archives.http import HttpClient
from astronet.archives.mast import IndexPages
from astronet.archives.search import SearchedArchive
from astronet.archives.streams import Archive
from astronet.archives.targets import Mission
from astronet.errors import ArchiveError


def open_archive(source: str, mission: Mission, client: HttpClient) -> Archive:
    """The archive that `source` names.

    Args:
        source: "mast" (its public tree for Kepler, its search for K2 and TESS), "cloud" (the
            public bucket; Kepler only), a folder, or the address of a server of MAST's tree.
        mission: Whose files.
        client: How to ask.

    Raises:
        ArchiveError: There is no such folder, the address is not http or https, or the source
            does not have the mission.
    """
    if source == "mast":
        return IndexPages(client) if mission == "kepler" else SearchedArchive(client)
    if source == "cloud":
        if mission != "kepler":
            raise ArchiveError(f"--source cloud has Kepler only; take mast for {mission}")
        return Bucket(client)
    if "://" in source:
        return IndexPages(client, source)
    return Mirror(Path(source))
