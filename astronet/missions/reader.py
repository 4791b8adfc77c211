"""Base class of the options of the light-curve readers."""

from pydantic import BaseModel, ConfigDict


class ReaderOptions(BaseModel):
    """Base class of the options of a mission's reader; each mission adds its own fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
