"""Requests: what the options of a command mean, as objects that verbs take."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from astronet.cli.messages import option
from astronet.errors import RunError

if TYPE_CHECKING:
    from astronet.config import Experiment
    from astronet.lightcurves.ephemeris import Ephemeris
    from astronet.missions.settings import Source
    from astronet.runs.scorer import Scorer


def requested_experiment(config: Path, overrides: Sequence[str] | None) -> "Experiment":
    """Return the experiment of a config; a wrong path, YAML or override is rejected first.

    Raises:
        ConfigError: The config is missing or not YAML, or a key or value is wrong.
    """
    from astronet.files.configs import find_config, read_config, split_override

    path = find_config(config)
    content = read_config(path)
    for override in overrides or ():
        split_override(override)
    from astronet.config import experiment_from  # imports torch

    return experiment_from(content, overrides or (), str(path))


def only_one(given: Mapping[str, object], remedy: str) -> str:
    """Return the name of the one option that is given.

    Args:
        given: Values by the name of the option; None for an option that is not given.
        remedy: What to do if none or several are given.

    Raises:
        RunError: None is given, or several are.
    """
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        found = " and ".join(map(option, names)) or "nothing"
        raise RunError(f"{found} given; {remedy}")
    return names[0]


def requested_event(
    period: float | None, epoch: float | None, duration: float | None
) -> "Ephemeris":
    """Return the ephemeris of `--period`, `--epoch` and `--duration` [d].

    Raises:
        RunError: One of them is not given.
        LightCurveError: The values are not an ephemeris.
    """
    from astronet.lightcurves.ephemeris import Ephemeris

    given = {"period": period, "epoch": epoch, "duration": duration}
    if missing := [option(name) for name, value in given.items() if value is None]:
        raise RunError(f"--star needs {' and '.join(missing)} too, in days; add it")
    return Ephemeris(**{name: float(value or 0) for name, value in given.items()})


def requested_source(
    scorer: "Scorer", mission: str | None, reader: Sequence[str] | None
) -> "Source":
    """Return whose files are scored and how they are read; by default as in training.

    Raises:
        RunError: Reader options are given without their mission.
        ConfigError: The mission or an option of its reader is unknown.
    """
    from astronet.config import source_of

    own = scorer.experiment.source
    if mission is None:
        if reader:
            raise RunError(
                "--reader needs --mission: without it, files are read as in training; add it"
            )
        return own
    return source_of(mission, reader or (), own)


def requested_star(star: str, source: "Source") -> int | str:
    """Return a star by its number, or by its name if the mission's stars have names."""
    from astronet.missions import MISSIONS

    if MISSIONS[source.mission].SPEC.named_stars or not star.isdecimal():
        return star
    return int(star)
