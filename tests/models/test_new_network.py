"""Adding a network takes one new file and one line in the union."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from samples import REPOSITORY, SmallRun

from astronet.models import NETWORKS

LAST = list(NETWORKS.values())[-1].__name__
"""Name of the last class in the union."""

THIN = '''
"""Network with one convolution per view."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from astronet.dataset.scalars import AnyScalar
from astronet.models.batches import Batch
from astronet.models.convolutional import ConvolutionalColumn, ConvolutionalNetwork
from astronet.models.layers import SETTINGS, Logit, RowMaximum, joined, read_views
from astronet.models.scaling import Scaling


class ThinColumnSpec(BaseModel):
    """Settings of a column."""

    model_config = SETTINGS

    channels: int = 3
    """Number of channels."""

    def build(self, length: int, view: str) -> "ThinColumn":
        """Return a randomly initialised column."""
        return ThinColumn(self)


class ThinSpec(BaseModel):
    """Settings of the network."""

    model_config = SETTINGS
    convolutional: ClassVar[bool] = True

    kind: Literal["thin"] = "thin"
    """Kind of network."""
    columns: dict[str, ThinColumnSpec] = {"global": ThinColumnSpec(), "local": ThinColumnSpec()}
    """Settings of each view's column."""
    scalars: tuple[AnyScalar, ...] = ("log_period",)
    """Catalogue scalars."""

    def build(self, views: Mapping[str, int]) -> "Thin":
        """Return a randomly initialised network."""
        return Thin(self, views)


class ThinColumn(ConvolutionalColumn):
    """Convolution with batch normalisation, and the maximum of each channel."""

    def __init__(self, spec: ThinColumnSpec) -> None:
        super().__init__()
        convolution = nn.Conv2d(1, spec.channels, (1, 9), padding=(0, 4))
        norm = nn.BatchNorm2d(spec.channels)
        self.blocks = nn.Sequential(
            nn.Sequential(convolution, norm, nn.ReLU(), RowMaximum(3, 2))
        )
        self.out_features = spec.channels

    def forward(self, view: Tensor) -> Tensor:
        """Return features [b, channels]."""
        features: Tensor = self.blocks(view[:, None, None, :]).amax((2, 3))
        return features


class Thin(ConvolutionalNetwork):
    """Network defined by a ThinSpec."""

    def __init__(self, spec: ThinSpec, views: Mapping[str, int]) -> None:
        super().__init__(views, spec.columns)
        self.catalogue = Scaling(len(spec.scalars))
        self.logit = Logit(self.column_features + self.catalogue.out_features)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits [b]."""
        features = joined(self.columns, read_views(batch, self.views))
        assert batch.scalars is not None
        logits: Tensor = self.logit(torch.cat([features, self.catalogue(batch.scalars)], 1))
        return logits
'''

USE = """
import sys
from pathlib import Path

import numpy as np

import astronet
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError
from astronet.explain import explain_row
from astronet.train import train

folder, config, linear = (Path(word) for word in sys.argv[1:])
assert Path(astronet.__file__).is_relative_to(folder)
network = "network={kind: thin, columns: {global: {channels: 4}, local: {}}}"
settings = [network, "training.epochs=1"]
try:
    load_config(config, [network.replace("channels", "chanels")])
except ConfigError as error:
    assert "network.columns.global.chanels; did you mean channels?" in str(error), error
experiment = load_config(config, settings)
run = train(experiment, folder / "run", quiet=True).path

scorer, store = astronet.load(run), ViewStore.open(experiment.store)
assert scorer.network.networks[0].catalogue.deviation.item() > 0
assert not any("BatchNorm" in type(module).__name__ for module in scorer.batched.network.modules())
assert np.isfinite(scorer.score_store(store)).all()

found = explain_row(astronet.load(run), store, 0, out=folder / "page", quiet=True).findings
(columns,) = found.columns
assert {name: [m.block for m in maps] for name, maps in columns.maps.items()} == {
    "global": ["block 1"],
    "local": ["block 1"],
}
assert [layer.kind for layer in columns.layers["global"]] == ["convolution", "pooling"]
assert [scalar.name for scalar in found.scalars] == ["log_period"]

linear = train(load_config(config, ["network={kind: linear}", settings[1]]), linear, quiet=True)
try:
    explain_row(astronet.load(linear.path), store, 0)
except astronet.errors.RunError as error:
    print(error)
"""


def test_network_is_added_by_one_file_and_one_line_in_the_union(
    small_run: SmallRun, tmp_path: Path
) -> None:
    copy = tmp_path / "astronet"
    shutil.copytree(
        REPOSITORY / "astronet", copy, ignore=shutil.ignore_patterns("__pycache__", "weights")
    )
    (copy / "models" / "thin.py").write_text(THIN)
    union = copy / "models" / "__init__.py"
    text = union.read_text(encoding="utf-8")
    text, count = re.subn(rf"\| {LAST}\b", f"| {LAST} | ThinSpec", text)
    assert count == 1
    before = "from astronet.models.specs import"
    text = text.replace(before, f"from astronet.models.thin import ThinSpec\n{before}")
    union.write_text(text, encoding="utf-8")

    script = tmp_path / "use.py"
    script.write_text(USE)
    done = subprocess.run(
        [sys.executable, script, tmp_path, small_run.config, tmp_path / "linear"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    kinds = ", ".join(kind for kind, spec in NETWORKS.items() if spec.convolutional)
    assert done.stdout.strip().endswith(
        "a network of kind linear has no convolutions to explain; use a run with a network of "
        f"kind {kinds} or thin, or the shipped weights `pretrained`"
    )


def test_laws_fail_for_a_network_without_a_small_spec(tmp_path: Path) -> None:
    """Add a kind to `NETWORKS` in a pytest plugin, before the tests are collected."""
    plugin = tmp_path / "another_kind.py"
    plugin.write_text(
        "from astronet import models\nmodels.NETWORKS['thin'] = models.NETWORKS['linear']\n"
    )
    path = os.pathsep.join([str(tmp_path), str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "another_kind", "-p", "no:cacheprovider"),
            *("-k", "finite and thin", "tests/models/test_laws.py"),
        ],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    assert "the network 'thin' has no small spec in SMALL; add one" in done.stdout
