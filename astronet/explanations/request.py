"""Event to be explained, with its description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from astronet.explanations.event import Event
from astronet.explanations.secondary import Sibling


@dataclass(frozen=True, eq=False)
class Request:
    """Event to be explained, with its description.

    Attributes:
        event: Event whose score is explained.
        name: Name of the event in the path of the output folder.
        origin: Sources of the event by name, for example the store and the row.
        label: Label of the event; "" if it has none.
        warning: Reason why the score is unreliable; "" if it is reliable.
        epoch: Epoch of the event [d, BKJD]; None if it is unknown.
        siblings: Other events of the star, as far as they are known.
    """

    event: Event
    name: str
    origin: Mapping[str, str]
    label: str = ""
    warning: str = ""
    epoch: float | None = None
    siblings: Sequence[Sibling] = ()
