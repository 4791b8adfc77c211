"""Types of the fixtures in conftest.py, and constants and functions for several tests."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from astronet.errors import StoreError

REPOSITORY = Path(__file__).parents[1]


class Archive(NamedTuple):
    """Small archive of simulated stars: folder of FITS files and TCE table."""

    light_curves: Path
    catalog: Path


class SmallRun(NamedTuple):
    """Small network trained on the archive: config file, store and run folder."""

    config: Path
    store: Path
    run: Path


SMALL_CONFIG = """
source: {{catalog: "{archive.catalog}", light_curves: "{archive.light_curves}"}}
store: "{store}"
data: {{split: {{kind: star, fractions: [0.5, 0.25, 0.25], salt: "2"}}}}
network:
  kind: astronet
  columns: {{global: {{blocks: 3, filters: 4}}, local: {{blocks: 2, pool: 7, filters: 4}}}}
  hidden_layers: 1
  hidden_size: 16
  dropout: 0.1
optimization: {{learning_rate: 0.003}}
training: {{epochs: 4, keep: best}}
"""


def error_of(action: Callable[..., Any], *arguments: Any) -> str:
    """Return the message, which must be one line, of the StoreError that a call raises."""
    with pytest.raises(StoreError) as caught:
        action(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def loaded(code: str) -> set[str]:
    """Return the names of all modules in a fresh interpreter after running the code."""
    program = f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@contextmanager
def interrupted_in_epoch(epoch: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Interrupt trainings at the end of an epoch (the first is 1), before it is saved."""
    from astronet.training.callbacks import Checkpoints

    save = Checkpoints.on_train_epoch_end

    def stop(self: Checkpoints, trainer: Any, module: Any) -> None:
        if trainer.current_epoch == epoch - 1:
            raise KeyboardInterrupt
        save(self, trainer, module)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "on_train_epoch_end", stop)
        yield


def pixels(figure: Any) -> tuple[int, int, int]:
    """Return the width and height [pixels] of a figure at 100 dpi, and its size as PNG [bytes]."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    content = buffer.getvalue()
    width, height = (int.from_bytes(content[k : k + 4], "big") for k in (16, 20))
    return width, height, len(content)
