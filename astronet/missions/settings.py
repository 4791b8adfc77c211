"""Light curves and the catalogue of their events, for configs: one model for each mission."""

from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model

from astronet.missions import DEFAULT_MISSION, MISSIONS
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import MissionSpec


class Source(BaseModel):
    """Light curves and the catalogue of their events; each mission has its own subclass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mission: str
    """Mission that observed the stars."""

    catalog: Path
    """Table of events (TCEs, KOIs, TOIs …) with ephemerides and labels."""

    light_curves: Path
    """Folder of light curves, laid out as the archive does."""

    reader: ReaderOptions
    """Options of the mission's reader: flux column, quality bits to drop, and others."""


def _source_class(spec: MissionSpec) -> type[Source]:
    """Build a mission's model: its name, its default paths, and its reader's options."""
    required = any(field.is_required() for field in spec.reader.model_fields.values())
    # Without a default for all options, the complaint must name the missing option.
    reader = Field(default_factory=dict, validate_default=True) if required else spec.reader()
    fields: dict[str, Any] = {
        "mission": (Literal[spec.name], spec.name),
        "catalog": (Path, spec.catalog),
        "light_curves": (Path, spec.light_curves),
        "reader": (spec.reader, reader),
    }
    name = spec.reader.__name__.removesuffix("Reader") + "Source"
    return create_model(name, __base__=Source, __module__=__name__, **fields)


SOURCES = {name: _source_class(mission.SPEC) for name, mission in MISSIONS.items()}
"""The model of each mission."""


def mission_of(content: Any) -> str:
    """Return the mission of a source, which is the default one if it does not name any."""
    if isinstance(content, dict):
        return str(content.get("mission", DEFAULT_MISSION))
    return str(getattr(content, "mission", DEFAULT_MISSION))


def default_source() -> Source:
    """Return the source of a config that does not name any."""
    return SOURCES[DEFAULT_MISSION]()  # type: ignore[call-arg]


if TYPE_CHECKING:
    AnySource = Source
else:
    AnySource = Annotated[
        reduce(or_, [Annotated[source, Tag(name)] for name, source in SOURCES.items()]),
        Discriminator(mission_of),
    ]
    """A source of any mission, told apart by `mission`."""
