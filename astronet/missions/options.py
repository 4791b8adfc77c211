"""Reader options given as `key=value`, validated without a config and therefore without torch."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from astronet.errors import ConfigError, together
from astronet.files.configs import invalid_value, split_override
from astronet.missions import MISSIONS
from astronet.missions.settings import SOURCES, Source


def source_with(mission: str, options: Sequence[str] = (), like: Source | None = None) -> Source:
    """Return `source` settings with a given mission and given reader options.

    The paths of the event table and the light curves are the mission's default paths.

    Args:
        mission: Mission that observed the stars.
        options: Reader options, each as `key=value`.
        like: Other `source` settings. If they are for the same mission, their reader options are
            used as defaults.

    Raises:
        ConfigError: The mission, an option or a value is invalid, or a required option is missing.
    """
    if mission not in MISSIONS:
        raise ConfigError(
            f"unknown mission {mission!r}; choose one of {', '.join(MISSIONS)}",
            arguments=("mission",),
        )
    reader: dict[str, Any] = {}
    if like is not None and like.mission == mission:
        reader = like.reader.model_dump(mode="json")
    for option in options:
        (first, *others), value = split_option(option)
        for inner in reversed(others):
            value = {inner: value}
        reader[first] = value
    try:
        return SOURCES[mission].model_validate({"mission": mission, "reader": reader})
    except ValidationError as error:
        known = sorted(MISSIONS[mission].SPEC.reader.model_fields)
        lines = [_explained(dict(one), known) for one in error.errors(include_url=False)]
        message = f"mission {mission}: {together(lines)}"
        raise ConfigError(message, arguments=("reader",)) from None


def split_option(option: str) -> tuple[list[str], Any]:
    """Split a reader option `key=value`; see `astronet.files.configs.split_override`.

    Raises:
        ConfigError: There is no key or no equals sign, or the value is not YAML.
    """
    try:
        return split_override(option)
    except ConfigError as error:
        error.arguments = ("reader",)
        raise


def _explained(error: Mapping[str, Any], known: Sequence[str]) -> str:
    """Return the message for an error of pydantic.

    Args:
        error: Item of `ValidationError.errors()`.
        known: Names of the valid reader options.
    """
    key = ".".join(map(str, error["loc"][1:]))  # the first part is "reader"
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"valid options: {', '.join(known)}"
        return f"unknown reader option {key}; {remedy}"
    if error["type"] == "missing":
        clock = error["loc"][-1] == "clock"
        remedy = "set it to bkjd, btjd or bjd" if clock else "add it"
        return f"the reader option {key} is missing; {remedy}"
    return f"reader option {invalid_value(key, error)}"
