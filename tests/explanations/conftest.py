"""Networks to be explained: the shipped one, and a small one with random weights."""

import pytest
import torch
from explaining import SMALL

import astronet
from astronet.explanations.judge import Judge
from astronet.models import AstroNetSpec
from astronet.models.columns import ColumnSpec


@pytest.fixture(scope="package")
def judge():
    """The shipped network."""
    scorer = astronet.load("pretrained")
    return Judge(scorer.network, scorer.device)


@pytest.fixture
def small_judge():
    """An AstroNet with random weights that reads a global and a local view of few bins."""
    torch.manual_seed(0)
    columns = {name: ColumnSpec(blocks=2, filters=4, pool=3) for name in SMALL}
    bins = {name: spec.bins for name, spec in SMALL.items()}
    network = AstroNetSpec(columns=columns, hidden_layers=1, hidden_size=8).build(bins)
    return Judge(network.eval(), torch.device("cpu"))
