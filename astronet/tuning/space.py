"""Search space of hyperparameters: a range or choices for each key, read from a YAML file."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from astronet.errors import ConfigError, shown, together
from astronet.files.configs import find_config, invalid_value, number_or_value, read_yaml

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_EXAMPLE = "optimization.learning_rate: {low: 1e-4, high: 1e-2, log: true}"
_ALLOWED = "give low and high (and step or log), or choices"


def _finite(value: Any) -> int | float:
    number = number_or_value(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError("input should be a finite number")
    return number


Number = Annotated[int | float, PlainValidator(_finite)]
"""Finite number; a string that represents a finite number is converted."""


class Range(BaseModel):
    """Range of numbers from low to high, inclusive; only integers if both limits are integers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: Number
    high: Number
    step: Number | None = None
    """Difference between successive values (low, low + step, …); None allows all values in the
    range."""
    log: bool = False
    """Whether to sample values on a logarithmic scale."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low = {self.low} must be less than high = {self.high}")
        if self.step is not None and self.log:
            raise ValueError("step and log are mutually exclusive; give only one of them")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"step = {self.step} must be greater than 0")
        if self.whole and isinstance(self.step, float):
            raise ValueError(
                f"step = {self.step} must be an integer because low and high are integers"
            )
        if self.log and self.low <= 0:
            raise ValueError(f"low = {self.low} must be greater than 0 because log is true")
        if not self._is_on_grid(self.high):
            raise ValueError(f"high = {self.high} must be low plus a multiple of step")
        return self

    def _is_on_grid(self, value: float) -> bool:
        steps = 0 if self.step is None else (value - self.low) / self.step
        return abs(steps - round(steps)) < 1e-8

    @property
    def whole(self) -> bool:
        """Whether the range contains only integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def texts(self) -> list[str]:
        """Lower and upper limits, encoded as JSON for config overrides."""
        return [self.text(self.low), self.text(self.high)]

    def text(self, value: Any) -> str:
        """Return a trial's value, encoded as JSON for a config override."""
        return json.dumps(value)

    def from_config(self, value: Any) -> Any:
        """Return a config value unchanged if the range contains it, otherwise None."""
        fits = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
        if not fits or not self.low <= value <= self.high:
            return None
        return value if self._is_on_grid(value) else None

    def distribution(self) -> "BaseDistribution":
        """Return the optuna distribution of the range."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            step = 1 if self.step is None else int(self.step)
            return IntDistribution(int(self.low), int(self.high), log=self.log, step=step)
        return FloatDistribution(self.low, self.high, log=self.log, step=self.step)


class Choices(BaseModel):
    """List of values, one of which is used in each trial."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    choices: tuple[Any, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _are_choices(self) -> Self:
        try:
            texts = self.texts
        except (TypeError, ValueError):
            raise ValueError(
                "every choice must be a number, text, true, false, null or a list"
            ) from None
        if len(set(texts)) < len(texts):
            raise ValueError("choices must not contain duplicates")
        return self

    @property
    def texts(self) -> list[str]:
        """Choices encoded as JSON, the form in which trials store them."""
        return [json.dumps(number_or_value(choice)) for choice in self.choices]

    def text(self, value: Any) -> str:
        """Return a trial's value unchanged: it is already encoded as JSON for a config override."""
        return str(value)

    def from_config(self, value: Any) -> Any:
        """Return a config value, encoded as JSON, if it is one of the choices, otherwise None."""
        return text if (text := json.dumps(value)) in self.texts else None

    def distribution(self) -> "BaseDistribution":
        """Return the optuna distribution of the choices."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.texts)


def _kind(content: Any) -> str:
    has_choices = isinstance(content, Choices) or (
        isinstance(content, Mapping) and "choices" in content
    )
    return "choices" if has_choices else "range"


AnyRange = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")], Discriminator(_kind)
]
"""Range, or choices if the key `choices` is present."""

Space = dict[str, AnyRange]
"""Search space: a range or choices for each searched key, such as `training.epochs`."""


def load_space(space: Path | str) -> Space:
    """Read a search space from a YAML file.

    Args:
        space: Path of the file, or the name of a search space that comes with the package.

    Raises:
        ConfigError: The file is missing, is not valid YAML or contains no mapping of keys to
            ranges, or a range or list of choices is invalid.
    """
    path = find_config(space, "tune")
    content = read_yaml(path)
    if not isinstance(content, dict) or not content:
        raise ConfigError(
            f"{path} contains no ranges; add one for each key, for example {_EXAMPLE}"
        )
    try:
        return TypeAdapter(Space).validate_python(content)
    except ValidationError as error:
        lines = [_explain(dict(e)) for e in error.errors(include_url=False)]
        raise ConfigError(f"{path}: {together(lines)}") from None


def _explain(error: dict[str, Any]) -> str:
    """Return a message that names the key and states what is wrong, from a pydantic error."""
    key, _, *fields = (*map(str, error["loc"]), "")
    field = fields[0] if fields else ""
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key {field}; {_ALLOWED}"
    if error["type"] == "missing":
        return f"{key}: {field} is missing; {_ALLOWED}"
    if error["type"] == "model_type":
        return f"{key} = {shown(error['input'])} is not a range; {_ALLOWED}"
    return f"{key}: {invalid_value(field, error)}"
