"""What options of the command line mean, for every verb that takes them."""

from collections.abc import Sequence

from astronet.config import source_of
from astronet.errors import RunError
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions import MISSIONS
from astronet.missions.settings import Source
from astronet.runs.scorer import Scorer


def asked_star(star: int | str, source: Source) -> int | str:
    """A mission's star by its number; a star of your own by its name, 007 included."""
    if MISSIONS[source.mission].SPEC.named_stars or not str(star).isdecimal():
        return star
    return int(star)


def asked_ephemeris(given: tuple[float | None, float | None, float | None]) -> Ephemeris:
    """The event of `--period`, `--epoch` and `--duration` [d].

    Raises:
        RunError: One of them is not given.
    """
    missing = [
        f"--{name}"
        for name, value in zip(("period", "epoch", "duration"), given, strict=True)
        if value is None
    ]
    if missing:
        raise RunError(f"--star needs {' and '.join(missing)} too, in days; add it")
    return Ephemeris(*(float(value or 0) for value in given))


def asked_source(scorer: Scorer, mission: str | None, reader: Sequence[str]) -> Source:
    """Whose files `--mission` says they are, and how `--reader` says they are read.

    Raises:
        RunError: Reader options are given without its mission.
        ConfigError: The mission or an option of its reader is unknown.
    """
    if reader and mission is None:
        raise RunError(
            "--reader needs --mission: files of the run's own mission are read as in training"
        )
    own = scorer.experiment.source
    return own if mission is None else source_of(mission, reader, own)
