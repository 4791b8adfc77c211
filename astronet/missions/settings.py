"""Where light curves and the catalogue of their events lie, mission by mission, for configs."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from astronet.missions import custom, k2, kepler, tess


class Source(BaseModel):
    """Where light curves and the catalogue of their events lie; each mission has its own kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mission: str
    """Which mission's files these are."""

    catalog: Path
    """Table of events (TCEs, KOIs, TOIs …) with ephemerides and labels."""

    light_curves: Path
    """Folder of light curves, laid out as the archive does."""

    reading: BaseModel
    """Which flux column, which quality bits to drop, and whatever else the mission has."""


class KeplerSource(Source):
    """Kepler's files, the default."""

    mission: Literal["kepler"] = "kepler"
    catalog: Path = Path("data/catalogs/q1_q17_dr24_tce.csv")
    light_curves: Path = Path("data/raw/kepler")
    reading: kepler.Reading = kepler.Reading()


class K2Source(Source):
    """K2's files."""

    mission: Literal["k2"] = "k2"
    catalog: Path = Path("data/catalogs/k2pandc.csv")
    light_curves: Path = Path("data/raw/k2")
    reading: k2.Reading = k2.Reading()


class TessSource(Source):
    """TESS's files."""

    mission: Literal["tess"] = "tess"
    catalog: Path = Path("data/catalogs/toi.csv")
    light_curves: Path = Path("data/raw/tess")
    reading: tess.Reading = tess.Reading()


class OwnSource(Source):
    """Files of your own, whose clock must be declared."""

    mission: Literal["own"] = "own"
    catalog: Path = Path("data/catalogs/own.csv")
    light_curves: Path = Path("data/raw/own")
    reading: custom.Reading = Field(default_factory=dict, validate_default=True)


def mission_of(content: Any) -> str:
    """Whose files a source is about: Kepler's where it does not say."""
    if isinstance(content, dict):
        return str(content.get("mission", "kepler"))
    return str(getattr(content, "mission", "kepler"))


AnySource = Annotated[
    Annotated[KeplerSource, Tag("kepler")]
    | Annotated[K2Source, Tag("k2")]
    | Annotated[TessSource, Tag("tess")]
    | Annotated[OwnSource, Tag("own")],
    Discriminator(mission_of),
]
