"""Columns of real networks: AstroNet with the paper's settings and the pretrained network."""

from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import astronet
from astronet.convolution.examples import planet
from astronet.convolution.layers import ConvLayer
from astronet.convolution.networks import activations, column_of, conv_layers
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.views import make_views
from astronet.models import AstroNetSpec


class Column(NamedTuple):
    """Column in double precision, its view, and the inputs and outputs of its layers."""

    module: nn.Module
    view: Floats
    layers: list[ConvLayer]
    activations: dict[str, tuple[Floats, Floats]]


@pytest.fixture(scope="session")
def columns() -> dict[str, Column]:
    torch.manual_seed(0)
    pretrained = astronet.load("pretrained")
    specs = pretrained.experiment.views | {"local": astronet.LOCAL}
    views = make_views(*planet(), specs)
    astronets = AstroNetSpec().build({"global": 2001, "local": 201})
    for layer in astronets.modules():
        if isinstance(layer, nn.Conv2d):
            # Initial biases are zero and would not test anything.
            nn.init.normal_(layer.bias, std=0.1)
    found = {f"AstroNet, {name}": (astronets, name) for name in ("global", "local")}
    found |= {
        f"pretrained, {name}": (pretrained.network, name) for name in pretrained.experiment.views
    }
    made = {}
    for title, (network, name) in found.items():
        column, view = column_of(network, name), views[name].astype(np.float64)
        made[title] = Column(column, view, conv_layers(column), activations(column, view))
    return made


@pytest.fixture(params=["AstroNet, global", "AstroNet, local", "pretrained, global",
                        "pretrained, rebinned_local"])  # fmt: skip
def column(request: pytest.FixtureRequest, columns: dict[str, Column]) -> Column:
    return columns[request.param]


@pytest.fixture
def trained(columns: dict[str, Column]) -> Column:
    return columns["pretrained, global"]
