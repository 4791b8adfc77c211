"""Worker processes load neither torch nor pandas, whatever the process that starts them loaded."""

from pathlib import Path

import pytest

from astronet.execution.engine import run_stars
from astronet.execution.processes import Processes

PROBE = """
import sys
from astronet.missions import MISSIONS
from astronet.simulate import simulate
from astronet.stars.folds import fold_candidates
from astronet.stars.search import search_star
from astronet.stars.views import prepare_events

LOADED = MISSIONS["kepler"].SPEC, prepare_events, simulate, search_star, fold_candidates


def heavy(star):
    return sorted({"torch", "lightning", "matplotlib", "sklearn", "pandas"} & set(sys.modules))
"""


def test_a_worker_process_loads_no_heavy_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch  # noqa: F401  # loaded here, so that it could be inherited

    (tmp_path / "worker_probe.py").write_text(PROBE)
    monkeypatch.syspath_prepend(tmp_path)
    from worker_probe import heavy  # type: ignore[import-not-found]

    assert list(run_stars(heavy, range(12), Processes(2))) == [[]] * 12
