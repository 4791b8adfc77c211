"""Find config files by path or by the name of a shipped config, and read them as YAML.

This module does not import the schema of the configs, which is slow to import, so that a wrong path
or invalid YAML is reported quickly.
"""

import contextlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from astronet.errors import ConfigError, one_line, shown
from astronet.files.expansion import check_yaml
from astronet.files.relative_paths import read_from

_PACKAGE = Path(__file__).parents[1]

_LONG_NUMBER = re.compile(r"[0-9a-fA-F_:]{1000}")
"""Pattern of numbers that are too long; Python does not write those of more than 4,300 digits."""

_logger = logging.getLogger("astronet")


def shipped_configs(folder: str = "") -> Path:
    """Return the folder of the configs shipped with the package.

    Args:
        folder: Name of a subfolder, for example `tune`; "" means the main folder.
    """
    installed = _PACKAGE / "configs"
    return (installed if installed.is_dir() else _PACKAGE.parent / "configs") / folder


def shipped_names(folder: str = "") -> list[str]:
    """Return the names of the shipped configs in alphabetical order.

    Args:
        folder: Name of a subfolder, for example `tune`; "" means the main folder.
    """
    return sorted(path.stem for path in shipped_configs(folder).glob("*.yaml"))


def find_config(config: Path | str, folder: str = "") -> Path:
    """Return the path of a config: the file at this path, or the shipped config of this name.

    Args:
        config: Path of a YAML file, or a name such as `astronet-dr24`; an existing file takes
            precedence.
        folder: Subfolder of the shipped configs in which the name is looked up; "" means the main
            folder.

    Raises:
        ConfigError: There is neither a file at this path nor a shipped config of this name.
    """
    path, kind = Path(config), "search space" if folder == "tune" else "config"
    if path.is_file():
        return path
    names = shipped_names(folder)
    if str(config) in names:  # names contain no separators, so the path is in the folder
        found = shipped_configs(folder) / f"{config}.yaml"
        _logger.debug("config %s: %s", config, found)
        return found
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; give the path of a YAML file")
    raise ConfigError(
        f"{config} is neither a file nor a shipped {kind}; give the path of a YAML file, or the "
        f"name of a shipped {kind} ({', '.join(names)})"
    )


def read_config(path: Path) -> dict[str, Any]:
    """Return the content of a YAML config as a dictionary, which is empty for an empty file.

    Paths that are relative to the file are resolved; see `astronet.files.relative_paths`.

    Raises:
        ConfigError: The file cannot be read, or is not a YAML mapping.
    """
    content = read_yaml(path)
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path} has no `key: value` pairs; write settings such as `store: data/stores/dr24`"
        )
    return read_from(content, path)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file, which is None for an empty file.

    Raises:
        ConfigError: The file cannot be read or is not YAML.
    """
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}; give the path of a YAML file") from None
    except (OSError, ValueError) as error:
        reason = one_line(error)
        raise ConfigError(f"{path} cannot be read as YAML ({reason}); correct the file") from None


def _parsed(text: str) -> Any:
    """Return the content of a YAML document, of which the number of values is limited.

    Raises:
        ValueError: The text is not YAML, or has too many values or too long numbers.
    """
    if _LONG_NUMBER.search(text):
        raise ValueError("a number has more than 1,000 digits")
    try:
        loader = yaml.SafeLoader(text)
        document = loader.get_single_node()
        check_yaml(document)
        return None if document is None else loader.construct_document(document)
    except Exception as error:  # yaml raises many types of errors for invalid values
        raise ValueError(one_line(error) or type(error).__name__) from None


def split_override(override: str) -> tuple[list[str], Any]:
    """Split an override `key.key=value` into a list of keys and a value.

    The value is parsed as YAML. A value that YAML reads as text but Python can convert to a float,
    such as 1e-4, becomes a float.

    Raises:
        ConfigError: There is no key or no equals sign, or the value is not YAML.
    """
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(
            f"'{override}' is not of the form key=value; write the name of the setting, an equals "
            "sign and the value"
        )
    try:
        value = _parsed(text)
    except ValueError:
        raise ConfigError(
            f"the value in '{override}' is not valid YAML; correct it, or quote it"
        ) from None
    return key.split("."), number_or_value(value)


def number_or_value(value: Any) -> Any:
    """Return numeric text as a float, and any other value unchanged.

    YAML 1.1 reads numbers such as 1e-4 as text.
    """
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return float(value)
    return value


def invalid_value(key: str, error: Mapping[str, Any]) -> str:
    """Return the message for an invalid value: the key, the value and what is wrong with it.

    Args:
        key: Key of the value; "" omits the key and the value from the message.
        error: One item of `ValidationError.errors()` (pydantic).
    """
    message = str(error["msg"]).removeprefix("Value error, ")
    if not key:
        return message
    return f"{key} = {shown(error['input'])}: {message[:1].lower()}{message[1:]}"
