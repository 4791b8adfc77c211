"""Star numbers and names as text, and lists of stars in files."""

import re
from collections.abc import Sequence
from pathlib import Path

from astronet.errors import CatalogError, EmptyTableError, MissingFilesError, RunError
from astronet.files.tables import format_of
from astronet.missions import MISSIONS
from astronet.missions.other_missions import missions_in
from astronet.missions.reader import ReaderOptions
from astronet.missions.tables import canonical, check_stars, find_catalog, read_table, recognised

_LONGEST_NAME = 100
"""Maximum length of a star's name [characters]."""

_REMEDY = "give one star per line, or a table with a column of stars"


def star_of(text: str, mission: str) -> int | str:
    """Return the catalogue number of a star as an integer, or its name unchanged.

    The number may follow the name of the catalogue, as in "KIC 757450". The text is a name if it is
    not such a number, or if the mission identifies its stars by name.

    Args:
        text: Catalogue number or name of the star.
        mission: Mission that observed the star.

    Raises:
        RunError: The number is from the catalogue of another mission.
    """
    if MISSIONS[mission].SPEC.named_stars:
        return text
    missions = {prefix: name for name in MISSIONS for prefix in MISSIONS[name].SPEC.prefixes}
    pattern = rf"(?:({'|'.join(missions)})[\s_-]*)?(\d{{1,30}})"
    found = re.fullmatch(pattern, text.strip(), re.IGNORECASE | re.ASCII)
    if found is None:
        return text
    other = missions[found[1].upper()] if found[1] else mission
    if other != mission:
        raise RunError(
            f"{text.strip()} is a {MISSIONS[other].SPEC.title} star, but the light curves are read "
            f"as those of the mission {mission}; set mission to {other}",
            arguments=("mission",),
        )
    return int(found[2])


def checked_stars(stars: Sequence[int | str], mission: str) -> list[int | str]:
    """Return the stars, with all numbers as `int`.

    Args:
        stars: Numbers of the stars, or their names if the mission identifies its stars by name.
        mission: Mission that observed the stars.

    Raises:
        ArchiveError: A number is invalid, or is a name although the mission has only numbers.
    """
    spec = MISSIONS[mission].SPEC
    return list(stars) if spec.named_stars else [spec.number(star) for star in stars]


def read_stars(path: Path, mission: str) -> list[int | str]:
    """Return the stars in a list or table, without repetitions, in the order of the file.

    Args:
        path: Path of a text file with one star per line and no header, or path or name of a table
            with a column of stars, such as an event table (see `find_catalog`). Blank lines and
            lines that begin with `#` are ignored.
        mission: Mission that observed the stars.

    Raises:
        CatalogError: The file is missing, empty, not a list or table, or has no column of stars; an
            entry is not a star number; or the stars are those of another mission.
        RunError: A number in a list is from the catalogue of another mission.
    """
    path = find_catalog(path)
    if not path.exists():
        raise CatalogError(
            f"{path} does not exist; give the path of a text file with one star per line, or of a "
            "table with a column of stars",
            arguments=("stars",),
        )
    lines = _lines(path)
    if lines is None or not _is_list(lines, mission):
        return list(dict.fromkeys(_in_table(path, lines, mission)))
    stars: dict[int | str, None] = {}
    for number, line in lines:
        try:
            star = star_of(line, mission)
        except RunError as error:
            raise error.at(f"{path}, line {number}") from None
        if isinstance(star, str) and not MISSIONS[mission].SPEC.named_stars:
            raise CatalogError(
                f"{path}, line {number}: {line!r} is not a star number; give one star per line"
            )
        stars[star] = None
    return list(stars)


def _lines(path: Path) -> list[tuple[int, str]] | None:
    """Return the lines of a text file with their numbers; None if it may be another kind of file.

    Blank lines and comments are left out.
    """
    if not path.is_file() or format_of(path) is not None or path.suffix == ".gz":
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), start=1)]
    return [(n, line) for n, line in lines if line and not line.startswith("#")]


