"""Conversion of command-line options to function arguments."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from astronet.cli.messages import option
from astronet.errors import RunError
from astronet.files.remote import Location

if TYPE_CHECKING:
    from astronet.config import Experiment
    from astronet.lightcurves.ephemeris import Ephemeris
    from astronet.missions.settings import Source
    from astronet.runs.scorer import Scorer


def requested_experiment(config: Path, overrides: Sequence[str] | None) -> "Experiment":
    """Return the experiment defined by a config and overrides.

    Invalid paths and syntax errors are reported before torch is imported.

    Args:
        config: Path of the config, or the name of a config that comes with the package.
        overrides: Settings that replace those of the config, each as `key.key=value`.

    Raises:
        ConfigError: The config is missing or is not YAML, or a key or a value is invalid.
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
        given: Option values by name; None for an option that is not given.
        remedy: Advice to the user, appended to the error message.

    Raises:
        RunError: No option or more than one is given.
    """
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        if not names:
            raise RunError(f"no input is given; {remedy}")
        raise RunError(f"{_enumerated(map(option, names))} are mutually exclusive; {remedy}")
    return names[0]


def requested_event(
    period: float | None, epoch: float | None, duration: float | None
) -> "Ephemeris":
    """Return the ephemeris given by `--period`, `--epoch` and `--duration` [d].

    The epoch is returned as it was given; see `in_bkjd`.

    Raises:
        RunError: One or more of the options are missing.
        LightCurveError: The values do not form a valid ephemeris.
    """
    from astronet.lightcurves.ephemeris import Ephemeris

    given = {"period": period, "epoch": epoch, "duration": duration}
    if missing := [option(name) for name, value in given.items() if value is None]:
        added = "them" if len(missing) > 1 else "it"
        raise RunError(f"--star requires {_enumerated(missing)} (in days); add {added}")
    return Ephemeris(**{name: float(value or 0) for name, value in given.items()})


def in_bkjd(event: "Ephemeris", source: "Source") -> "Ephemeris":
    """Return an ephemeris with its epoch converted to BKJD.

    The epoch of custom light curves is in their time system, which the reader option `clock`
    declares. The epochs of all other missions are in BKJD.

    Args:
        event: Ephemeris as given by the user.
        source: `source` settings, which contain the mission and the reader options.
    """
    from dataclasses import replace

    from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
    from astronet.missions.custom import CustomReader

    if not isinstance(source.reader, CustomReader):
        return event
    zero = ZERO_POINTS[source.reader.clock.upper()]
    return replace(event, epoch=event.epoch + (zero - BKJD_ZERO))


def _enumerated(words: Iterable[str]) -> str:
    """Join one or more words: "a", "a and b" or "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def requested_source(
    scorer: "Scorer | None", mission: str | None, reader: Sequence[str] | None
) -> "Source":
    """Return the `source` settings with which light curves are read.

    Args:
        scorer: Scorer whose training settings are the defaults; None means the defaults of the
            mission, and torch is not imported.
        mission: Mission that observed the stars; None means the same settings as in training, or
            `DEFAULT_MISSION` without a scorer.
        reader: Reader options that replace the defaults, each as `key=value`.

    Raises:
        RunError: Reader options are given without a mission.
        ConfigError: The mission, an option or a value is invalid, or a required option is missing.
    """
    from astronet.missions import DEFAULT_MISSION
    from astronet.missions.options import source_with

    if scorer is None:
        return source_with(mission or DEFAULT_MISSION, reader or ())
    trained = scorer.experiment.source
    if mission is None:
        if reader:
            raise RunError(
                "--reader requires --mission (without it, files are read as in training); add "
                "--mission"
            )
        return trained
    return source_with(mission, reader or (), trained)


def out_of_bkjd(epoch: float, source: "Source") -> float:
    """Return an epoch [d, BKJD] in the time system of `in_bkjd`."""
    from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
    from astronet.missions.custom import CustomReader

    if not isinstance(source.reader, CustomReader):
        return epoch
    return epoch + (BKJD_ZERO - ZERO_POINTS[source.reader.clock.upper()])


def requested_stars(
    star: str | None,
    stars: Path | None,
    every: bool,
    data: Location,
    source: "Source",
    outputs: Sequence[Path] = (),
) -> list[int | str]:
    """Return the stars given by `--star`, `--stars` or `--all`, of which only one may be given.

    Args:
        star: Catalogue number or name of one star.
        stars: Path of a list or table of stars.
        every: Whether all stars with light curves in a folder are requested.
        data: Folder of light curves.
        source: `source` settings, which contain the mission and the reader options.
        outputs: Files in `data` that are no light curves.

    Raises:
        CatalogError: The list of stars is invalid.
        ArchiveError: The folder does not exist, or contains no light curves.
        RunError: A number is from the catalogue of another mission, or all stars in a remote folder
            are requested.
    """
    from astronet.missions.star_lists import all_stars, read_stars

    if star is not None:
        return [requested_star(star, source)]
    if stars is not None:
        return read_stars(stars, source.mission)
    if not isinstance(data, Path):
        raise RunError(
            f"--all requires a local folder, because the files in {data} are listed only for one "
            "star at a time; give a list of stars with --stars"
        )
    return all_stars(data, source.mission, source.reader, outputs)


def requested_star(star: str, source: "Source") -> int | str:
    """Return the catalogue number of a star as an integer, or its name unchanged.

    The number may follow the name of the catalogue, as in "KIC 757450". The text is a name if it is
    not such a number, or if the mission identifies its stars by name.

    Args:
        star: Catalogue number or name of the star.
        source: `source` settings, which contain the mission.

    Raises:
        RunError: The number is from the catalogue of another mission.
    """
    from astronet.missions.star_lists import star_of

    return star_of(star, source.mission)
