"""Limits of the size to which small files expand: compressed files, Parquet and YAML.

A file of a few kilobytes can expand to terabytes ("zip bomb"). Light curves and tables expand much
less: numbers to about ten times the size of their compressed file.
"""

import zipfile
from pathlib import Path

import yaml

from astronet.files.gzipped import MAX_BYTES

MAX_RATIO = 100
"""Maximum ratio of the size of a file's content to the size of the file, above `MAX_BYTES`."""

MAX_YAML_VALUES = 100_000
"""Maximum number of values of a YAML document, counting those that an alias repeats."""


class ExpansionError(ValueError):
    """Error raised if the content of a file is too large.

    The message is a predicate that follows the file's path, such as "expands to more than 1 GB".
    """


def check_expansion(path: Path, size: int) -> None:
    """Raise an error if the content of a file is too large for the size of the file.

    Args:
        path: Path of the file.
        size: Size of the content in memory [bytes].

    Raises:
        ExpansionError: The size exceeds both `MAX_BYTES` and `MAX_RATIO` times that of the file.
        OSError: The file does not exist.
    """
    limit = max(MAX_BYTES, MAX_RATIO * path.stat().st_size)
    if size > limit:
        raise ExpansionError(f"expands to {size / 1e9:.3g} GB, more than {limit / 1e9:.3g} GB")


def check_zip(path: Path) -> None:
    """Raise an error if the members of a zip archive are too large; accept any other file.

    The sizes in the directory of the archive suffice, because zip readers stop at these sizes.

    Raises:
        ExpansionError: The members are too large.
        OSError: The file does not exist.
        zipfile.BadZipFile: The archive is corrupt.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_expansion(path, sum(member.file_size for member in archive.infolist()))


def check_yaml(document: yaml.Node | None) -> None:
    """Raise an error if a YAML document has too many values.

    An alias repeats a value, so nine lists of nine aliases each can have a billion values. The
    aliases are counted before the document is converted to Python objects.

    Args:
        document: Root node, as returned by `yaml.compose`; None for an empty document.

    Raises:
        ExpansionError: The document has more than `MAX_YAML_VALUES` values.
        RecursionError: A value contains itself.
    """
    if document is not None and _values(document, {}) > MAX_YAML_VALUES:
        raise ExpansionError(
            f"has more than {MAX_YAML_VALUES} values, counting repetitions by aliases"
        )


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """Return the number of values of a node, which is counted only once for all its aliases."""
    if id(node) not in known:
        inner = [] if isinstance(node, yaml.ScalarNode) else node.value
        if isinstance(node, yaml.MappingNode):
            inner = [part for pair in inner for part in pair]
        known[id(node)] = 1 + sum(_values(part, known) for part in inner)
    return known[id(node)]
