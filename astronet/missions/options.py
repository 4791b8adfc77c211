"""Reader options given as `key=value`, validated without a config and therefore without torch."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from astronet.errors import ConfigError, together
from astronet.files.configs import invalid_value, split_override
from astronet.missions import MISSIONS
from astronet.missions.settings import SOURCES, Source


def source_with(mission: str, options: Sequence[str] = ()) -> Source:
    """Return `source` settings with a given mission and given reader options.

    The paths of the event table and the light curves are the mission's default paths. The settings
    and the error messages are those of `astronet.config.source_of`.

    Args:
        mission: Mission that observed the stars.
        options: Reader options, each as `key=value`.

    Raises:
        ConfigError: The mission, an option or a value is invalid, or a required option is missing.
    """
    if mission not in MISSIONS:
        raise ConfigError(
            f"unknown mission {mission!r}; choose one of {', '.join(MISSIONS)}",
            arguments=("mission",),
        )
    reader: dict[str, Any] = {}
    for option in options:
        (first, *others), value = split_override(option)
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


def _explained(error: Mapping[str, Any], known: Sequence[str]) -> str:
    """Return the message for an error of pydantic.

    Args:
        error: Item of `ValidationError.errors()`.
        known: Names of the valid reader options.
    """
    key = ".".join(map(str, ("source", *error["loc"])))
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"valid keys: {', '.join(known)}"
        return f"unknown key {key}; {remedy}"
    if error["type"] == "missing":
        clock = error["loc"][-1] == "clock"
        return f"{key} is missing; " + ("set it to bkjd, btjd or bjd" if clock else "add it")
    return invalid_value(key, error)
