"""What the package ships: weights that load, cards that say what the weights' own figures are."""

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


def test_both_families_are_shipped() -> None:
    assert shipped_names() == sorted(NAMES)


def test_the_files_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.glob("*.safetensors")]
    assert max(sizes) <= 10 * MEGABYTE
    assert sum(sizes) <= 25 * MEGABYTE


@each
def test_they_have_a_fifth_of_astronets_parameters_at_most(name: str) -> None:
    astronets = count_parameters(AstroNetSpec().build({"global": 2001, "local": 201}))
    assert count_parameters(load_shipped(name).load_network()) <= astronets / 5


@each
def test_a_card_tells_the_weights_own_figures(name: str) -> None:
    card = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    metrics = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["metrics"]
    row = next(line for line in card.splitlines() if line.startswith("| average precision"))
    told = [float(number) for number in re.findall(r"\d\.\d{4}", row)]
    assert told == [
        round(value, 4)
        for part in metrics.values()
        for value in (part["average_precision"], *part["intervals"]["average_precision"])
    ]


@each
def test_they_score_a_star_of_their_own_views(name: str) -> None:
    scorer = astronet.load(name)
    views = {
        view: np.zeros((2, spec.bins), np.float32) for view, spec in scorer.experiment.views.items()
    }
    scores = scorer.score_views(views)
    assert ((scores > 0) & (scores < 1)).all()
