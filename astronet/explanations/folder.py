"""Default output folder of `astronet explain`."""

import re
from pathlib import Path

PAGE = "explain.html"
"""Name of the HTML page in the output folder."""


def default_page(networks: str, star: int | str, number: int) -> Path:
    """Return the default path of the page about an event in a table or in a store."""
    return default_folder(networks, f"{star}-{number}") / PAGE


def default_folder(networks: str, event: str) -> Path:
    """Return the default output folder of the explanation of one event.

    Args:
        networks: Names of the networks.
        event: Name of the event, for example its star and number joined by "-".
    """
    return Path("runs") / re.sub(r"[^\w.+-]", "_", f"explain-{networks}-{event}")
