"""The demonstration replaces only files of simulated stars."""

from pathlib import Path

import pytest

from astronet.config import load_config
from astronet.demo import demo
from astronet.errors import ConfigError


def test_config_of_real_stars_is_rejected(tmp_path: Path) -> None:
    store = tmp_path / "dr24"
    store.mkdir()
    (store / "views.npy").write_text("real")
    experiment = load_config("astronet-dr24", [f"store={store}"])
    with pytest.raises(
        ConfigError, match="not for simulated stars .* would write the store .*/dr24;"
    ):
        demo(experiment, 60, tmp_path / "run")
    assert (store / "views.npy").read_text() == "real"
    assert not (tmp_path / "run").exists()
