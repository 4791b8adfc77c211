"""Resolve target names to catalogue numbers."""

import re
import warnings
from collections.abc import Sequence
from typing import Any

from astronet.archives.targets import Target
from astronet.errors import ArchiveError
from astronet.missions import DEFAULT_MISSION, MISSIONS


def resolve(name: str, mission: str = DEFAULT_MISSION) -> Target:
    """Return the star with a given name or catalogue number.

    Network access is required only for names without a catalogue number, such as "Kepler-90".

    Args:
        name: Name or catalogue number, for example "11446443", "KIC 11446443", "kplr011446443" or
            "Kepler-90".
        mission: Mission that observed the star.

    Raises:
        ArchiveError: The number has too many digits, the prefix is that of another mission, the
            mission has no archive, the name is unknown or ambiguous, or the search for the name
            failed.
    """
    text = name.strip()
    missions = {prefix: key for key in MISSIONS for prefix in MISSIONS[key].SPEC.prefixes}
    prefixes = "|".join(missions)
    number = rf"0*(\d{{1,{_most_digits()}}})"
    found = re.fullmatch(rf"(?:({prefixes})[\s_-]*)?{number}", text, re.I | re.A)
    if not found and not _is_name(text):
        spec = MISSIONS[mission].SPEC
        raise ArchiveError(
            f"{text!r} is not a valid {spec.star_catalog} number or name; give whole numbers of up "
            f"to {spec.significant_digits} digits, or names, separated by commas",
            arguments=("stars",),
        )
    if not found:
        return _search(text, mission)
    if found[1] and (other := missions[found[1].upper()]) != mission:
        raise ArchiveError(
            f"{text} is a {MISSIONS[other].SPEC.title} star; set mission to {other}",
            arguments=("mission",),
        )
    return Target(int(found[2]), mission)


def _is_name(text: str) -> bool:
    """Return whether text can be the name of a star: not a number such as 1e9, a list or a path."""
    is_number = re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", text)
    return (
        re.search("[A-Za-z]", text) is not None and not is_number and not re.search(r"[;/\\]", text)
    )


def import_lightkurve() -> Any:
    """Import lightkurve without its warnings about optional packages, and return the module.

    The import is slow and is therefore deferred until lightkurve is needed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve
    return lightkurve


def _search(name: str, mission: str) -> Target:
    """Return the star that lightkurve's search of MAST finds for a name.

    Raises:
        ArchiveError: The search failed, or it found no star or more than one.
    """
    spec = MISSIONS[mission].SPEC
    remedy = f"give the {spec.star_catalog} number of the star"
    try:
        results = import_lightkurve().search_lightcurve(name, mission=spec.title)
    except Exception as error:  # many types, from the network and the query
        raise ArchiveError(
            f"the star name {name!r} could not be resolved ({type(error).__name__}); {remedy}",
            arguments=("stars",),
        ) from None
    names = [str(found) for found in results.target_name] if len(results) else []
    stars = _numbers(names, spec.prefixes)
    if len(stars) != 1:
        found = f"matches {len(stars)} stars" if stars else "matches no star"
        raise ArchiveError(
            f"the star name {name!r} {found} with {spec.title} light curves in MAST; {remedy}",
            arguments=("stars",),
        )
    return Target(stars.pop(), mission)


def _most_digits() -> int:
    """Return the maximum number of digits of any mission's star numbers, without leading zeros."""
    return max(mission.SPEC.significant_digits for mission in MISSIONS.values())


def _numbers(target_names: list[str], prefixes: Sequence[str]) -> set[int]:
    """Return the catalogue numbers in MAST target names such as `kplr011442793` or `25155310`.

    Names in any other format are ignored.
    """
    begin = "|".join(prefixes).lower()
    number = rf"0*(\d{{1,{_most_digits()}}})"
    found = [re.fullmatch(rf"(?:{begin})?{number}", name) for name in target_names]
    return {int(match[1]) for match in found if match}
