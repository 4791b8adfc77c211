"""Which archive a user means."""

from pathlib import Path

from astronet.archives.cloud import Bucket
from astronet.archives.folder import Mirror
from astronet.archives.http import HttpClient
from astronet.archives.mast import IndexPages
from astronet.archives.search import SearchedArchive
from astronet.archives.streams import Archive
from astronet.archives.targets import archive_of
from astronet.errors import ArchiveError
from astronet.missions import MISSIONS


def open_archive(source: str, mission: str, client: HttpClient) -> Archive:
    """The archive that `source` names.

    Args:
        source: "mast" (its public tree, or its search if the mission has no tree), "cloud" (the
            public bucket), a folder, or the address of a server of MAST's tree.
        mission: Mission that observed the stars.
        client: How to ask.

    Raises:
        ArchiveError: There is no such folder, the address is not http or https, or the source
            does not have the mission.
    """
    archive = archive_of(mission)
    if source == "mast":
        return IndexPages(client, archive.tree) if archive.tree else SearchedArchive(client)
    if source == "cloud":
        if not archive.bucket:
            specs = [module.SPEC for module in MISSIONS.values()]
            there = [spec.title for spec in specs if spec.archive and spec.archive.bucket]
            raise ArchiveError(
                f"the cloud has {' and '.join(there)} only; take the source mast for {mission}",
                arguments=("source",),
            )
        return Bucket(client)
    if "://" in source:
        return IndexPages(client, source)
    return Mirror(Path(source))
