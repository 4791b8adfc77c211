"""Values that each worker receives once, such as the weights of networks, and not with each task.

The engines send a value as it is, for example as the bytes of files. What the tasks make of it,
such as a network, is made once per worker and kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

from astronet.errors import WorkerError

Made = TypeVar("Made")

_values: dict[str, Any] = {}
_made: dict[str, Any] = {}
_lock = Lock()


@dataclass(frozen=True, eq=False)
class Shared:
    """Value that each worker receives once.

    Attributes:
        value: Picklable value.
        key: Unique name, by which the tasks refer to the value.
    """

    value: Any
    key: str = field(default_factory=lambda: f"astronet-{uuid4().hex}")


def receive(shared: Shared) -> None:
    """Keep a value in this process, for the tasks that will run here."""
    with _lock:
        _values[shared.key] = shared.value


def forget(key: str) -> None:
    """Delete a value, and what was made of it, from this process."""
    with _lock:
        _values.pop(key, None)
        _made.pop(key, None)


def made_of(key: str, make: Callable[[Any], Made]) -> Made:
    """Return what a function makes of a value; it is made in the first call in each process.

    Args:
        key: Name of the value.
        make: Function of the value.

    Raises:
        WorkerError: This process has not received the value.
    """
    with _lock:
        if key not in _made:
            if key not in _values:
                raise WorkerError(
                    "a worker has not received the networks; run the same command again and "
                    "resume it",
                    arguments=("resume",),
                )
            _made[key] = make(_values.pop(key))
        made: Made = _made[key]
        return made
