"""Packing of the index of labelled events that comes with weights (`runs/neighbour_index.py`)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from astronet.catalogs.labels import POLICIES
from astronet.dataset.examples import Examples
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.store import ViewStore
from astronet.dataset.thumbnails import global_thumbnails, local_thumbnails
from astronet.errors import RunError
from astronet.files.atomic import write_bytes, write_text
from astronet.files.checksums import sha256
from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.missions import DEFAULT_MISSION, MISSIONS
from astronet.runs.embeddings import Embedder
from astronet.runs.neighbour_index import (
    NEIGHBOURS,
    IndexDescription,
    NeighbourIndex,
    index_paths,
    project,
)
from astronet.runs.shipped import Shipped

COMPONENTS = 24
"""Number of dimensions of an embedding (docs/pretrained.md, similar events)."""

_PROBABILITIES = 201
_LOCAL, _GLOBAL = ("local", "rebinned_local"), ("global",)
"""Names of views of which thumbnails are made; the first one that the networks read is used."""

_SMALLEST = 1e-9
"""Variance of a component, relative to the largest one, below which it is left out."""


class Projection(NamedTuple):
    """Projection of the activations of all networks.

    Attributes:
        centre: Mean of the activations [u].
        axes: Axes [u, d].
    """

    centre: Views
    axes: Views


def pack_neighbours(
    shipped: Shipped,
    store: ViewStore,
    source: str,
    dispositions: Sequence[str] | None = None,
    components: int = COMPONENTS,
) -> NeighbourIndex:
    """Write the index of the labelled training and validation events next to weights.

    The same store and weights give the same files on the same machine.

    Args:
        shipped: Weights with a weights file of their own, whose networks compute the embeddings.
        store: Store of the events, with the views that the networks read.
        source: Origin of the events and of their labels.
        dispositions: Disposition of each event of the store in today's KOI table [rows]; "" if it
            is no KOI. None means that there are none.
        components: Maximum number of dimensions of an embedding.

    Returns:
        The index, read back from the files.

    Raises:
        RunError: The weights have no file of their own, or read no local and no global view.
        StoreError: The store lacks a view, or has no labelled training events.
    """
    if list(shipped.weights) != [shipped.folder / f"{shipped.name}.safetensors"]:
        raise RunError(
            f"{shipped.name} uses networks of other weights; make the index of those weights"
        )
    examples = Examples(store, shipped.experiment.data)
    rows = np.concatenate([examples.train_rows, examples.rows("val")])
    shown = {"local": _shown(shipped, _LOCAL), "global": _shown(shipped, _GLOBAL)}
    views = views_of(store, shipped.experiment.views)
    activations = _activations(Embedder.of(shipped), views, rows)
    trained = np.arange(len(examples.train_rows))
    fresh = np.flatnonzero(examples.without_training_events(rows))
    stars = store.index["star"].to_numpy(np.int64)[rows]
    fitted = fit_projection([of_network[trained] for of_network in activations], components)
    embedding, projection, nearest = _scaled(activations, fitted, stars, fresh)
    policy = POLICIES[examples.settings.labels]
    labels, label = _encoded(policy.labels_of(store.index).to_numpy(str)[rows])
    today = np.array(dispositions if dispositions is not None else [""] * len(store), str)
    known, disposition = _encoded(today[rows])
    arrays = {
        "embedding": embedding,
        "star": stars,
        "number": store.index["number"].to_numpy(np.int16)[rows],
        "label": label,
        "disposition": disposition,
        "period_days": store.index["period_days"].to_numpy(np.float64)[rows],
        "duration_days": store.index["duration_days"].to_numpy(np.float64)[rows],
        "local": local_thumbnails(np.asarray(views[shown["local"]][rows])),
        "global": global_thumbnails(np.asarray(views[shown["global"]][rows])),
        "nearest": nearest,
        **projection._asdict(),
    }
    content = save({name: np.ascontiguousarray(values) for name, values in arrays.items()})
    description = IndexDescription(
        sha256=sha256(content),
        networks_sha256=shipped.digest,
        store_sha256=store.digest,
        source=source,
        catalog=MISSIONS[store.mission or DEFAULT_MISSION].SPEC.star_catalog,
        views=shown,
        labels=labels,
        planets=tuple(name for name in labels if name in policy.positive),
        dispositions=known,
        events=len(rows),
        held_out=len(fresh),
    )
    return _written(shipped, description, content)


def fit_projection(activations: Sequence[Views], components: int) -> Projection:
    """Return a principal component analysis of the activations of several networks.

    The activations of each network are divided by their root-mean-square distance from the mean, so
    that the networks have equal weights. Each component is divided by the square root of its
    standard deviation, so that those with a small variance contribute to the distance as well.

    Args:
        activations: Activations of each network for the training events, each [n, units].
        components: Maximum number of components.
    """
    centre = np.hstack(activations).mean(axis=0, dtype=np.float64)
    off = np.hstack(activations).astype(np.float64) - centre
    sizes = [of_network.shape[1] for of_network in activations]
    blocks = np.split(off, np.cumsum(sizes)[:-1], axis=1)
    spreads = [float(np.sqrt((block**2).sum(axis=1).mean())) or 1.0 for block in blocks]
    weights = 1 / np.repeat(spreads, sizes)
    variances, vectors = np.linalg.eigh(np.cov((off * weights).T))
    order = np.argsort(variances)[::-1][:components]
    order = order[variances[order] > _SMALLEST * variances.max()]
    vectors, variances = vectors[:, order], variances[order]
    # The sign of an eigenvector is arbitrary; its largest element is made positive.
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
    axes = weights[:, None] * vectors * np.sign(largest) / variances**0.25
    return Projection(centre.astype(np.float32), axes.astype(np.float32))


def nearest_of_other_stars(embedding: Views, stars: Ints, events: Ints) -> Floats:
    """Return the distance [m] of each of some events from the nearest event of another star.

    Args:
        embedding: Embeddings of all events [n, d].
        stars: Star of each event [n].
        events: Numbers of the events whose nearest distance is returned [m].
    """
    found = np.empty(len(events))
    for place, event in enumerate(events):
        off = embedding[stars != stars[event]] - embedding[event]
        found[place] = np.sqrt(
            np.einsum("nd,nd->n", off, off, dtype=np.float64).min(initial=np.inf)
        )
    return found


def _activations(embedder: Embedder, views: Mapping[str, AnyView], rows: Ints) -> list[Views]:
    """Return the activations of each network for some rows of the views."""
    parts = [
        embedder.activations({name: view[chunk] for name, view in views.items()})
        for chunk in np.array_split(rows, max(1, len(rows) // 1024))
    ]
    return [np.concatenate(of_network) for of_network in zip(*parts, strict=True)]


def _scaled(
    activations: list[Views], fitted: Projection, stars: Ints, fresh: Ints
) -> tuple[NDArray[np.float16], Projection, Floats]:
    """Return embeddings, their projection, and quantiles of the nearest distances of fresh events.

    The axes are scaled such that the median nearest distance is 1.
    """
    nearest = nearest_of_other_stars(project(activations, *fitted), stars, fresh)
    if len(fresh) and 0 < (unit := float(np.median(nearest))) < np.inf:
        fitted = fitted._replace(axes=(fitted.axes / unit).astype(np.float32))
    embedding = project(activations, *fitted).astype(np.float16)
    rounded = nearest_of_other_stars(embedding.astype(np.float32), stars, fresh)
    quantiles = np.linspace(0, 1, _PROBABILITIES if len(fresh) else 0)
    levels = np.quantile(rounded, quantiles) if len(fresh) else np.empty(0)
    return embedding, fitted, levels


def _encoded(texts: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """Return the sorted distinct texts, and the position of each text in them."""
    names, positions = np.unique(texts, return_inverse=True)
    return tuple(names.tolist()), positions.astype(np.uint8)


def _shown(shipped: Shipped, names: Sequence[str]) -> str:
    """Return the first of several views that the networks read."""
    found = next((name for name in names if name in shipped.experiment.views), None)
    if found is None:
        raise RunError(
            f"{shipped.name} reads no view {' or '.join(names)}, of which thumbnails are made; use "
            "weights that read one"
        )
    return found


def _written(shipped: Shipped, description: IndexDescription, content: bytes) -> NeighbourIndex:
    """Write the files of an index, the description last, and return the index."""
    base = shipped.folder / f"{shipped.name}.{NEIGHBOURS}"
    arrays, described = index_paths(base)
    described.unlink(missing_ok=True)
    write_bytes(arrays, content)
    text = json.dumps(description.model_dump(mode="json"), indent=2, ensure_ascii=False)
    write_text(described, text + "\n")
    index = NeighbourIndex.load(base, shipped.digest)
    assert index is not None
    return index
