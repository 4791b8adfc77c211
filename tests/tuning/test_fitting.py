"""Search spaces and configs: which fit, and settings that are fixed on the command line."""

import logging

import pytest
from samples import REPOSITORY

from astronet.config import load_config
from astronet.errors import ConfigError
from astronet.files.configs import shipped_names
from astronet.tuning.fitting import (
    fitting_spaces,
    settings_of,
    without_early_stopping,
    without_fixed,
)
from astronet.tuning.space import Choices, Range, load_space

SPACE = {
    "optimization.learning_rate": Range(low=1e-4, high=1e-2, log=True),
    "network.dropout": Range(low=0.0, high=0.5),
    "network.columns.global.channels": Choices(choices=([4], [8])),
}

FITTING = {
    "residual": [
        *("coarse-dr24", "residual-dr24", "residual-dr25-statistics", "residual-scalars-dr24"),
    ],
    "astronet": [
        *("astronet", "astronet-dr24", "demo", "fc", "global-only", "local-only", "slim-dr24"),
        "tess",
    ],
    "optimization": shipped_names(),
}
"""Configs in the package that fit each search space in the package."""

OUTSIDE = [("residual", "coarse-dr24")]
"""Spaces that do not contain the settings of the config: a larger stride and other channels."""


def test_every_space_in_the_package_fits_a_config() -> None:
    assert set(FITTING) == set(shipped_names("tune"))


@pytest.mark.parametrize("config", shipped_names())
@pytest.mark.parametrize("space", FITTING)
def test_space_fits_or_the_error_names_those_that_do(space: str, config: str) -> None:
    experiment = load_config(config)
    if config in FITTING[space]:
        checked = without_early_stopping(experiment, load_space(space))
        assert checked.training.keep == "last"
        first_trial = settings_of(experiment, load_space(space))
        assert (first_trial is None) is ((space, config) in OUTSIDE)
    else:
        with pytest.raises(ConfigError) as caught:
            without_early_stopping(experiment, load_space(space))
        fitting = [name for name in sorted(FITTING) if config in FITTING[name]]
        assert fitting == fitting_spaces(experiment)
        assert str(caught.value).startswith(
            (
                "search space: unknown key network.",
                "search space: network.columns.global.stem_stride cannot be tuned because the "
                "config has no network.columns; choose keys of the config",
                "search space: network.columns.global.stem_stride cannot be tuned because the "
                "config has no network.columns.global; choose keys of the config",
            )
        )
        assert str(caught.value).endswith(
            "; or use a search space of the package that fits this config: " + " or ".join(fitting)
        )
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("space", FITTING)
def test_comment_of_a_space_names_its_configs(space: str) -> None:
    text = (REPOSITORY / "configs/tune" / f"{space}.yaml").read_text()
    comment = text[: text.index("astronet tune")].replace("\n# ", " ")
    if space == "optimization":
        assert "fits every config" in comment
    else:
        assert all(name in comment for name in FITTING[space])


@pytest.mark.parametrize(
    ("override", "fixed"),
    [
        ("optimization.learning_rate=1e-3", ["optimization.learning_rate"]),
        ("network.columns.global.channels=[16]", ["network.columns.global.channels"]),
        ("network={kind: linear}", ["network.dropout", "network.columns.global.channels"]),
        ("network.columns.global={channels: [4]}", ["network.columns.global.channels"]),
        ("network.columns.global.channels.0=4", ["network.columns.global.channels"]),
        ("training.epochs=3", []),
        ("network.drop=3", []),
    ],
)
def test_overrides_take_precedence_over_the_space(
    override: str, fixed: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "astronet"):
        left = without_fixed(SPACE, [override])
    assert list(left) == [key for key in SPACE if key not in fixed]
    assert caplog.messages == [
        f"{key} is not tuned, because it is fixed by {override}" for key in fixed
    ]


def test_space_without_a_free_key_is_rejected() -> None:
    with pytest.raises(ConfigError) as caught:
        without_fixed(SPACE, ["optimization={}", "network.columns.global={}", "network.dropout=0"])
    assert str(caught.value) == (
        "nothing is left to tune, because every key of the search space "
        "(optimization.learning_rate, network.dropout, network.columns.global.channels) is fixed "
        "by optimization={}, network.columns.global={}, network.dropout=0; leave out at least one "
        "of these settings, or use another search space"
    )


def test_value_outside_the_space_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    experiment = load_config("residual-dr24", ["optimization.learning_rate=0.1"])
    with caplog.at_level(logging.INFO, "astronet"):
        assert settings_of(experiment, load_space("residual")) is None
    assert caplog.messages == [
        "the first trial does not have the settings of the config, because these are outside the "
        "search space: optimization.learning_rate=0.1"
    ]
