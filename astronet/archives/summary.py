"""Summary of a download, and the files and stars that are missing after it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from astronet.archives.outcomes import Outcome, Verified
from astronet.archives.targets import Target
from astronet.errors import counted
from astronet.files.journal import Journal

_MAX_SHOWN = 20
"""Maximum number of missing files and stars that a summary lists."""


class Missing(NamedTuple):
    """Missing file (or star, if `file` is ""), with the reason why it could not be downloaded."""

    star: str
    file: str
    reason: str


@dataclass
class Summary:
    """Result of a download.

    Attributes:
        fetched: Number of downloaded files.
        kept: Number of valid files that were already present.
        size: Total size of the downloaded files [bytes].
        complete: Number of stars whose files are all present.
        absent: Number of stars for which the archive has no files of the requested cadence.
        failed: Number of files and file listings that could not be downloaded.
        verified: Numbers of files that were already present and whose data were verified.
        quarantined: Paths of the files that this download moved to the quarantine folder.
        unlisted: Paths of the files in the folder that the archive did not list, if the files of
            complete stars were listed again.
        few: Number of complete stars with unusually few files.
        fewest: The one of these stars with the fewest files, and its number of files.
        missing: First 20 missing files and stars; missing.csv lists all of them.
        writable: Whether the folder is writable. If it is not, its files are only verified.
    """

    fetched: int = 0
    kept: int = 0
    size: int = 0
    complete: int = 0
    absent: int = 0
    failed: int = 0
    verified: Verified = field(default_factory=Verified)
    quarantined: list[Path] = field(default_factory=list)
    unlisted: list[Path] = field(default_factory=list)
    few: int = 0
    fewest: tuple[Target, int] | None = None
    missing: list[Missing] = field(default_factory=list)
    writable: bool = True

    @property
    def text(self) -> str:
        """One-line summary of the download."""
        return (
            f"{counted(self.complete, 'star')} complete; {counted(self.fetched, 'file')} "
            f"downloaded ({self.size / 1e6:.1f} MB), {self.kept} already present"
        )

    @property
    def verification(self) -> str:
        """One-line summary of the files whose data were verified."""
        found = self.verified
        parts = [
            f"{counted(found.hashes, 'file')} verified by SHA-256 hash",
            f"{found.checksums} by FITS checksum",
        ]
        if found.neither:
            parts.append(f"{found.neither} by the headers only (no hash and no checksum)")
        return ", ".join(parts)

    @property
    def table(self) -> str:
        """Text table of the files and stars in `missing`, with the reasons."""
        width = max((len(f"{row.star} {row.file}") for row in self.missing), default=0)
        return "\n".join(
            f"  {f'{row.star} {row.file}':<{width}}  {row.reason}" for row in self.missing
        )


def summarized(
    outcomes: Iterable[Outcome],
    summary: Summary,
    add: Callable[[int, int, int], None],
    journal: Journal,
    least: int,
) -> Iterator[Missing]:
    """Add the outcomes to the summary and the log, and yield the missing files and stars.

    Args:
        outcomes: Outcomes of files and stars.
        summary: Summary to update.
        add: Function that advances the progress bar by numbers of stars, files and bytes.
        journal: Log of the download. The events are `start`, `file` (downloaded or failed; files
            that were already present are not logged), `star` (complete, incomplete, absent or
            failed) and `end`.
        least: Minimum number of files of a complete star if the archive's list is complete; 0 means
            that it is unknown.
    """
    for outcome in outcomes:
        _log(journal, outcome)
        state = outcome.state
        summary.fetched += state == "fetched"
        summary.kept += int(state == "kept") + outcome.kept
        summary.size += outcome.size
        summary.complete += state == "complete"
        summary.absent += state == "absent"
        summary.failed += state == "failed"
        summary.verified += outcome.verified
        if 0 < outcome.files < least:
            summary.few += 1
            if not summary.fewest or outcome.files < summary.fewest[1]:
                summary.fewest = (outcome.target, outcome.files)
        add(int(outcome.file is None), int(state in ("fetched", "kept")), outcome.size)
        if state in ("absent", "failed"):
            name = outcome.file.name if outcome.file else ""
            missing = Missing(str(outcome.target), name, outcome.reason)
            if len(summary.missing) < _MAX_SHOWN:
                summary.missing.append(missing)
            yield missing


def _log(journal: Journal, outcome: Outcome) -> None:
    """Write the outcome of a file or star, except of a file that was already present."""
    star = {"mission": outcome.target.mission, "star": outcome.target.number}
    reason = {"reason": outcome.reason} if outcome.reason else {}
    file = outcome.file
    if file is None:
        journal.write("star", **star, state=outcome.state, **reason)
    elif outcome.state != "kept":
        numbers: dict[str, object] = {}
        if outcome.state == "fetched":
            numbers = {
                "bytes": outcome.size,
                "seconds": round(outcome.seconds, 3),
                "attempts": outcome.attempts,
            }
        journal.write(
            "file",
            **star,
            file=file.name,
            url=file.url,
            state=outcome.state,
            **numbers,
            **reason,
        )
