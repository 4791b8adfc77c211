"""Options of the readers of light curves."""

from pydantic import BaseModel, ConfigDict


class ReaderOptions(BaseModel):
    """Options of a mission's reader; each mission has its own class with its own fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
