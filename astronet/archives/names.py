"""From what people call a star to its number."""

import re
import warnings
from collections.abc import Sequence
from typing import Any

from astronet.archives.targets import Target
from astronet.errors import ArchiveError
from astronet.missions import DEFAULT_MISSION, MISSIONS


def resolve(name: str, mission: str = DEFAULT_MISSION) -> Target:
    """The star of a name: a number, "KIC 11446443", "kplr011446443", "TIC 25155310", "Kepler-90".

    The network is asked only for names without a number of a catalogue.

    Raises:
        ArchiveError: The number is impossible, it is of another mission, or nobody knows the
            name.
    """
    text = name.strip()
    missions = {prefix: who for who in MISSIONS for prefix in MISSIONS[who].SPEC.prefixes}
    prefixes = "|".join(missions)
    found = re.fullmatch(rf"(?:({prefixes})[\s_-]*)?0*(\d{{1,11}})", text, re.I | re.A)
    if not found:
        return _search(text, mission)
    if found[1] and (its := missions[found[1].upper()]) != mission:
        raise ArchiveError(
            f"{text} is a star of {MISSIONS[its].SPEC.title}; set mission to {its}",
            arguments=("mission",),
        )
    return Target(int(found[2]), mission)


def import_lightkurve() -> Any:
    """lightkurve, which is slow to import and warns of packages that it could use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve
    return lightkurve


def _search(name: str, mission: str) -> Target:
    """The one star that MAST has under a name, by lightkurve's search."""
    spec = MISSIONS[mission].SPEC
    cure = f"give its {spec.star_catalog} number"
    try:
        results = import_lightkurve().search_lightcurve(name, mission=spec.title)
    except Exception as error:  # whatever the network, the name service or the query raise
        raise ArchiveError(
            f"the name {name!r} could not be resolved ({type(error).__name__}); {cure}"
        ) from None
    names = [str(found) for found in results.target_name] if len(results) else []
    stars = _numbers(names, spec.prefixes)
    if len(stars) != 1:
        several = f"means {len(stars)} stars" if stars else f"is not known to MAST for {spec.title}"
        raise ArchiveError(f"the name {name!r} {several}; {cure}")
    return Target(stars.pop(), mission)


def _numbers(target_names: list[str], prefixes: Sequence[str]) -> set[int]:
    """Return the numbers in MAST's names of targets: `kplr011442793`, `25155310`."""
    begin = "|".join(prefixes).lower()
    found = [re.fullmatch(rf"(?:{begin})?0*(\d{{1,11}})", name) for name in target_names]
    return {int(match[1]) for match in found if match}
