"""Shipped weights: they load, they are small, and their cards agree with their metrics."""

import json
import re

import numpy as np
import pytest

import astronet
from astronet.models import AstroNetSpec, count_parameters
from astronet.runs.shipped import FOLDER, load_shipped, shipped_names

MEGABYTE = 1_000_000
NAMES = ("pretrained", "pretrained-scalars")
each = pytest.mark.parametrize("name", NAMES)


def test_both_names_are_shipped() -> None:
    assert shipped_names() == sorted(NAMES)


def test_the_files_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.glob("*.safetensors")]
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
    row = next(line for line in card.splitlines() if line.startswith("| average precision"))
    printed = [float(number) for number in re.findall(r"\d\.\d{4}", row)]
    assert printed == [
        round(value, 4)
        for part in metrics.values()
        for value in (part["average_precision"], *part["intervals"]["average_precision"])
    ]


@each
def test_views_of_the_required_sizes_are_scored(name: str) -> None:
    scorer = astronet.load(name)
    views = {
        view: np.zeros((2, spec.bins), np.float32) for view, spec in scorer.experiment.views.items()
    }
    scores = scorer.score_views(views)
    assert ((scores > 0) & (scores < 1)).all()
