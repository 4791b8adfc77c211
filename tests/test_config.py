"""Configs: defaults, overrides, renamed keys, and a one-line message for every mistake."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from samples import REPOSITORY

from astronet.config import Experiment, experiment_from, load_config, parse
from astronet.dataset.splits import StarSplit
from astronet.errors import ConfigError
from astronet.models import count_parameters

CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))
PAPER = REPOSITORY / "configs" / "astronet.yaml"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_every_shipped_config_loads_and_builds_its_network(path: Path) -> None:
    experiment = load_config(path)
    experiment.network.build(experiment.view_bins)


def test_paper_config_equals_the_defaults() -> None:
    assert load_config(PAPER) == Experiment()
    assert yaml.safe_load(PAPER.read_text()) == Experiment().model_dump(mode="json")


def test_defaults_are_those_of_the_paper() -> None:
    experiment = Experiment()
    assert experiment.data.batch_size == 64
    assert experiment.optimization.learning_rate == 1e-5
    assert (experiment.training.epochs, experiment.training.keep) == (50, "last")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("astronet", 9_940_193),
        ("global-only", 19_272_497),
        ("local-only", 1_551_793),
        ("linear", 2_002),
        ("fc", 368_833),
    ],
)
def test_shipped_configs_have_the_documented_number_of_parameters(
    name: str, parameters: int
) -> None:
    experiment = load_config(REPOSITORY / "configs" / f"{name}.yaml")
    assert count_parameters(experiment.network.build(experiment.view_bins)) == parameters


def test_overrides_replace_settings_of_the_file() -> None:
    experiment = load_config(PAPER, ["training.epochs=3", "optimization.learning_rate=1e-4"])
    assert experiment.training.epochs == 3
    assert experiment.optimization.learning_rate == 1e-4


def test_config_is_unchanged_by_a_yaml_round_trip() -> None:
    experiment = load_config(REPOSITORY / "configs" / "astronet-dr24.yaml")
    assert Experiment.model_validate(yaml.safe_load(experiment.as_yaml())) == experiment


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainig.epochs=3", "unknown key trainig; did you mean training?"),
        (
            "network.columns.global.blokcs=3",
            "unknown key network.columns.global.blokcs; did you mean blocks?",
        ),
        (
            "data.split.fractoins=[1, 0, 0]",
            "unknown key data.split.fractoins; did you mean fractions?",
        ),
        (
            "training.epochs=many",
            "training.epochs = 'many': input should be a valid integer, "
            "unable to parse string as an integer",
        ),
        ("training.keep=bst", "training.keep = 'bst': input should be 'last' or 'best'"),
        (
            "views.global.bins=1",
            "views.global.bins = 1: input should be greater than or equal to 2",
        ),
        (
            "network.kind=linaer",
            "network.kind = 'linaer' is unknown; choose one of 'astronet', 'fully_connected', "
            "'linear', "
            "'residual'",
        ),
    ],
)
def test_invalid_setting_is_named(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(PAPER, [override])
    assert str(error.value) == f"{PAPER}: {message}"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "{mission: tes}",
            "source.mission = 'tes' is unknown; choose one of 'kepler', 'tess', 'k2",
        ),
        ("{reader: {fluxx: SAP_FLUX}}", "unknown key source.reader.fluxx; did you mean flux?"),
        (
            "{mission: tess, reader: {prodcts: [qlp]}}",
            "unknown key source.reader.prodcts; did you mean products?",
        ),
        (
            "{mission: k2, reader: {scramble: SCR1}}",
            "unknown key source.reader.scramble; valid keys: cadence, centroid, drop_quality, flux",
        ),
        (
            "{mission: tess, reader: {products: [qpl]}}",
            "source.reader.products.0 = 'qpl': input should be 'spoc', 'fast', 'tess-spoc' or 'ql",
        ),
        ("{mission: custom}", "source.reader.clock is missing; set it to bkjd, btjd or bjd"),
        (
            "{mission: custom, reader: {clock: jd}}",
            "source.reader.clock = 'jd': input should be 'bkjd', 'btjd' or 'bjd'",
        ),
        ("{catalogue: a.csv}", "unknown key source.catalogue; did you mean catalog?"),
    ],
)
def test_each_mission_has_its_own_reader_options(source: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(PAPER, [f"source={source}"])
    assert str(error.value).startswith(f"{PAPER}: {message}")


def test_sources_are_written_in_a_fixed_order_and_read_unchanged() -> None:
    for source in (
        "{}",
        "{mission: k2}",
        "{mission: tess}",
        "{mission: custom, reader: {clock: bjd}}",
    ):
        experiment = load_config(PAPER, [f"source={source}"])
        written = yaml.safe_load(experiment.as_yaml())
        assert list(written["source"]) == ["mission", "catalog", "light_curves", "reader"]
        assert Experiment.model_validate(written) == experiment


def test_columns_that_do_not_match_the_views_are_rejected() -> None:
    with pytest.raises(ConfigError) as error:
        load_config(PAPER, ["views={global: {bins: 2001}}"])
    assert str(error.value) == (
        f"{PAPER}: network.columns has columns for global, local, but the views are global; "
        "use the same names in both sections"
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "training.epochs",
            "'training.epochs' is not of the form key=value; write the name of the setting, an "
            "equals sign and the value",
        ),
        (
            "store.a=1",
            "'store.a' cannot be set because store is a value, not a section; set store itself",
        ),
        ("store=[", "the value in 'store=[' is not valid YAML; correct it, or quote it"),
        ("a=!!int ", "the value in 'a=!!int ' is not valid YAML; correct it, or quote it"),
        ("a=&b [*b]", "the value in 'a=&b [*b]' is not valid YAML; correct it, or quote it"),
    ],
)
def test_invalid_override_is_named(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(PAPER, [override])
    assert str(error.value) == message


def test_file_that_is_not_a_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing.yaml is neither a file nor a shipped config;"):
        load_config(tmp_path / "missing.yaml")
    listing = tmp_path / "list.yaml"
    listing.write_text("- 1\n- 2\n")
    with pytest.raises(ConfigError, match="has no `key: value` pairs; write settings such as"):
        load_config(listing)
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1\n")
    with pytest.raises(ConfigError, match="cannot be read as YAML .*; correct the file"):
        load_config(broken)


@pytest.mark.parametrize(
    "overrides",
    [
        ["source.mission=tess"],
        ["source.mission=k2", "source.reader.cadence=short"],
        ["source.reader.clock=btjd", "source.mission=custom"],
    ],
)
def test_overriding_the_mission_resets_the_reader_options(overrides: list[str]) -> None:
    """Override the mission of a Kepler config, as messages of `catalog show` recommend."""
    source = load_config(PAPER, overrides).source
    assert f"source.mission={source.mission}" in overrides
    assert type(source.reader) is not type(load_config(PAPER).source.reader)


def test_overriding_with_the_same_mission_keeps_the_reader_options(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("source: {reader: {flux: SAP_FLUX}}")
    assert load_config(path, ["source.mission=kepler"]).source.reader.flux == "SAP_FLUX"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"mission": "k2", "reading": {"cadence": "short"}}, {"reader": {"cadence": "short"}}),
        ({"mission": "own", "reading": {"clock": "bjd"}}, {"mission": "custom"}),
        ({"reading": {"flux": "SAP_FLUX"}}, {"mission": "kepler"}),
    ],
)
def test_renamed_keys_of_older_configs_are_read(tmp_path: Path, before: dict, now: dict) -> None:
    source = {key: value for key, value in before.items() if key != "reading"}
    source |= {"reader": before["reading"]} | now
    expected = Experiment.model_validate({"source": source})
    assert parse({"source": before}, "config.yaml") == expected
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"source": before}))
    assert load_config(path, [f"source.mission={source['mission']}"]) == expected
    assert before.keys() <= {"mission", "reading"}, "the argument must not be changed"


def test_old_key_together_with_its_new_name_is_rejected() -> None:
    with pytest.raises(ConfigError, match=r"unknown key source\.reading; did you mean reader\?"):
        parse({"source": {"reading": {}, "reader": {}}}, "config.yaml")


def test_another_kind_removes_the_keys_of_the_old_one() -> None:
    config = {"data": {"split": {"kind": "fold", "folds": 5, "fold": 1}}}
    for overrides in (["data.split.kind=star"], ["data.split.salt=two", "data.split.kind=star"]):
        split = experiment_from(config, overrides, "config.yaml").data.split
        assert split == StarSplit(salt="two" if len(overrides) > 1 else "")
    same = experiment_from(config, ["data.split.kind=fold"], "config.yaml").data.split
    assert (same.folds, same.fold) == (5, 1)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (
            {"kind": "fold", "folds": 5, "fold": -1},
            "data.split.fold = -1: input should be greater than or equal to 0",
        ),
        (
            {"kind": "star", "fold": 1},
            "unknown key data.split.fold; valid keys: fractions, kind, salt",
        ),
        ({"kind": "fold", "folds": 5, "fold": 9}, "data.split = "),
    ],
)
def test_key_that_is_also_a_kind_is_named(split: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"data": {"split": split}}, "config.yaml")
    assert str(caught.value).startswith(f"config.yaml: {message}")
