"""Base class for reader options."""

from pydantic import BaseModel, ConfigDict


class ReaderOptions(BaseModel):
    """Base class for the options with which light curves are read.

    Each mission defines a subclass with its own fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
