"""Self-contained HTML pages, with an embedded style sheet, images and interactive figures.

The security policy of a page forbids scripts, unless its template extends the block `policy`.
"""

import base64
import io
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from astronet.errors import RunError
from astronet.files.atomic import write_text

_DPI = 150  # about 1.5 image pixels per page pixel


def render(
    template: str, content: Mapping[str, Any], filters: Mapping[str, Callable[..., str]]
) -> str:
    """Return an HTML page rendered from a template, with inserted values HTML-escaped.

    Args:
        template: Path of the template, relative to the folder of the package `astronet`.
        content: Variables of the template by name.
        filters: Functions that format a value for the template, by filter name.
    """
    templates = environment()
    templates.filters |= filters
    return templates.get_template(template).render(content)


def environment() -> Environment:
    """Return the templates of the package, in which inserted values are HTML-escaped."""
    return Environment(
        loader=FileSystemLoader(str(files("astronet"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def script_sources(*scripts: str) -> Markup:
    """Return the hashes of scripts, by which the security policy of a page allows them.

    Args:
        scripts: Contents of the `script` elements of the page.
    """
    hashes = (base64.b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    return Markup(" ".join(f"'sha256-{one}'" for one in hashes))


def write_page(path: Path, page: str) -> Path:
    """Write a page to `path`, creating its folder if necessary, and return `path`.

    Raises:
        RunError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, page)
    except OSError as error:
        raise RunError(
            f"{path} cannot be written ({error.strerror}); choose another folder"
        ) from None
    return path


def png(figure: Figure) -> bytes:
    """Return a figure encoded as PNG; equal figures give identical bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def inline(picture: bytes) -> str:
    """Return a PNG image encoded as base64 text, for use in a data URL."""
    return base64.b64encode(picture).decode("ascii")


def event_page(star: int | str, number: int) -> str:
    """Return the path of an event's vetting page, relative to the index of the pages.

    It has no folder other than `pages`, whatever the name of the star is.
    """
    return f"pages/{re.sub(r'[^A-Za-z0-9_.+-]', '_', f'{star}-{number}')[:120]}.html"
