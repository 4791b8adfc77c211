"""Training on two devices, with the command line: equal to training on one device."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from samples import REPOSITORY
from simulated_views import store_of_transits

from astronet import ViewStore
from astronet.runs.loading import load

pytestmark = pytest.mark.slow

NETWORKS = {
    "astronet": ["network.kind=astronet"],
    "fully_connected": ["network.kind=fully_connected", "network.hidden_layers=1"],
    "linear": ["network.kind=linear"],
}
OVERRIDES = ["data.batch_size=16", "training.precision=float32", "trainer.accelerator=cpu"]
TWO = "trainer.devices=2"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Config of a store with 101 training events, whose last batch has 5 events."""
    folder = tmp_path_factory.mktemp("devices")
    store = store_of_transits(folder / "store", events=101, validated=33)
    path = folder / "config.yaml"
    path.write_text(
        f"store: {store.path}\n"
        "views: {global: {bins: 2001}, local: {bins: 201, durations: 4, bin_width: 0.16, "
        "rebinned_from: 2001}}\n"
        "data: {split: {kind: official}}\n"
    )
    return path


def start(config: Path, run: Path, *overrides: str, resume: bool = False) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "astronet", "train", "--config", str(config), "--run", str(run)]
    words += [*OVERRIDES, *overrides, *(["--resume"] if resume else [])]
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=run.parent,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
    )


def train(config: Path, run: Path, *overrides: str, resume: bool = False) -> tuple[str, str]:
    """Return the lines of standard output and standard error of a training."""
    process = start(config, run, *overrides, resume=resume)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out, err


def weights(run: Path) -> torch.Tensor:
    content = torch.load(run / "best.ckpt", weights_only=True)["state_dict"]
    return torch.cat([one.flatten().float() for one in content.values()])


def history(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "metrics.csv").drop(columns="seconds")


@pytest.mark.parametrize("network", NETWORKS)
def test_two_devices_train_the_network_of_one(config: Path, tmp_path: Path, network: str) -> None:
    overrides = ["training.epochs=1", *NETWORKS[network]]
    one, two = tmp_path / "one", tmp_path / "two"
    train(config, one, *overrides)
    out, err = train(config, two, *overrides, TWO)
    assert (weights(one) - weights(two)).abs().max() < 1e-5
    scores = [load(run).score_store(ViewStore.open(config.parent / "store")) for run in (one, two)]
    assert np.abs(scores[0] - scores[1]).max() < 1e-5
    assert np.allclose(history(one), history(two), atol=1e-5)
    assert {p.name for p in two.iterdir()} == {p.name for p in one.iterdir()}
    assert "on 2 devices (cpu); kept the weights of epoch 1" in out
    assert err.count("epoch 1: loss") == 1
    assert all(line.startswith(("epoch 1:", "training")) for line in err.splitlines()), err


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 200
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the process numbers of the processes that train the network."""
    folder = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not folder.exists():
        pytest.skip("the numbers of child processes are read from /proc")
    numbers = [int(one) for one in folder.read_text().split()]
    return [one for one in numbers if "spawn_main" in Path(f"/proc/{one}/cmdline").read_text()]


def running(number: int) -> bool:
    status = Path(f"/proc/{number}/stat")
    return status.exists() and status.read_text().split()[2] != "Z"


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        ("kill", "process 2 of 2 was killed by SIGKILL (probably out of memory) in epoch "),
        ("interrupt", "training was interrupted in epoch "),
    ],
)
def test_stopped_and_resumed_equals_uninterrupted(
    config: Path, tmp_path: Path, stop: str, message: str
) -> None:
    overrides = [TWO, "training.epochs=30", *NETWORKS["fully_connected"]]
    process = start(config, tmp_path / "run", *overrides)
    wait_for(tmp_path / "run/last.ckpt")
    children = children_of(process)
    assert len(children) == 2
    if stop == "kill":
        os.kill(children[1], signal.SIGKILL)
    else:
        os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    last = err.splitlines()[-1]
    assert last.startswith(f"error: {message}")
    assert last.endswith("--resume`")
    assert "Traceback" not in err
    assert not any(running(child) for child in children)
    assert 0 < len(history(tmp_path / "run")) < 30
    train(config, tmp_path / "run", *overrides, resume=True)
    train(config, tmp_path / "whole", *overrides)
    assert torch.equal(weights(tmp_path / "run"), weights(tmp_path / "whole"))
    assert history(tmp_path / "run").equals(history(tmp_path / "whole"))


def test_early_stopping_ends_all_processes(config: Path, tmp_path: Path) -> None:
    overrides = ["training.epochs=40", "training.patience=1", "optimization.learning_rate=1e-9"]
    train(config, tmp_path / "run", TWO, *overrides, *NETWORKS["linear"])
    assert len(history(tmp_path / "run")) < 40
