"""From what people call a star to its number."""

import re
import warnings
from typing import Any

from astronet.archives.targets import Mission, Target, catalog_of
from astronet.errors import ArchiveError

_MISSIONS: dict[str, Mission] = {
    "KIC": "kepler",
    "KPLR": "kepler",
    "EPIC": "k2",
    "KTWO": "k2",
    "TIC": "tess",
}


def resolve(name: str, mission: Mission = "kepler") -> Target:
    """The star of a name: a number, "KIC 11446443", "kplr011446443", "TIC 25155310", "Kepler-90".

    The network is asked only for names without a number of a catalogue.

    Raises:
        ArchiveError: The number is impossible, it is of another mission, or nobody knows the
            name.
    """
    text = name.strip()
    found = re.fullmatch(r"(?:(KIC|KPLR|EPIC|KTWO|TIC)[\s_-]*)?0*(\d{1,11})", text, re.I | re.A)
    if not found:
        return _search(text, mission)
    if found[1] and _MISSIONS[found[1].upper()] != mission:
        raise ArchiveError(
            f"{text} is a star of {_MISSIONS[found[1].upper()]}; "
            f"add --mission {_MISSIONS[found[1].upper()]}"
        )
    return Target(int(found[2]), mission)


def import_lightkurve() -> Any:
    """lightkurve, which is slow to import and warns of packages that it could use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve
    return lightkurve


def _search(name: str, mission: Mission) -> Target:
    """The one star that MAST has under a name, by lightkurve's search."""
    cure = f"give its {catalog_of(mission)} number"
    label = {"kepler": "Kepler", "k2": "K2", "tess": "TESS"}[mission]
    try:
        results = import_lightkurve().search_lightcurve(name, mission=label)
    except Exception as error:  # whatever the network, the name service or the query raise
        raise ArchiveError(
            f"the name {name!r} could not be resolved ({type(error).__name__}); {cure}"
        ) from None
    stars = _numbers([str(found) for found in results.target_name] if len(results) else [])
    if len(stars) != 1:
        several = f"means {len(stars)} stars" if stars else f"is not known to MAST for {label}"
        raise ArchiveError(f"the name {name!r} {several}; {cure}")
    return Target(stars.pop(), mission)


def _numbers(target_names: list[str]) -> set[int]:
    """The numbers in MAST's names of targets: `kplr011442793`, `ktwo201367065`, `25155310`."""
    found = [re.fullmatch(r"(?:kplr|ktwo)?0*(\d{1,11})", name) for name in target_names]
    return {int(match[1]) for match in found if match}
