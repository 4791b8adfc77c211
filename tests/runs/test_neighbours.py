"""Similar labelled events: the index of the weights, and the search for the nearest events."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays
from samples import SmallRun

from astronet.dataset.examples import Examples
from astronet.dataset.recut import views_of
from astronet.dataset.store import ViewStore
from astronet.dataset.thumbnails import global_thumbnails, local_thumbnails
from astronet.errors import RunError
from astronet.evaluation.calibration import Calibration
from astronet.files.checksums import sha256_of
from astronet.lightcurves.arrays import Views
from astronet.models.batches import Batch
from astronet.runs.embeddings import Embedder
from astronet.runs.neighbour_index import Neighbour, NeighbourIndex, index_paths
from astronet.runs.neighbour_packing import (
    fit_projection,
    nearest_of_other_stars,
    pack_neighbours,
    project,
)
from astronet.runs.neighbours import NeighbourFinder, SimilarEvents
from astronet.runs.packing import describe_training, pack
from astronet.runs.run import Run
from astronet.runs.shipped import FOLDER, Shipped, load_shipped, shipped_names
from astronet.runs.stacked import ViewsOfEvents

DISPOSITIONS = ("", "CONFIRMED", "FALSE POSITIVE")


class Indexed(NamedTuple):
    """Packed weights with an index of the labelled events of a store."""

    shipped: Shipped
    index: NeighbourIndex
    store: ViewStore

    @property
    def base(self) -> Path:
        return self.shipped.folder / "pretrained.neighbours"

    @property
    def views(self) -> dict[str, Views]:
        found = views_of(self.store, self.shipped.experiment.views)
        return {name: np.asarray(view) for name, view in found.items()}

    def rows(self) -> pd.DataFrame:
        """Rows of the store, in the order of the index."""
        known = self.index.arrays
        keys = pd.DataFrame({"star": known["star"], "number": known["number"]})
        return keys.merge(self.store.index.reset_index(names="row"), on=["star", "number"])


@pytest.fixture(scope="module")
def indexed(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder, run = tmp_path_factory.mktemp("indexed"), Run.load(small_run.run)
    store = ViewStore.open(small_run.store)
    trained_on = describe_training(run, store, calibrated_on="none")
    shipped = pack([run], "pretrained", folder, Calibration(), trained_on, {})
    dispositions = [DISPOSITIONS[row % 3] for row in range(len(store))]
    index = pack_neighbours(shipped, store, "simulated stars", dispositions, components=4)
    return Indexed(shipped, index, store)


@pytest.fixture
def copied(indexed: Indexed, tmp_path: Path) -> Path:
    """Path without suffix of a copy of the index."""
    return Path(shutil.copytree(indexed.shipped.folder, tmp_path / "weights")) / indexed.base.name


@pytest.fixture(scope="module")
def finder(indexed: Indexed) -> NeighbourFinder:
    return NeighbourFinder.of([indexed.shipped])


def find(
    finder: NeighbourFinder, indexed: Indexed, k: int = 5, mission: str = "kepler"
) -> list[SimilarEvents]:
    """Return the events that are similar to each event of the store."""
    given = ViewsOfEvents(indexed.views, packed=indexed.store.measured)
    return finder.find(given, indexed.store.index, mission, k)


def test_the_index_contains_the_labelled_events_of_training_and_validation(
    indexed: Indexed,
) -> None:
    examples = Examples(indexed.store, indexed.shipped.experiment.data)
    expected = [*examples.rows("train"), *examples.rows("val")]
    assert indexed.rows()["row"].tolist() == expected
    assert set(examples.split[expected]) == {"train", "val"}
    assert len(indexed.index) == indexed.index.description.events == len(expected)


def test_neighbours_are_described_as_in_the_store(indexed: Indexed) -> None:
    for place, (_, event) in enumerate(indexed.rows().iterrows()):
        found = indexed.index.neighbour(place, 1.5)
        assert (found.star, found.number, found.label) == (*event[["star", "number", "label"]],)
        assert found.planet == (event["label"] == "PC")
        assert found.disposition == DISPOSITIONS[event["row"] % 3]
        assert found.period_days == event["period_days"]
        assert found.duration_days == event["duration_days"]
        row = slice(event["row"], event["row"] + 1)
        local = local_thumbnails(indexed.views["local"][row])[0]
        whole = global_thumbnails(indexed.views["global"][row])[0]
        np.testing.assert_allclose(100 * found.local_view, local, rtol=1e-5)
        np.testing.assert_allclose(100 * found.global_view, whole, rtol=1e-5)
        assert found.local_view.shape == found.global_view.shape == (64,)


@pytest.mark.parametrize(
    ("planet", "disposition", "today"),
    [
        (True, "CONFIRMED", ""),
        (True, "CANDIDATE", ""),
        (True, "FALSE POSITIVE", "FALSE POSITIVE"),
        (True, "", ""),
        (False, "CONFIRMED", "CONFIRMED"),
        (False, "CANDIDATE", "CANDIDATE"),
        (False, "FALSE POSITIVE", ""),
        (False, "", ""),
    ],
)
def test_the_disposition_is_stated_if_it_contradicts_the_label(
    planet: bool, disposition: str, today: str
) -> None:
    view = np.zeros(64, np.float32)
    event = Neighbour(1, 1, "label", planet, disposition, 3.0, 0.1, 1.0, view, view)
    assert event.today == today


def test_the_nearest_event_of_an_event_in_the_index_is_itself(indexed: Indexed) -> None:
    """The distance is 0 up to the rounding of the index to half precision."""
    activations = Embedder.of(indexed.shipped).activations(indexed.views)
    embeddings = indexed.index.embed(activations)
    for _, event in indexed.rows().iterrows():
        first, second = indexed.index.nearest(embeddings[event["row"]], 2)
        assert (first.star, first.number) == (event["star"], event["number"])
        assert first.distance < 0.01 < second.distance


def test_events_of_the_same_star_are_left_out(indexed: Indexed, finder: NeighbourFinder) -> None:
    stars = indexed.store.index["star"]
    known = set(indexed.index.arrays["star"].tolist())
    for star, similar in zip(stars, find(finder, indexed, k=10_000), strict=True):
        found = [neighbour.star for neighbour in similar.neighbours]
        assert set(found) == known - {star}
        assert len(found) == (indexed.index.arrays["star"] != star).sum()
        distances = [neighbour.distance for neighbour in similar.neighbours]
        assert distances == sorted(distances)


def test_an_event_of_the_index_is_recognised(indexed: Indexed, finder: NeighbourFinder) -> None:
    found = find(finder, indexed)
    rows = set(indexed.rows()["row"])
    for row, similar in enumerate(found):
        assert (similar.itself is not None) == (row in rows)
        if similar.itself is not None:
            number = indexed.store.index["number"][row]
            assert (similar.itself.number, round(similar.itself.distance, 1)) == (number, 0)


def test_star_numbers_of_other_catalogues_are_not_compared(
    indexed: Indexed, finder: NeighbourFinder
) -> None:
    row = int(indexed.rows()["row"].iloc[0])
    (other,) = [find(finder, indexed, mission="tess")[row]]
    assert other.itself is None
    assert other.neighbours[0].star == indexed.store.index["star"][row]


def test_embeddings_do_not_depend_on_the_batch_size(indexed: Indexed) -> None:
    views = {name: np.concatenate([view] * 5) for name, view in indexed.views.items()}
    embedder = Embedder.of(indexed.shipped)
    together = indexed.index.embed(embedder.activations(views))
    assert len(together) > 64  # more than one batch
    for row in (0, 1, len(together) - 1):
        one = {name: view[row : row + 1] for name, view in views.items()}
        alone = indexed.index.embed(embedder.activations(one))
        np.testing.assert_allclose(alone[0], together[row], atol=1e-4)


def test_the_activations_are_the_inputs_of_the_output_layer(indexed: Indexed) -> None:
    network = indexed.shipped.load_network()
    head = next(m for name, m in network.named_modules() if name.endswith("logit"))
    (activations,) = Embedder.of(indexed.shipped).activations(indexed.views)
    weight, bias = (parameter.detach().numpy() for parameter in head.parameters())
    views = {name: torch.tensor(view) for name, view in indexed.views.items()}
    with torch.inference_mode():
        logits = network(Batch(views, None, torch.zeros(len(indexed.store))))
    np.testing.assert_allclose(activations @ weight[0] + bias, logits, atol=1e-4)


def test_the_index_can_be_made_again(indexed: Indexed, copied: Path) -> None:
    before = [path.read_bytes() for path in index_paths(copied)]
    for path in index_paths(copied):
        path.unlink()
    shipped = load_shipped("pretrained", copied.parent)
    dispositions = [DISPOSITIONS[row % 3] for row in range(len(indexed.store))]
    pack_neighbours(shipped, indexed.store, "simulated stars", dispositions, components=4)
    assert [path.read_bytes() for path in index_paths(copied)] == before
    assert set(index_paths(copied)) <= set(shipped.files)
    assert shipped_names(copied.parent) == ["pretrained"]


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def replaced(path: Path) -> None:
    path.write_text(path.read_text().replace('"events": ', '"events": 1'))


DAMAGES: list[tuple[int, Callable[[Path], object], str]] = [
    (0, truncated, r"\.safetensors differs from the file that .*\.json describes \(SHA-256"),
    (0, Path.unlink, r"\.safetensors cannot be read \(No such file"),
    (1, truncated, r"\.json is corrupt, or from another version of astronet"),
    (1, Path.unlink, r"\.json is missing; reinstall astronet"),
    (1, replaced, r"\.safetensors does not contain the index that .*\.json describes"),
]


@pytest.mark.parametrize(("file", "damage", "message"), DAMAGES)
def test_a_damaged_index_is_an_error_of_one_line(
    indexed: Indexed,
    copied: Path,
    file: int,
    damage: Callable[[Path], object],
    message: str,
) -> None:
    path = index_paths(copied)[file]
    if damage is truncated and file == 1:
        path.write_text(path.read_text().rstrip()[:-1])
    else:
        damage(path)
    with pytest.raises(RunError, match=message) as caught:
        NeighbourIndex.load(copied, indexed.shipped.digest)
    assert "\n" not in str(caught.value) and "reinstall astronet" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("label", lambda values: values + 100),
        ("disposition", lambda values: values.astype(np.int8) - 5),
        ("number", lambda values: np.stack([values, values], axis=1)),
        ("star", lambda values: values.astype(np.float64)),
        ("period_days", lambda values: values[:-1]),
        ("local", lambda values: values[:, :-1]),
        ("embedding", lambda values: values[:, 0]),
        ("nearest", lambda values: values[np.newaxis]),
        ("axes", lambda values: values.T),
    ],
)
def test_arrays_that_do_not_fit_the_description_are_an_error(
    indexed: Indexed, copied: Path, name: str, change: Callable[[Any], Any]
) -> None:
    content, described = index_paths(copied)
    arrays = load_arrays(content.read_bytes())
    content.write_bytes(save_arrays(arrays | {name: np.ascontiguousarray(change(arrays[name]))}))
    known = json.loads(described.read_text()) | {"sha256": sha256_of(content)}
    described.write_text(json.dumps(known))
    with pytest.raises(RunError, match=r"does not contain the index that .*\.json describes"):
        NeighbourIndex.load(copied, indexed.shipped.digest)


def test_an_index_of_other_networks_is_an_error(copied: Path) -> None:
    with pytest.raises(RunError, match="the index was made with other networks"):
        NeighbourIndex.load(copied, "0" * 64)


def test_runs_and_weights_without_an_index_say_so(indexed: Indexed, copied: Path) -> None:
    run = Run.load(Path(indexed.store.path).parent / "run")
    alone = NeighbourFinder.of([run])
    assert alone.reason == f"There is no index of labelled events for {run.name}."
    for path in index_paths(copied):
        path.unlink()
    weights = NeighbourFinder.of([load_shipped("pretrained", copied.parent)])
    assert weights.reason == "There is no index of labelled events for pretrained."
    for finder in (alone, weights):
        found = find(finder, indexed)
        assert len(found) == len(indexed.store)
        assert {(one.neighbours, one.itself, one.summary) for one in found} == {
            ((), None, finder.reason)
        }


def test_events_without_views_have_a_reason(indexed: Indexed, finder: NeighbourFinder) -> None:
    views = {name: view[:3].copy() for name, view in indexed.views.items()}
    for view in views.values():
        view[2] = np.nan
    events = indexed.store.index[:3]
    given = ViewsOfEvents(views, missing=np.array([False, True, False]))
    good, missing, empty = finder.find(given, events, "kepler")
    assert good.neighbours and not good.reason
    for bad in (missing, empty):
        assert (bad.neighbours, bad.reason) == ((), "The event has no views.")
    none = ViewsOfEvents({name: view[:0] for name, view in views.items()})
    assert finder.find(none, events[:0], "kepler") == []
    (one,) = finder.find(ViewsOfEvents({"local": views["local"][:1]}), events[:1], "kepler")
    assert one.reason == "The view 'global', which the embedding needs, is missing."


def test_coarse_views_have_no_neighbours(indexed: Indexed, finder: NeighbourFinder) -> None:
    views = {name: view[:2].copy() for name, view in indexed.views.items()}
    views["global"][0] = np.repeat(views["global"][0][::10], 10)[:2001]
    coarse, fine = finder.find(ViewsOfEvents(views), indexed.store.index[:2], "kepler")
    assert coarse.neighbours == () and coarse.reason.startswith("The views are too coarse")
    assert fine.neighbours


def test_percentiles_are_those_of_the_held_out_events(indexed: Indexed) -> None:
    known = indexed.index
    examples = Examples(indexed.store, indexed.shipped.experiment.data)
    rows = indexed.rows()["row"].to_numpy()
    fresh = np.flatnonzero(examples.without_training_events(rows))
    nearest = nearest_of_other_stars(known.embedding, known.arrays["star"], fresh)
    assert known.description.held_out == len(fresh) > 2
    assert np.median(nearest) == pytest.approx(1, rel=0.01)
    assert known.percentile(float(np.median(nearest))) == pytest.approx(50, abs=0.5)
    assert known.percentile(nearest.min() / 2) == 0
    assert known.percentile(2 * nearest.max()) == 100


@pytest.mark.parametrize(
    ("percentile", "summary"),
    [
        (40.0, "1 of the 2 nearest labelled events is a planet."),
        (
            95.0,
            "Few labelled events are similar: the distance of the nearest one is larger than for",
        ),
        (
            99.4,
            "No labelled event is similar: the distance of the nearest one is larger than for 99.4",
        ),
        (
            100.0,
            "No labelled event is similar: the distance of the nearest one is larger than for 99.9",
        ),
        (float("nan"), "1 of the 2 nearest labelled events is a planet."),
    ],
)
def test_the_summary_says_how_similar_the_events_are(percentile: float, summary: str) -> None:
    view = np.zeros(64, np.float32)
    events = [
        Neighbour(1, 1, "", planet, "", 3.0, 0.1, 1.0, view, view) for planet in (True, False)
    ]
    assert SimilarEvents(tuple(events), percentile).summary.startswith(summary)


def test_the_projection_gives_networks_equal_weights() -> None:
    """Scaling the activations of one network does not change distances."""
    random = np.random.default_rng(0)
    one, two = (random.normal(size=(50, units)).astype(np.float32) for units in (4, 6))
    plain = project([one, two], *fit_projection([one, two], 3))
    scaled = project([100 * one, two], *fit_projection([100 * one, two], 3))
    assert plain.shape == (50, 3)
    np.testing.assert_allclose(scaled, plain, atol=1e-4)


def test_components_without_variance_are_left_out() -> None:
    values = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    embedded = project([np.hstack([values, values])], *fit_projection([np.hstack([values] * 2)], 4))
    assert embedded.shape == (50, 2)


def test_weights_that_use_other_networks_have_no_index_of_their_own(indexed: Indexed) -> None:
    with pytest.raises(RunError, match="pretrained-star uses networks of other weights; make the"):
        pack_neighbours(load_shipped("pretrained-star"), indexed.store, "simulated stars")


@pytest.mark.parametrize("name", shipped_names())
def test_all_shipped_weights_find_the_events_of_dr24(name: str) -> None:
    shipped = load_shipped(name)
    finder = NeighbourFinder.of([shipped])
    assert finder.index is not None
    about = finder.index.description
    assert (about.events, about.held_out, about.catalog) == (14163, 681, "KIC")
    assert about.labels == ("AFP", "NTP", "PC") and about.planets == ("PC",)
    assert about.store_sha256 == shipped.description.trained_on.store_sha256
    assert FOLDER / "pretrained.neighbours.safetensors" in shipped.files
    assert np.bincount(finder.index.arrays["label"]).tolist() == [8626, 2297, 3240]


def test_the_index_is_small() -> None:
    path, _ = index_paths(FOLDER / "pretrained.neighbours")
    assert path.stat().st_size < 4_000_000
