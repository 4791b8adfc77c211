"""The columns of real networks: AstroNet as the paper has it, and the shipped, trained one."""

from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import astronet
from astronet.convolution.examples import planet
from astronet.convolution.layers import ConvLayer
from astronet.convolution.networks import column_of, conv_layers, passed
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.views import make_views
from astronet.models import AstroNetSpec


class Column(NamedTuple):
    """A column in double precision, what it reads, and what passes through its layers."""

    module: nn.Module
    view: Floats
    layers: list[ConvLayer]
    passed: dict[str, tuple[Floats, Floats]]


@pytest.fixture(scope="session")
def columns() -> dict[str, Column]:
    torch.manual_seed(0)
    shipped = astronet.load("pretrained")
    specs = shipped.experiment.views | {"local": astronet.LOCAL}
    views = make_views(*planet(), specs)
    astronets = AstroNetSpec().build({"global": 2001, "local": 201})
    for layer in astronets.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.bias, std=0.1)  # fresh ones are zero, and would prove nothing
    found = {f"AstroNet, {name}": (astronets, name) for name in ("global", "local")}
    found |= {f"pretrained, {name}": (shipped.network, name) for name in shipped.experiment.views}
    made = {}
    for title, (network, name) in found.items():
        column, view = column_of(network, name), views[name].astype(np.float64)
        made[title] = Column(column, view, conv_layers(column), passed(column, view))
    return made


@pytest.fixture(params=["AstroNet, global", "AstroNet, local", "pretrained, global",
                        "pretrained, rebinned_local"])  # fmt: skip
def column(request: pytest.FixtureRequest, columns: dict[str, Column]) -> Column:
    return columns[request.param]


@pytest.fixture
def trained(columns: dict[str, Column]) -> Column:
    return columns["pretrained, global"]
