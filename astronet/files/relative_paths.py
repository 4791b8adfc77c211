"""Paths in config files that are relative to the folder of the file.

In a config that the user writes, paths are relative to the working folder. In the configs that the
package writes (config.yaml of a run, best.yaml of a search), they are relative to the folder of the
file, so that the file can be used from any folder, and can be moved together with the files that
it names.
"""

import copy
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from astronet.errors import ConfigError
from astronet.files.remote import is_url

KEY, HERE, WORKING_FOLDER = "paths_relative_to", "this_file", "working_folder"
"""Key of a config, and its values; the default is the working folder."""

_PATHS = (
    ("store",),
    ("source", "catalog"),
    ("source", "light_curves"),
    ("data", "teacher", "scores"),
)
"""Keys of the paths in a config."""


def written_in(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the content of a config with paths relative to the folder in which it is written.

    Absolute paths and names of tables are not changed; a path on another drive becomes absolute.

    Args:
        content: Content of a config, with paths relative to the working folder.
        folder: Folder of the config file.
    """
    return {KEY: HERE} | _with_paths(content, _except_urls(lambda path: relative_to(path, folder)))


def relative_to(path: str, folder: Path) -> str:
    """Convert a path relative to the working folder to a path relative to another folder.

    An absolute path is not changed; a path on another drive becomes absolute.
    """
    if os.path.isabs(path):
        return path
    try:
        relative = os.path.relpath(os.path.abspath(path), os.path.realpath(folder))
    except ValueError:  # another drive
        return os.path.abspath(path)
    return Path(relative).as_posix()


def read_from(content: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Return the content of a config with paths that are valid in the working folder.

    Args:
        content: Content of the config file. If its paths are relative to the file, they become
            absolute; if `file` is a relative path, those inside the working folder become relative
            to the working folder.
        file: Path of the config file.

    Raises:
        ConfigError: The value of `paths_relative_to` is invalid.
    """
    rest = {key: value for key, value in content.items() if key != KEY}
    given = content.get(KEY, WORKING_FOLDER)
    if given not in (HERE, WORKING_FOLDER):
        raise ConfigError(
            f"{file}: {KEY} = {given!r}: input should be {HERE} or {WORKING_FOLDER}; correct it"
        )
    if given == WORKING_FOLDER:
        return rest
    folder = os.path.realpath(file.parent)

    def found(path: str) -> str:
        whole = Path(os.path.normpath(os.path.join(folder, path)))
        inside = not file.is_absolute() and whole.is_relative_to(Path.cwd())
        return str(whole.relative_to(Path.cwd()) if inside else whole)

    return _with_paths(rest, _except_urls(found))


def absolute(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a config with paths relative to the working folder made absolute."""
    return _with_paths(content, _except_urls(os.path.abspath))


def without_paths(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a config with all paths replaced by empty text."""
    return _with_paths(content, lambda path: "")


def _except_urls(change: Callable[[str], str]) -> Callable[[str], str]:
    """Return a function that changes paths in the same way, and returns URLs unchanged."""
    return lambda path: path if is_url(path) else change(path)


def _is_name(catalog: str) -> bool:
    """Return whether a catalog is given by the name of a table, such as `toi`, not by its path."""
    return re.fullmatch(r"[\w-]+", catalog) is not None


def _with_paths(content: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return a copy of the content in which a function has changed each path that is given."""
    changed = copy.deepcopy(dict(content))
    for *sections, last in _PATHS:
        inner: Any = changed
        for section in sections:
            inner = inner.get(section) if isinstance(inner, dict) else None
        path = inner.get(last) if isinstance(inner, dict) else None
        if isinstance(path, str) and not (last == "catalog" and _is_name(path)):
            inner[last] = change(path)
    return changed
