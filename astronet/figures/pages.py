"""Pages that need nothing else: one HTML file, its style and pictures in it, no script."""

import base64
import io
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from astronet.errors import RunError
from astronet.files.atomic import write_text

_DPI = 150  # about 1.5 pixels of the picture to one of the page


def render(
    template: str, content: Mapping[str, Any], filters: Mapping[str, Callable[[Any], str]]
) -> str:
    """A page as text; whatever is put into it is escaped.

    Args:
        template: Its path within the package.
        content: What the template calls by name.
        filters: How it shows numbers, by name.
    """
    environment = Environment(
        loader=FileSystemLoader(str(files("astronet"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment.get_template(template).render(content)


def write_page(path: Path, page: str) -> Path:
    """Writes a page, making its folder.

    Raises:
        RunError: It cannot be written.
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
    """A figure as a PNG, the same bytes every time."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def inline(picture: bytes) -> str:
    """A PNG as text that a page can hold."""
    return base64.b64encode(picture).decode("ascii")
