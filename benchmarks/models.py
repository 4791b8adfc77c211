"""Models that `benchmarks.quality` compares, with their settings, in the order of the table."""

from dataclasses import replace

from astronet.dataset.scalars import SCALARS
from benchmarks.folds import Model
from benchmarks.learners import Distilled, Ensemble, Network, Trees

MEMBERS = 3
"""Maximum number of trained members of a network."""

_ON_DR24 = (
    "views={global: {bins: 2001}, rebinned_local: "
    "{bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001}}"
)


_VIEWS = ("global", "rebinned_local")
_LONG = ("optimization.learning_rate=1e-4", "training.epochs=8")
"""Training settings of AstroNet on DR24: a learning rate of 1e-4 and 8 epochs."""

_RESIDUAL = Network("residual", "residual-dr24", (), MEMBERS)
_WITH_SCALARS = Network("residual and scalars", "residual-scalars-dr24", (), MEMBERS)
_ASTRONET = Network("AstroNet", "astronet-dr24", ("training.epochs=8",), MEMBERS)
_DISTILLED = Distilled(
    "residual taught by the catalogue",
    "residual-dr24",
    ("training.epochs=10",),  # soft targets are memorised later than hard labels
    MEMBERS,
    teacher=_WITH_SCALARS,
    weight=0.7,
)
_SLIM = Distilled(
    "slim AstroNet taught by the catalogue",
    "slim-dr24",
    (),
    2,
    teacher=_WITH_SCALARS,
    weight=0.7,
)
_ONE_WAY = replace(
    _DISTILLED,
    name="one-way residual taught by the catalogue",
    overrides=(*_DISTILLED.overrides, "network.both_directions=false"),
    members=2,
)
"""Network that reads one direction of time, at half the cost; one of the shipped pair."""

COARSE = Distilled(
    "network for coarse views",
    "coarse-dr24",
    (),
    1,
    teacher=_WITH_SCALARS,
    weight=0.7,
)
"""Network that is trained on degraded views, which `benchmarks.coarse` evaluates."""

MODELS: tuple[Model, ...] = (
    Network("linear", "linear", ("optimization.learning_rate=1e-3", "training.epochs=20")),
    Network("fully connected", "fc", (
        _ON_DR24, "network.columns={global: {layers: 3, size: 128}, "
        "rebinned_local: {layers: 3, size: 128}}",
        "optimization.learning_rate=1e-3", "training.epochs=8")),
    Network("AstroNet on the global view", "global-only", (*_LONG, "network.hidden_size=512")),
    Network("AstroNet on the local view", "astronet-dr24", (
        "views={rebinned_local: {bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001}}",
        "network.columns={rebinned_local: {blocks: 2, pool: 7}}", *_LONG)),
    Trees("trees on views", views=_VIEWS),
    Trees("trees on catalogue scalars", scalars=tuple(SCALARS)),
    Trees("trees on both", views=_VIEWS, scalars=tuple(SCALARS)),
    _ASTRONET,
    _RESIDUAL,
    Distilled("residual with softened labels", "residual-dr24", (), 2, teacher=_RESIDUAL),
    _DISTILLED,
    _SLIM,
    _ONE_WAY,
    COARSE,
    Ensemble("pair of one-way residual and slim AstroNet", (_ONE_WAY, _SLIM), 2),
    Ensemble("residual taught by the catalogue and AstroNet", (_DISTILLED, _ASTRONET), MEMBERS),
    _WITH_SCALARS,
)  # fmt: skip
