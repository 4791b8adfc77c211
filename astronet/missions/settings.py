"""Settings for the section `source` of a config: one class per mission."""

from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    create_model,
)

from astronet.files.remote import RemotePath, location
from astronet.missions import DEFAULT_MISSION, MISSIONS
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import MissionSpec

Folder = Annotated[
    Path | RemotePath, BeforeValidator(location), PlainSerializer(str, when_used="json")
]
"""Path or URL of a folder."""


class Source(BaseModel):
    """Settings for the section `source` of a config: light curves and table of events.

    Each mission has its own subclass.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mission: str
    """Mission that observed the stars."""

    catalog: Path
    """Table of events (TCEs, KOIs, TOIs …) with ephemerides and labels: a path, or the name of a
    table that `astronet catalog fetch` downloads, which means its newest snapshot."""

    light_curves: Folder
    """Path or URL of the folder of light curves; see `list_files` in the mission's module for the
    possible layouts."""

    reader: ReaderOptions
    """Reader options, such as the flux column and the quality bits to drop."""


def _source_class(spec: MissionSpec) -> type[Source]:
    """Return the subclass of `Source` for a mission, with the mission's default values.

    If one of the mission's reader options is required, `reader` has no valid default.
    """
    required = any(field.is_required() for field in spec.reader.model_fields.values())
    # Validating an empty default makes the error name a required option that is missing.
    reader = Field(default_factory=dict, validate_default=True) if required else spec.reader()
    fields: dict[str, Any] = {
        "mission": (Literal[spec.name], spec.name),
        "catalog": (Path, spec.catalog),
        "light_curves": (Folder, spec.light_curves),
        "reader": (spec.reader, reader),
    }
    name = spec.reader.__name__.removesuffix("Reader") + "Source"
    return create_model(name, __base__=Source, __module__=__name__, **fields)


SOURCES = {name: _source_class(mission.SPEC) for name, mission in MISSIONS.items()}
"""Subclasses of `Source` by mission."""


def mission_of(content: Any) -> str:
    """Return the mission named in `source` settings; `DEFAULT_MISSION` if they name none.

    Args:
        content: Section `source` of a config, before validation (a dict) or after it (a `Source`).
    """
    if isinstance(content, dict):
        return str(content.get("mission", DEFAULT_MISSION))
    return str(getattr(content, "mission", DEFAULT_MISSION))


def default_source() -> Source:
    """Return the `source` settings for configs that have no section `source`."""
    return SOURCES[DEFAULT_MISSION]()  # type: ignore[call-arg]


if TYPE_CHECKING:
    AnySource = Source
else:
    AnySource = Annotated[
        reduce(or_, [Annotated[source, Tag(name)] for name, source in SOURCES.items()]),
        Discriminator(mission_of),
    ]
    """`source` settings for any mission; the value of `mission` selects the class."""
