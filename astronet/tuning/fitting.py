"""Check that a search space fits a config, and that its keys can be tuned."""

import logging
from collections.abc import Sequence
from typing import Any

from astronet.config import Experiment, changed
from astronet.errors import ConfigError
from astronet.files.configs import shipped_names, split_override
from astronet.tuning.space import Space, load_space

_logger = logging.getLogger("astronet")

_NOT_TUNED = (
    *("source", "preparation", "views", "store", "data.labels", "data.split", "data.teacher"),
    *("training.keep", "training.patience", "training.seed"),
)
"""Keys that cannot be tuned because trials with different values would not be comparable."""


def without_fixed(space: Space, overrides: Sequence[str]) -> Space:
    """Return the search space without the keys that are fixed by overrides of the config.

    A key is fixed by an override of the key itself, of a section that contains it, or of a key in
    the section that it sets. Each key that is removed is logged.

    Args:
        space: Range or choices of each key.
        overrides: Settings that replace those of the config, each as `key.key=value`.

    Raises:
        ConfigError: No key is left, or an override is not of this form.
    """
    left = dict(space)
    for override in overrides:
        fixed = ".".join(split_override(override)[0])
        for key in [key for key in left if _overlap(key, fixed)]:
            _logger.info("%s is not tuned, because it is fixed by %s", key, override)
            del left[key]
    if not left:
        raise ConfigError(
            f"nothing is left to tune, because every key of the search space ({', '.join(space)}) "
            f"is fixed by {', '.join(overrides)}; leave out at least one of these settings, or use "
            "another search space",
            arguments=("space",),
        )
    return left


def without_early_stopping(experiment: Experiment, space: Space) -> Experiment:
    """Check a search space, and return the config that trials modify.

    In this config, early stopping is off and the last epoch is kept.

    Raises:
        ConfigError: A key cannot be tuned or is not in the config, a range contains invalid values,
            or `data.teacher` is set.
    """
    if experiment.data.teacher is not None:
        raise ConfigError(
            "data.teacher cannot be used in tuning because its scores may depend on the labels of "
            "held-out events; set data.teacher=null"
        )
    for key in space:
        if any(_overlap(key, one) for one in _NOT_TUNED):
            raise ConfigError(
                f"{key} cannot be tuned because trials with different values are not comparable; "
                "choose keys of network or optimization, data.batch_size, data.reflect or "
                "training.epochs"
            )
    try:
        _check_values(experiment, space)
    except ConfigError as error:
        names = " or ".join(fitting_spaces(experiment))
        remedy = f"; or use a search space of the package that fits this config: {names}"
        raise ConfigError(f"{error}{remedy if names else ''}", arguments=("space",)) from None
    return changed(experiment, ["training.keep=last", "training.patience=null"], "config")


def fitting_spaces(experiment: Experiment) -> list[str]:
    """Return the names of the search spaces in the package that fit a config, in order."""
    return [name for name in shipped_names("tune") if _fits(experiment, load_space(name))]


def settings_of(experiment: Experiment, space: Space) -> dict[str, object] | None:
    """Return the config's value of each searched key, or None if a value is not in the space.

    If a value is not in the space, this is logged.
    """
    settings, outside = {}, []
    for key, span in space.items():
        value: Any = experiment.model_dump(mode="json")
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        settings[key] = span.from_config(value)
        outside += [] if settings[key] is not None else [f"{key}={value}"]
    if outside:
        _logger.info(
            "the first trial does not have the settings of the config, because these are outside "
            "the search space: %s",
            ", ".join(outside),
        )
    return None if outside else settings


def _overlap(key: str, other: str) -> bool:
    """Return whether two keys are equal, or one of them is a section that contains the other."""
    return f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.")


def _check_values(experiment: Experiment, space: Space) -> None:
    content = experiment.model_dump(mode="json")
    for key, span in space.items():
        if section := _missing_section(content, key):
            raise ConfigError(
                f"search space: {key} cannot be tuned because the config has no {section}; choose "
                "keys of the config"
            )
        for text in span.texts:
            changed(experiment, [f"{key}={text}"], "search space")


def _missing_section(content: Any, key: str) -> str:
    """Return the section of a key that a config lacks, or "" if it has all of them.

    An unknown first part of the key is not reported, because `changed` proposes a correct one.
    """
    parts = key.split(".")[:-1]
    for place, part in enumerate(parts):
        if not isinstance(content, dict) or part not in content:
            return "" if place == 0 else ".".join(parts[: place + 1])
        content = content[part]
    return ""


def _fits(experiment: Experiment, space: Space) -> bool:
    try:
        _check_values(experiment, space)
    except ConfigError:
        return False
    return True
