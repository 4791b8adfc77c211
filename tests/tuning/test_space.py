"""Search spaces: reading from YAML, conversion of values, and error messages."""

from pathlib import Path

import pytest

from astronet.errors import ConfigError
from astronet.tuning.space import Choices, Range, load_space


def written(text: str, tmp_path: Path) -> Path:
    path = tmp_path / "space.yaml"
    path.write_text(text)
    return path


def test_search_space_has_a_range_for_each_key(tmp_path: Path) -> None:
    path = written(
        "optimization.learning_rate: {low: 1e-4, high: 1e-2, log: true}\n"
        "network.dropout: {low: 0.0, high: 0.5}\n"
        "training.epochs: {low: 4, high: 12, step: 2}\n"
        "network.columns.global.stem_stride: {choices: [2, 4]}\n",
        tmp_path,
    )
    assert load_space(path) == {
        "optimization.learning_rate": Range(low=1e-4, high=1e-2, log=True),
        "network.dropout": Range(low=0.0, high=0.5),
        "training.epochs": Range(low=4, high=12, step=2),
        "network.columns.global.stem_stride": Choices(choices=(2, 4)),
    }


def test_integer_limits_give_integers_in_steps() -> None:
    drawn = Range(low=4, high=12, step=2).distribution()
    assert [drawn._contains(number) for number in (4, 5, 12, 13)] == [True, False, True, False]
    assert not Range(low=4, high=12).from_config(4.5)
    assert Range(low=4.0, high=12).from_config(4.5) == 4.5


@pytest.mark.parametrize(
    ("choice", "text"), [("1e-4", "0.0001"), ("adam", '"adam"'), ([16, 24], "[16, 24]")]
)
def test_choices_are_converted_to_text_of_a_config(choice: object, text: str) -> None:
    choices = Choices(choices=(choice, None))
    assert choices.texts == [text, "null"]
    assert choices.from_config(None) == "null"
    assert choices.from_config("another") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no ranges; add one for each key, for example optimization.learning_rate: {"),
        ("a: 3", "a = 3 is not a range; give low and high (and step or log), or choices"),
        ("a: {low: 3}", "a: high is missing; give low and high (and step or log), or choices"),
        ("a: {low: 1, hgih: 2, high: 3}", "a: unknown key hgih; give low and high (and step or "),
        ("a: {choices: [1, 2], low: 1}", "a: unknown key low; give low and high (and step or lo"),
        ("a: {low: x, high: 2}", "a: low = 'x': input should be a finite number"),
        ("a: {low: 1, high: .inf}", "a: high = inf: input should be a finite number"),
        ("a: {low: 2, high: 1}", "a: low = 2 must be less than high = 1"),
        ("a: {low: 0, high: 1, log: true}", "a: low = 0 must be greater than 0 because log is t"),
        (
            "a: {low: 1, high: 2, step: 1, log: true}",
            "a: step and log are mutually exclusive; give o",
        ),
        ("a: {low: 1, high: 2, step: 0}", "a: step = 0 must be greater than 0"),
        (
            "a: {low: 1, high: 2, step: 0.5}",
            "a: step = 0.5 must be an integer because low and high are integers",
        ),
        ("a: {low: 4, high: 9, step: 2}", "a: high = 9 must be low plus a multiple of step"),
        ("a: {choices: [1]}", "a: choices = [1]: tuple should have at least 2 items after valid"),
        ("a: {choices: [1, 1]}", "a: choices must not contain duplicates"),
        ("a: {choices: [2020-01-01, 2]}", "a: every choice must be a number, text, true, false, "),
        ("a: [", "cannot be read as YAML (while parsing a flow node"),
    ],
)
def test_invalid_space_is_rejected_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = written(text, tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_space(path)
    found = str(caught.value).removeprefix(str(path)).removeprefix(":").strip()
    assert found.startswith(message)
    assert "\n" not in found


def test_missing_space_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match=r"no.yaml is neither a file nor .*; give .* search space .astronet, optimization, ",
    ):
        load_space(tmp_path / "no.yaml")


def test_message_names_the_first_five_mistakes(tmp_path: Path) -> None:
    path = written("\n".join(f"k{i}: 3" for i in range(7)), tmp_path)
    with pytest.raises(
        ConfigError, match=r"k0 = 3 is not a range; .*; k4 = 3 is not a range; [^;]*; and 2 more$"
    ):
        load_space(path)
