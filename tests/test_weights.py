"""Shipped weights: they load, they are small, and their cards agree with their metrics."""

import json
import re
from itertools import combinations

import numpy as np
import pytest

import astronet
from astronet.models import AstroNetSpec, count_parameters
from astronet.runs.shipped import FOLDER, load_shipped, shipped_names

MEGABYTE = 1_000_000
NAMES = ("pretrained", "pretrained-full", "pretrained-scalars", "pretrained-star")
each = pytest.mark.parametrize("name", NAMES)


def test_four_families_are_shipped() -> None:
    assert shipped_names() == sorted(NAMES)


def test_the_files_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.iterdir()]
    assert max(sizes) <= 10 * MEGABYTE
    assert sum(sizes) <= 25 * MEGABYTE


@each
def test_there_are_at_most_a_fifth_as_many_parameters_as_in_astronet(name: str) -> None:
    astronet_parameters = count_parameters(AstroNetSpec().build({"global": 2001, "local": 201}))
    assert count_parameters(load_shipped(name).load_network()) <= astronet_parameters / 5


@each
def test_the_card_gives_the_metrics_of_the_weights(name: str) -> None:
    card = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    metrics = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["metrics"]
    rows = [line for line in card.splitlines() if line.startswith("| average precision")]
    printed = [float(number) for row in rows for number in re.findall(r"\d\.\d{4}", row)]
    assert printed == [
        round(value, 4)
        for part in metrics.values()
        for value in (part["average_precision"], *part["intervals"]["average_precision"])
    ]


@each
def test_every_pattern_of_known_inputs_has_trees(name: str) -> None:
    """Without the table, without the other events, without the centroid, and so on."""
    (stack,) = astronet.load(name).stacks
    assert stack is not None and stack.description.thresholds is not None
    for networks in ("networks", "coarse_networks"):
        known = [set(part.groups) for part in stack.trees.parts if networks in part.groups]
        assert {"views", networks} in known
        for one, other in combinations(known, 2):
            assert one & other in known


@each
def test_coarse_views_have_their_own_network(name: str) -> None:
    (stack,) = astronet.load(name).stacks
    assert stack is not None and stack.coarse is not None
    degradation = stack.coarse.experiment.data.degradation
    assert degradation is not None and degradation.probability == 1


def test_weights_share_their_networks_and_trees() -> None:
    full = load_shipped("pretrained-full")
    assert [path.name for path in full.weights] == [
        "pretrained.safetensors",
        "pretrained-scalars.safetensors",
    ]
    assert len(full.experiments) == 3
    assert [path.name for path in load_shipped("pretrained").weights] == ["pretrained.safetensors"]


@each
def test_views_of_the_required_sizes_are_scored(name: str) -> None:
    scorer = astronet.load(name)
    views = {
        view: np.zeros((2, spec.bins), np.float32) for view, spec in scorer.experiment.views.items()
    }
    scores = scorer.score_views(views)
    assert ((scores > 0) & (scores < 1)).all()
