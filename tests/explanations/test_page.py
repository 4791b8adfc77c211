import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from explaining import SMALL, event

import astronet
from astronet.explanations.event import Event
from astronet.explanations.findings import find, fraction_inside, steps
from astronet.explanations.model import Model
from astronet.explanations.page import Subject, write
from astronet.explanations.secondary import Sibling, secondary_remark
from astronet.models import AstroNetSpec
from astronet.models.columns import ColumnSpec

SUBJECT = Subject(("a network",), "astronet", False, "", "", {})


def page_of(one: Event, folder: Path, siblings: Sequence[Sibling] = ()) -> str:
    """Write the page of an AstroNet with random weights, and return its text."""
    columns = {name: ColumnSpec(blocks=1, filters=2, pool=3) for name in one.specs}
    bins = {name: spec.bins for name, spec in one.specs.items()}
    network = AstroNetSpec(columns=columns, hidden_layers=0).build(bins).eval()
    done = []
    found = find(Model(network, torch.device("cpu")), one, [], done.append)
    assert sum(done) == steps(one)
    subject = replace(SUBJECT, siblings=siblings)
    return write(folder, found, subject, done.append).read_text(encoding="utf-8")


def test_network_with_only_a_local_view_has_a_page(tmp_path):
    text = page_of(event({"local": SMALL["local"]}), tmp_path)
    assert "not available: the network reads no global view" in text
    assert {path.name for path in tmp_path.iterdir()} == {"explain.html", "explain.png"}


def test_event_with_an_empty_view_has_a_page(tmp_path):
    one = event({"global": SMALL["global"]})
    empty = one.with_view("global", np.zeros(201))
    text = " ".join(page_of(empty, tmp_path).split())
    assert "not available: no bin is below the median" in text
    assert not re.search(r"\bnan\b", text.partition('<script type="text/plain"')[0])


def test_page_names_the_other_event_at_the_secondary(tmp_path):
    one = event({"global": SMALL["global"]}, secondary=0.004)
    other = astronet.Ephemeris(10.0, 8.0, 0.25)
    text = unescape(" ".join(page_of(one, tmp_path, [Sibling(2, other)]).split()))
    remark = secondary_remark(one, [Sibling(2, other)])
    assert "event 2 of the star (period 10 d)" in remark
    assert text.count(remark) == 2  # in the conclusion and beside the scores


def test_view_name_cannot_escape_the_folder(tmp_path):
    one = event({"../../up": SMALL["global"]})
    page_of(one, tmp_path / "page")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page"]
    assert len(list((tmp_path / "page").iterdir())) == 2


@pytest.mark.parametrize(
    ("values", "fraction"), [([1, -3, 0, 4], 0.375), ([0, 0, 0, 5], 0), ([0, 0, 0, 0], np.nan)]
)
def test_fraction_inside_by_hand(values, fraction):
    inside = np.array([False, True, True, False])
    found = fraction_inside(np.array(values, float), inside)
    assert found == pytest.approx(fraction, nan_ok=True)
