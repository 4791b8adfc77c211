"""Choice of an archive of light curves by name, folder or URL."""

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
    """Return the archive given by a name, a folder or a URL.

    Args:
        source: "mast" (MAST's public folders, or a search of MAST if the mission has no such
            folders), "cloud" (MAST's S3 bucket), or the path of a folder or the URL of a server
            with MAST's folder layout.
        mission: Mission that observed the stars.
        client: HTTP client.

    Raises:
        ArchiveError: The folder does not exist, the URL is invalid, the mission is unknown, or its
            light curves are not available from the source.
    """
    archive = archive_of(mission)
    name = source.lower()
    if name == "mast":
        return IndexPages(client, archive.tree) if archive.tree else SearchedArchive(client)
    if name == "cloud":
        if not archive.bucket:
            specs = [module.SPEC for module in MISSIONS.values()]
            there = [spec.title for spec in specs if spec.archive and spec.archive.bucket]
            raise ArchiveError(
                f"light curves of mission {mission} cannot be downloaded from the cloud archive "
                f"(supported missions: {', '.join(there)}); set source to mast",
                arguments=("source",),
            )
        return Bucket(client)
    if "://" in source:
        return IndexPages(client, source)
    return Mirror(Path(source))
