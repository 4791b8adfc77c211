"""Settings of the light curves and the table of events in configs, one model per mission."""

from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model

from astronet.missions import DEFAULT_MISSION, MISSIONS
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import MissionSpec


class Source(BaseModel):
    """Light curves and the table of their events; each mission has its own subclass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mission: str
    """Mission that observed the stars."""

    catalog: Path
    """Table of events (TCEs, KOIs, TOIs …) with ephemerides and labels."""

    light_curves: Path
    """Folder of light curves, with the layout of the archive."""

    reader: ReaderOptions
    """Options of the mission's reader, such as the flux column and the quality bits to drop."""


def _source_class(spec: MissionSpec) -> type[Source]:
    """Build the model of a mission from its name, default paths and reader options."""
    required = any(field.is_required() for field in spec.reader.model_fields.values())
    # If an option is required, the validation error must name it.
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
"""Models of the missions by name."""


def mission_of(content: Any) -> str:
    """Return the name of a source's mission; the default is `DEFAULT_MISSION`."""
    if isinstance(content, dict):
        return str(content.get("mission", DEFAULT_MISSION))
    return str(getattr(content, "mission", DEFAULT_MISSION))


def default_source() -> Source:
    """Return the source of a config that does not set one."""
    return SOURCES[DEFAULT_MISSION]()  # type: ignore[call-arg]


if TYPE_CHECKING:
    AnySource = Source
else:
    AnySource = Annotated[
        reduce(or_, [Annotated[source, Tag(name)] for name, source in SOURCES.items()]),
        Discriminator(mission_of),
    ]
    """Source of any mission, discriminated by `mission`."""