def _is_list(lines: list[tuple[int, str]], mission: str) -> bool:
    """Return whether lines are a list of stars without a header, and not a table.

    Lines of which the first one begins with a star number are a list with several stars per line,
    which is an error, unless a header with a column of stars follows.
    """
    first = lines[0][1] if lines else ""
    if MISSIONS[mission].SPEC.named_stars:
        separated = any(character in first for character in ",\t|;")
        return 0 < len(first) <= _LONGEST_NAME and not separated and first.casefold() != "star"
    number = re.match(r"([A-Za-z]+[\s_-]*)?\d+(?=$|[\s,|;])", first, re.ASCII)
    if number is None or number[0] == first:
        return number is not None
    return not any(_names_stars(line) for _, line in lines)


def _in_table(path: Path, lines: list[tuple[int, str]] | None, mission: str) -> list[int | str]:
    """Return the stars in a table, one per row.

    Args:
        path: Path of the table.
        lines: Lines of the file from `_lines`.
        mission: Mission that observed the stars.

    Raises:
        CatalogError: See `read_stars`.
    """
    if lines == []:
        raise CatalogError(f"{path} contains no stars; {_REMEDY}")
    try:
        frame = read_table(path)
    except EmptyTableError:
        raise CatalogError(
            f"{path} has a header but no rows, so it lists no stars; {_REMEDY}"
        ) from None
    except CatalogError:
        if lines is not None and not any(_names_stars(line) for _, line in lines):
            raise _without_stars(path, _fields(lines[0][1])) from None
        raise
    _, found = recognised(frame)
    if "star" not in found:
        raise _without_stars(path, list(map(str, frame.columns)))
    if MISSIONS[mission].SPEC.named_stars:
        return [str(star) for star in frame[found["star"]].dropna()]
    check_stars(path, frame, mission)
    try:
        return [int(star) for star in canonical(frame, ("star",))["star"]]
    except CatalogError as error:
        raise error.at(path) from None


def _fields(line: str) -> list[str]:
    """Return the fields of a line, without quotation marks."""
    return [field.strip(' "') for field in re.split(r"[,\t|;]", line)]


def _names_stars(line: str) -> bool:
    """Return whether a line can be the header of a table with a column of stars."""
    known = {"star"}.union(*(MISSIONS[name].SPEC.star_columns for name in MISSIONS))
    return bool({field.casefold() for field in _fields(line)} & known)


def _without_stars(path: Path, columns: Sequence[str]) -> CatalogError:
    return CatalogError(
        f"{path} has no column of stars, only {', '.join(columns[:10])}; name the column star, or "
        "give a list with one star per line"
    )


def all_stars(
    folder: Path, mission: str, reader: ReaderOptions, outputs: Sequence[Path] = ()
) -> list[int | str]:
    """Return all stars with light-curve files in a folder, in ascending order.

    Args:
        folder: Folder of light curves; for mission custom, it can be a single file.
        mission: Mission that observed the stars.
        reader: Options of the mission's reader.
        outputs: Files that are no light curves, although they may be in the folder.

    Raises:
        ArchiveError: The folder does not exist, or contains no light-curve files of the mission.
    """
    inside = [path for path in outputs if path.resolve().parent == folder.resolve()]
    others = {path.name.removesuffix(path.suffix) for path in inside}
    stars: list[int | str] = [
        star for star in MISSIONS[mission].list_stars(folder, reader) if star not in others
    ]
    if not stars:
        absent = f"{folder} contains no light-curve files of the mission {mission}"
        if folder.is_dir() and (existing := missions_in(folder)):
            raise MissingFilesError(
                f"{absent}, but files of the mission {existing[0]}; set mission to {existing[0]}",
                arguments=("mission",),
            )
        raise MissingFilesError(
            f"{absent}; give the folder of the light curves, or set the mission",
            arguments=("data", "mission"),
        )
    return stars
