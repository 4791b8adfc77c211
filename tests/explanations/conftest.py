"""Networks to be explained: the shipped weights, and a small network with random weights."""

import pytest
import torch
from explaining import SMALL

import astronet
from astronet.explanations.model import Model
from astronet.models import AstroNetSpec
from astronet.models.columns import ColumnSpec


@pytest.fixture(scope="package")
def model():
    """Shipped weights `pretrained`."""
    scorer = astronet.load("pretrained")
    return Model(scorer.network, scorer.device)


@pytest.fixture
def small_model():
    """AstroNet with random weights for a global and a local view with few bins."""
    torch.manual_seed(0)
    columns = {name: ColumnSpec(blocks=2, filters=4, pool=3) for name in SMALL}
    bins = {name: spec.bins for name, spec in SMALL.items()}
    network = AstroNetSpec(columns=columns, hidden_layers=1, hidden_size=8).build(bins)
    return Model(network.eval(), torch.device("cpu"))
