"""Who is compared in `benchmarks.quality`: each with its settings, in the order of the table."""

from dataclasses import replace

from astronet.dataset.scalars import SCALARS
from benchmarks.folds import Rival
from benchmarks.learners import Committee, Network, Taught, Trees

MEMBERS = 3
"""How many of a network are trained at most."""

_ON_DR24 = (
    "views={global: {bins: 2001}, rebinned_local: "
    "{bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001}}"
)


_VIEWS = ("global", "rebinned_local")
_LONG = ("optimization.learning_rate=1e-4", "training.epochs=8")
"""As long as the store's own baseline: a step of 1e-4, 8 epochs."""

_RESIDUAL = Network("residual", "residual-dr24.yaml", (), MEMBERS)
_WITH_SCALARS = Network("residual and scalars", "residual-scalars-dr24.yaml", (), MEMBERS)
_ASTRONET = Network("AstroNet", "astronet-dr24.yaml", ("training.epochs=8",), MEMBERS)
_TAUGHT = Taught(
    "residual taught by the catalogue",
    "residual-dr24.yaml",
    ("training.epochs=10",),  # softened labels are not learnt by heart as soon as hard ones
    MEMBERS,
    teacher=_WITH_SCALARS,
    weight=0.7,
)
_SLIM = Taught(
    "slim AstroNet taught by the catalogue",
    "slim-dr24.yaml",
    (),
    2,
    teacher=_WITH_SCALARS,
    weight=0.7,
)
_ONE_WAY = replace(
    _TAUGHT,
    name="one-way residual taught by the catalogue",
    overrides=(*_TAUGHT.overrides, "network.both_directions=false"),
    members=2,
)
"""It looks at one direction of time, in half of the time, and is one of the shipped pair."""

RIVALS: tuple[Rival, ...] = (
    Network("linear", "linear.yaml", ("optimization.learning_rate=1e-3", "training.epochs=20")),
    Network("fully connected", "fc.yaml", (
        _ON_DR24, "network.columns={global: {layers: 3, size: 128}, "
        "rebinned_local: {layers: 3, size: 128}}",
        "optimization.learning_rate=1e-3", "training.epochs=8")),
    Network("AstroNet on the global view", "global-only.yaml", (*_LONG, "network.hidden_size=512")),
    Network("AstroNet on the local view", "astronet-dr24.yaml", (
        "views={rebinned_local: {bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001}}",
        "network.columns={rebinned_local: {blocks: 2, pool: 7}}", *_LONG)),
    Trees("trees on views", views=_VIEWS),
    Trees("trees on catalogue scalars", scalars=tuple(SCALARS)),
    Trees("trees on both", views=_VIEWS, scalars=tuple(SCALARS)),
    _ASTRONET,
    _RESIDUAL,
    Taught("residual with softened labels", "residual-dr24.yaml", (), 2, teacher=_RESIDUAL),
    _TAUGHT,
    _SLIM,
    _ONE_WAY,
    Committee("pair of one-way residual and slim AstroNet", (_ONE_WAY, _SLIM), 2),
    Committee("residual taught by the catalogue and AstroNet", (_TAUGHT, _ASTRONET), MEMBERS),
    _WITH_SCALARS,
)  # fmt: skip
