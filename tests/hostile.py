"""Names and files that a malicious table, server or archive could contain."""

import gzip
import pickle
from pathlib import Path
from typing import Any

NAMES = (
    "../../x",
    "a/b",
    "..",
    "",
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"onmouseover="alert(1)',
    "javascript:alert(1)",
    "zero\0byte",
    "two\nlines",
    "=HYPERLINK(1)",
    "x" * 5000,
    "right-to-left \u202e mark",
    "\x1b]0;title\x07\x1b[31mred",
    "[bold]rich[/bold]",
    "$\\x{$",
    "$(touch x); `touch x`",
    "CON",
)
"""Names that have a meaning in paths, HTML, spreadsheets, terminals, shells or matplotlib."""


class Attack:
    """Object whose pickle creates a file when it is loaded.

    Args:
        path: Path of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def is_dangerous(path: Path) -> bool:
    """Return whether the pickle of an `Attack` creates the file; the file is deleted again."""
    pickle.loads(pickle.dumps(Attack(path)))
    created = path.exists()
    path.unlink()
    return created


def yaml_bomb(depth: int = 9) -> str:
    """Return the lines of a YAML mapping whose last value has 9^depth texts; its name is v<n>."""
    lines = [f"v0: &v0 [{', '.join(['text'] * 9)}]"]
    for k in range(1, depth):
        lines.append(f"v{k}: &v{k} [{', '.join([f'*v{k - 1}'] * 9)}]")
    return "\n".join(lines) + "\n"


def gzip_bomb(size: int) -> bytes:
    """Return a gzip file of zeros with this decompressed size [bytes]."""
    return gzip.compress(bytes(size))
