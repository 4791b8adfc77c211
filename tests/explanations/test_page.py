import re
from pathlib import Path

import numpy as np
import pytest
import torch
from explaining import SMALL, event

from astronet.explanations.event import Event
from astronet.explanations.findings import find, inside_share, steps
from astronet.explanations.judge import Judge
from astronet.explanations.page import Subject, write
from astronet.models import AstroNetSpec
from astronet.models.columns import ColumnSpec

SUBJECT = Subject(("a network",), "astronet", False, "", "", {})


def page_of(one: Event, folder: Path) -> str:
    """The page of an AstroNet with random weights that reads the event's views."""
    columns = {name: ColumnSpec(blocks=1, filters=2, pool=3) for name in one.specs}
    bins = {name: spec.bins for name, spec in one.specs.items()}
    network = AstroNetSpec(columns=columns, hidden_layers=0).build(bins).eval()
    done = []
    found = find(Judge(network, torch.device("cpu")), one, [], done.append)
    assert sum(done) == steps(one)
    return write(folder, found, SUBJECT, done.append).read_text(encoding="utf-8")


def test_a_network_that_sees_the_transit_alone_has_a_page(tmp_path):
    text = page_of(event({"local": SMALL["local"]}), tmp_path)
    assert "no view of the whole period, in which to look for it" in text
    assert {path.name for path in tmp_path.glob("*.png")} == {
        *("verdicts.png", "shifts.png", "attribution-local.png"),
        *("maps-local.png", "kernels-local.png", "fields-local.png"),
    }


def test_a_view_without_content_has_a_page(tmp_path):
    one = event({"global": SMALL["global"]})
    flat = one.with_view("global", np.zeros(201))
    text = " ".join(page_of(flat, tmp_path).split())
    assert "nothing lies below the median then" in text
    assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]+", "", text))


def test_a_views_name_cannot_leave_the_folder(tmp_path):
    one = event({"../../up": SMALL["global"]})
    page_of(one, tmp_path / "page")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page"]
    assert (tmp_path / "page" / "maps-______up.png").exists()


@pytest.mark.parametrize(
    ("values", "share"), [([1, -3, 0, 4], 0.375), ([0, 0, 0, 5], 0), ([0, 0, 0, 0], np.nan)]
)
def test_a_share_by_hand(values, share):
    inside = np.array([False, True, True, False])
    found = inside_share(np.array(values, float), inside)
    assert found == pytest.approx(share, nan_ok=True)
