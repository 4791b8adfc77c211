"""Index of labelled events that comes with weights.

It consists of the files `<name>.neighbours.safetensors` and `<name>.neighbours.json`, and contains
the embedding of every labelled event of the training and validation sets: the activations of the
last hidden layers of the networks, reduced by a principal component analysis. Events with a small
distance between their embeddings are similar for the networks.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.numpy import load as read_arrays

from astronet.catalogs.similar import PERIODS
from astronet.dataset.thumbnails import BINS, Bytes, as_views
from astronet.errors import RunError
from astronet.lightcurves.arrays import Bools, Ints, Views
from astronet.runs.verified import read_verified

NEIGHBOURS = "neighbours"
"""Second part of the names of the files: `<weights>.neighbours.safetensors` and `.json`."""

_SHA256 = r"^[0-9a-f]{64}$"
_REMEDY = "reinstall astronet"
_PLANETS_TODAY = ("CONFIRMED", "CANDIDATE")


class IndexDescription(BaseModel):
    """Description of an index of labelled events: the content of `<name>.neighbours.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    """Version of the file format."""

    sha256: str = Field(pattern=_SHA256)
    """SHA-256 hash of `<name>.neighbours.safetensors`."""

    networks_sha256: str = Field(pattern=_SHA256)
    """SHA-256 hash of the weights file of the networks that computed the embeddings."""

    store_sha256: str = Field(pattern=_SHA256)
    """SHA-256 hash of the store of the events."""

    source: str
    """Origin of the events and of their labels."""

    catalog: str
    """Name of the catalogue of the stars' numbers, for example KIC."""

    views: dict[Literal["local", "global"], str]
    """Names of the views of which there are thumbnails."""

    labels: tuple[str, ...]
    """Labels of the events; the arrays contain positions in this list."""

    planets: tuple[str, ...]
    """Labels that count as planets."""

    dispositions: tuple[str, ...]
    """Dispositions in today's KOI table; "" if there is no KOI."""

    events: int = Field(ge=1)
    """Number of events."""

    held_out: int = Field(ge=0)
    """Number of events whose nearest distances define the percentiles: validation events of stars
    without training events."""


@dataclass(frozen=True, eq=False)
class Neighbour:
    """Labelled event that is similar to another event.

    Attributes:
        star: Number of the star in the catalogue of the index (KIC).
        number: Number of the event of the star.
        label: Label in training, for example PC, AFP or NTP of the Autovetter.
        planet: Whether the label counts as a planet.
        disposition: Disposition in today's KOI table; "" if the event is no KOI.
        period_days: Period [d].
        duration_days: Transit duration [d].
        distance: Distance of the embeddings, in units of the median distance between held-out
            events and their nearest event of another star.
        local_view: Thumbnail [64] of the local view: flux in units of the transit depth.
        global_view: Thumbnail [64] of the global view, which shows extremes of the flux.
    """

    star: int
    number: int
    label: str
    planet: bool
    disposition: str
    period_days: float
    duration_days: float
    distance: float
    local_view: Views
    global_view: Views

    @property
    def today(self) -> str:
        """Disposition in today's KOI table if it contradicts the label; otherwise ""."""
        if not self.disposition:
            return ""
        return self.disposition if (self.disposition in _PLANETS_TODAY) != self.planet else ""


@dataclass(frozen=True, eq=False)
class NeighbourIndex:
    """Embeddings, labels and thumbnails of n labelled events.

    Attributes:
        description: Description of the files.
        arrays: Content of the file by name: embedding [n, d], star [n], number [n], label [n],
            disposition [n], period_days [n], duration_days [n], local [n, 64] and global [n, 64];
            centre [u] and axes [u, d] of the projection of u activations; nearest [q], quantiles of
            the nearest distance of the held-out events at q equidistant probabilities.
        embedding: Embeddings [n, d] in single precision.
    """

    description: IndexDescription
    arrays: dict[str, NDArray[Any]]
    embedding: Views

    @classmethod
    def of(cls, description: IndexDescription, arrays: dict[str, NDArray[Any]]) -> Self:
        """Return an index with the given content."""
        return cls(description, arrays, arrays["embedding"].astype(np.float32))

    @classmethod
    def load(cls, base: Path, networks: str) -> Self | None:
        """Return the index in a folder of weights; None if there is none.

        Args:
            base: Path of the files without suffixes, for example weights/pretrained.neighbours.
            networks: SHA-256 hash of the weights whose activations will be looked up.

        Raises:
            RunError: A file is missing or corrupt, or the index belongs to other networks.
        """
        content, path = index_paths(base)
        if not path.exists():
            if content.exists():
                raise RunError(f"{path} is missing; {_REMEDY}")
            return None
        try:
            description = IndexDescription.model_validate_json(path.read_bytes())
        except (ValueError, OSError, RecursionError):
            raise RunError(
                f"{path} is corrupt, or from another version of astronet; {_REMEDY}"
            ) from None
        if description.networks_sha256 != networks:
            raise RunError(
                f"{path}: the index was made with other networks than those that it is next to; "
                f"{_REMEDY}, or make the index again"
            )
        verified = read_verified(content, description.sha256, path.name, _REMEDY)
        try:
            return cls.of(description, _checked(read_arrays(verified), description))
        except (SafetensorError, ValueError, KeyError, IndexError):
            raise RunError(
                f"{content} does not contain the index that {path.name} describes; {_REMEDY}"
            ) from None

    def __len__(self) -> int:
        return len(self.embedding)

    def embed(self, activations: list[Views]) -> Views:
        """Return the embeddings [m, d] of m events.

        Args:
            activations: Activations of each network, each [m, units], from
                `astronet.runs.embeddings.Embedder`.
        """
        return project(activations, self.arrays["centre"], self.arrays["axes"])

    def nearest(
        self, embedding: Views, k: int, *, without_star: int | None = None
    ) -> list[Neighbour]:
        """Return the k nearest labelled events, nearest first.

        Args:
            embedding: Embedding [d] of the event.
            k: Maximum number of events.
            without_star: Star whose events are left out, usually that of the event; None if there
                is none.
        """
        distance = self.distances(embedding)
        if without_star is not None:
            distance[self.of_star(without_star)] = np.inf
        rows = np.arange(len(distance))
        if k < len(distance):  # partitioning is faster than sorting all of them
            rows = np.sort(np.argpartition(distance, k)[:k])
        rows = rows[np.argsort(distance[rows], kind="stable")]
        near = rows[np.isfinite(distance[rows])].tolist()
        return [self.neighbour(row, float(distance[row])) for row in near]

    def distances(self, embedding: Views, rows: Ints | None = None) -> Views:
        """Return the distances [n] of labelled events from an embedding [d].

        Args:
            embedding: Embedding [d] of an event.
            rows: Rows of the labelled events [n]; None means all.
        """
        known = self.embedding if rows is None else self.embedding[rows]
        off = known - embedding.astype(np.float32)
        distance: Views = np.sqrt(np.einsum("nd,nd->n", off, off))
        return distance

    def of_star(self, star: int) -> Bools:
        """Return the mask [n] of the events of a star."""
        return np.asarray(self.arrays["star"] == star)

    def rows_of(self, star: int, period: float) -> Ints:
        """Return the rows of the events of a star with nearly the same period (0.1 %).

        Args:
            star: Number of the star.
            period: Period [d].
        """
        same = np.abs(self.arrays["period_days"] / period - 1) < PERIODS
        return np.flatnonzero(self.of_star(star) & same)

    def neighbour(self, row: int, distance: float) -> Neighbour:
        """Return a labelled event as neighbour at a given distance."""
        known, about = self.arrays, self.description
        label = about.labels[known["label"][row]]
        local_view: Bytes = known["local"][row]
        global_view: Bytes = known["global"][row]
        return Neighbour(
            star=int(known["star"][row]),
            number=int(known["number"][row]),
            label=label,
            planet=label in about.planets,
            disposition=about.dispositions[known["disposition"][row]],
            period_days=float(known["period_days"][row]),
            duration_days=float(known["duration_days"][row]),
            distance=distance,
            local_view=as_views(local_view),
            global_view=as_views(global_view),
        )

    def percentile(self, distance: float) -> float:
        """Return how unusual the distance of the nearest event is.

        The result is the percentage of held-out events whose nearest labelled event of another star
        is nearer; NaN if the index knows no held-out events.
        """
        quantiles = self.arrays["nearest"]
        if not len(quantiles):
            return float("nan")
        return float(np.interp(distance, quantiles, np.linspace(0, 100, len(quantiles))))


def index_paths(base: Path) -> tuple[Path, Path]:
    """Return the paths of the arrays and of their description, from the path without suffix."""
    return base.with_name(f"{base.name}.safetensors"), base.with_name(f"{base.name}.json")


def project(activations: list[Views], centre: Views, axes: Views) -> Views:
    """Return embeddings [m, d]: activations minus their centre, multiplied by the axes.

    Args:
        activations: Activations of each network, each [m, units]; u units in all.
        centre: Mean of the activations [u].
        axes: Axes [u, d].
    """
    return ((np.hstack(activations) - centre) @ axes).astype(np.float32, copy=False)


def _checked(
    arrays: dict[str, NDArray[Any]], description: IndexDescription
) -> dict[str, NDArray[Any]]:
    """Return the arrays of an index; raise ValueError or KeyError if they do not fit together."""
    n = description.events
    units, axes = len(arrays["centre"]), arrays["embedding"].shape[-1]
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {}
    shapes |= dict.fromkeys(("star", "number", "label", "disposition"), ("iu", (n,)))
    shapes |= dict.fromkeys(("period_days", "duration_days"), ("f", (n,)))
    shapes |= dict.fromkeys(("local", "global"), ("i", (n, BINS)))
    shapes |= {"embedding": ("f", (n, axes)), "centre": ("f", (units,))}
    shapes |= {"axes": ("f", (units, axes)), "nearest": ("f", arrays["nearest"].shape[:1])}
    for name, (kinds, shape) in shapes.items():
        if arrays[name].dtype.kind not in kinds or arrays[name].shape != shape:
            raise ValueError(f"the array {name} has another type or shape")
    for name, texts in (("label", description.labels), ("disposition", description.dispositions)):
        if arrays[name].min() < 0 or arrays[name].max() >= len(texts):
            raise ValueError(f"the array {name} contains an unknown number")
    if not np.isfinite(arrays["embedding"]).all():
        raise ValueError("an embedding is not finite")
    return arrays
