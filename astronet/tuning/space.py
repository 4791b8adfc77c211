"""The ranges in which settings are searched, as a YAML file gives them."""

import contextlib
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

from astronet.errors import ConfigError, together
from astronet.files.configs import find_config, read_yaml

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_EXAMPLE = "optimization.learning_rate: {low: 1e-4, high: 1e-2, log: true}"
_WANTED = "give low and high (and step or log), or choices"


def _number(value: Any) -> Any:
    """The value, or the number that a text such as YAML 1.1's 1e-4 means."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return float(value)
    return value


def _finite(value: Any) -> int | float:
    number = _number(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError("a number is wanted")
    return number


Number = Annotated[int | float, PlainValidator(_finite)]


class Range(BaseModel):
    """A number from low to high, both included; a whole number if both ends are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: Number
    high: Number
    step: Number | None = None
    """Only low, low + step, low + 2 step …; none: any number between."""
    log: bool = False
    """Draw evenly in the logarithm."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low = {self.low} must be less than high = {self.high}")
        if self.step is not None and self.log:
            raise ValueError("step and log exclude each other; give one of them")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"step = {self.step} must be greater than 0")
        if self.whole and isinstance(self.step, float):
            raise ValueError(f"step = {self.step} between whole numbers must be whole")
        if self.log and self.low <= 0:
            raise ValueError(f"low = {self.low} has no logarithm; it must be greater than 0")
        if not self._is_a_step(self.high):
            raise ValueError(f"high = {self.high} is no whole number of steps above low")
        return self

    def _is_a_step(self, value: float) -> bool:
        steps = 0 if self.step is None else (value - self.low) / self.step
        return abs(steps - round(steps)) < 1e-8

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def texts(self) -> list[str]:
        """Both ends, as a config would have them."""
        return [self.text(self.low), self.text(self.high)]

    def text(self, value: Any) -> str:
        """A value as a config would have it."""
        return json.dumps(value)

    def own(self, value: Any) -> Any:
        """A config's value as a trial's, or None where it is not in the range."""
        fits = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
        if not fits or not self.low <= value <= self.high:
            return None
        return value if self._is_a_step(value) else None

    def distribution(self) -> "BaseDistribution":
        """The same for optuna."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            step = 1 if self.step is None else int(self.step)
            return IntDistribution(int(self.low), int(self.high), log=self.log, step=step)
        return FloatDistribution(self.low, self.high, log=self.log, step=self.step)


class Choices(BaseModel):
    """One of some values, of whatever kind the key holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    choices: tuple[Any, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _are_choices(self) -> Self:
        try:
            texts = self.texts
        except (TypeError, ValueError):
            raise ValueError("a choice is a number, a text, true, false, null or a list") from None
        if len(set(texts)) < len(texts):
            raise ValueError("a choice stands there twice; give each once")
        return self

    @property
    def texts(self) -> list[str]:
        """The choices as JSON, which is how a trial has them."""
        return [json.dumps(_number(choice)) for choice in self.choices]

    def text(self, value: Any) -> str:
        """A value as a config would have it: it is JSON already."""
        return str(value)

    def own(self, value: Any) -> Any:
        """A config's value as a trial's, or None where it is not among the choices."""
        return text if (text := json.dumps(value)) in self.texts else None

    def distribution(self) -> "BaseDistribution":
        """The same for optuna."""
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
"""Where the values of one key come from."""

Space = dict[str, AnyRange]
"""A range for each key of a config that is searched, dotted as in `training.epochs=10`."""


def load_space(space: Path | str) -> Space:
    """Read a YAML file of ranges.

    Args:
        space: Path of the file, or the name of one that comes with the package.

    Raises:
        ConfigError: The file is missing or not YAML, or a range is wrong.
    """
    path = find_config(space, "tune")
    content = read_yaml(path)
    if not isinstance(content, dict) or not content:
        raise ConfigError(f"{path} has no ranges; write for example {_EXAMPLE}")
    try:
        return TypeAdapter(Space).validate_python(content)
    except ValidationError as error:
        lines = [_explain(dict(e)) for e in error.errors(include_url=False)]
        raise ConfigError(f"{path}: {together(lines)}") from None


def _explain(error: dict[str, Any]) -> str:
    """One complaint: the key, what is wrong with its range, and what it may be."""
    key, _, *fields = (*map(str, error["loc"]), "")
    field = fields[0] if fields else ""
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown {field}; {_WANTED}"
    if error["type"] == "missing":
        return f"{key}: {field} is missing; {_WANTED}"
    if error["type"] == "model_type":
        return f"{key} = {error['input']!r}: {_WANTED}"
    message = error["msg"].removeprefix("Value error, ")
    if not field:
        return f"{key}: {message}"
    return f"{key}: {field} = {error['input']!r}: {message[:1].lower()}{message[1:]}"
