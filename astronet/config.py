"""What a config file may say, and one clear line for each thing that it may not."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from astronet.dataset.scalars import TAGS, AnyScalar
from astronet.dataset.settings import DataSettings
from astronet.errors import ConfigError, RunError, together
from astronet.files.configs import find_config, read_config, split_override
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import GLOBAL, LOCAL, ViewSpec
from astronet.missions import MISSIONS
from astronet.missions.settings import AnySource, Source, default_source, mission_of
from astronet.models import NETWORKS, AnyNetwork, AstroNetSpec, NetworkSpec
from astronet.training.settings import Optimization, Training

_KINDS = (
    "star",
    "fold",
    "official",
    "legacy_tce",
    *NETWORKS,
    *TAGS,
)
"""Values of `kind`, which pydantic puts into the place of an error, as it does the missions."""


class Experiment(BaseModel):
    """Everything that makes a run; the defaults are Shallue & Vanderburg 2018."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: AnySource = default_source()
    preparation: Preparation = Preparation()
    views: dict[str, ViewSpec] = Field(default={"global": GLOBAL, "local": LOCAL}, min_length=1)
    store: Path = Path("data/stores/dr24")
    data: DataSettings = DataSettings()
    network: AnyNetwork = AstroNetSpec()
    optimization: Optimization = Optimization()
    training: Training = Training()
    trainer: dict[str, Any] = {}
    """Options for Lightning's Trainer as they are, for example accelerator or precision."""

    @model_validator(mode="after")
    def _views_and_columns_agree(self) -> Self:
        network: NetworkSpec = self.network
        if network.convolutional and {*network.columns} != {*self.views}:
            raise ValueError(
                f"network.columns are for the views {', '.join(sorted(network.columns))}, "
                f"the config's views are {', '.join(sorted(self.views))}; name the same in both"
            )
        return self

    @property
    def view_bins(self) -> dict[str, int]:
        """Length of each view, by name."""
        return {name: spec.bins for name, spec in self.views.items()}

    @property
    def scalars(self) -> tuple[AnyScalar, ...]:
        """Catalogue scalars that the network reads, in its order; empty for most networks."""
        return self.network.scalars

    def as_yaml(self) -> str:
        """The whole config with every default spelt out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def widest(experiments: Sequence[tuple[str, Experiment]]) -> Experiment:
    """Of experiments whose scores may be averaged, one that reads all that any of them reads.

    Args:
        experiments: What each of them is called in messages, and itself.

    Raises:
        RunError: They read or mean different things.
    """
    leader, wide = max(experiments, key=lambda named: len(named[1].views))
    for name, other in experiments:
        for part, alike in (
            ("views", other.views.items() <= wide.views.items()),
            ("preparation", other.preparation == wide.preparation),
            ("reader", other.source.reader == wide.source.reader),
            ("scalars", other.scalars in ((), wide.scalars)),
            ("labels", other.data.labels == wide.data.labels),
            ("splits", other.data.split == wide.data.split),
            ("precision", other.training.precision == wide.training.precision),
        ):
            if not alike:
                raise RunError(
                    f"{name} and {leader} were trained on different {part}; average only runs of "
                    "one kind"
                )
    return wide


_SET_MISSION = "source.mission="


def load_config(config: Path | str, overrides: Sequence[str] = ()) -> Experiment:
    """Read a YAML config and apply `key.key=value` overrides.

    Args:
        config: Path of the file, or the name of a config that comes with the package.
        overrides: Settings that replace those of the file, each as `key.key=value`.

    Raises:
        ConfigError: The file is missing or not YAML, or a key or value is wrong.
    """
    path = find_config(config)
    return experiment_from(read_config(path), overrides, str(path))


def experiment_from(content: dict[str, Any], overrides: Sequence[str], where: str) -> Experiment:
    """Return the experiment that the content of a config describes, with overrides applied.

    Args:
        content: Content of a config file.
        overrides: Settings that replace those of the file, each as `key.key=value`.
        where: Name of the config in error messages.

    Raises:
        ConfigError: A key or value is wrong.
    """
    content = _with_current_keys(content)
    # The mission first: the file's reader belongs to the file's mission.
    for override in sorted(overrides, key=lambda text: not text.startswith(_SET_MISSION)):
        before = mission_of(content.get("source"))
        _apply(content, override)
        if override.startswith(_SET_MISSION) and mission_of(content["source"]) != before:
            content["source"].pop("reader", None)
    return parse(content, where)


def parse(content: dict[str, Any], where: str) -> Experiment:
    """Checks the content of a config against the schema.

    Raises:
        ConfigError: A key or a value is wrong; the first complaints stand in one line.
    """
    try:
        return Experiment.model_validate(_with_current_keys(content))
    except ValidationError as error:
        lines = [_explain(dict(e)) for e in error.errors(include_url=False)]
        raise ConfigError(f"{where}: {together(lines)}") from None


def _with_current_keys(content: dict[str, Any]) -> dict[str, Any]:
    """Translate the keys of configs that were written before they were renamed."""
    source = content.get("source")
    if not isinstance(source, dict):
        return content
    source = dict(source)
    if "reading" in source and "reader" not in source:
        source["reader"] = source.pop("reading")
    if source.get("mission") == "own":
        source["mission"] = "custom"
    return content | {"source": source}


def changed(experiment: Experiment, overrides: Sequence[str], where: str) -> Experiment:
    """A whole config with some `key.key=value` set.

    Raises:
        ConfigError: A key or a value is wrong.
    """
    content = experiment.model_dump(mode="json")
    for override in overrides:
        _apply(content, override)
    return parse(content, where)


def source_of(mission: str, options: Sequence[str], like: Source) -> Source:
    """The source of files that are another mission's than a run's, or are read otherwise.

    Args:
        mission: Whose files they are.
        options: Options of its reader, each as `key=value`.
        like: The run's own source; where the mission is the same, its reader is the default.

    Raises:
        ConfigError: The mission, an option or a value is unknown, or one is missing.
    """
    same = mission == like.mission
    content: dict[str, Any] = {"mission": mission}
    content["reader"] = like.reader.model_dump(mode="json") if same else {}
    for option in options:
        _apply(content["reader"], option)
    return parse({"source": content}, f"mission {mission}").source


def _apply(content: dict[str, Any], override: str) -> None:
    """Set one `key.key=value` in the content of a config."""
    (*parents, last), value = split_override(override)
    for parent in parents:
        inner = content.setdefault(parent, {})
        if not isinstance(inner, dict):
            key = ".".join([*parents, last])
            raise ConfigError(f"'{key}' cannot be set: {parent} is a value, not a section")
        content = inner
    content[last] = value


def _explain(error: dict[str, Any]) -> str:
    """One complaint: the key, what it may be, what it was, and what was perhaps meant."""
    location: tuple[Any, ...] = error["loc"]
    key = ".".join(
        str(part)
        for place, part in enumerate(location)
        if part not in _KINDS and not (place == 1 and location[0] == "source" and part in MISSIONS)
    )
    if error["type"] == "extra_forbidden":
        known = sorted(_keys_at(Experiment, location[:-1]))
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        meant = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        return f"unknown key {key}; {meant}"
    if error["type"] == "union_tag_invalid":
        tags = error["ctx"]["expected_tags"]
        tag = "mission" if key == "source" else "kind"
        return f"{key}.{tag} = {error['ctx']['tag']!r}: it must be one of {tags}"
    if error["type"] == "missing":
        return f"{key} is missing; {_what_fits(location)}"
    message = error["msg"].removeprefix("Value error, ")
    if not key:
        return str(message)
    return f"{key} = {error['input']!r}: {message[:1].lower()}{message[1:]}"


def _keys_at(annotation: Any, location: Sequence[Any]) -> set[str]:
    """The keys that a config may have at one place."""
    keys: set[str] = set()
    for model in _models_in(annotation):
        if not location:
            keys |= set(model.model_fields)
        elif location[0] in model.model_fields:
            inner = model.model_fields[location[0]].annotation
            rest = [part for part in location[1:] if not isinstance(part, int) and part not in TAGS]
            if "dict" in str(inner) and rest:
                rest = rest[1:]
            tagged = [
                m
                for m in _models_in(inner)
                for tag in ("kind", "mission")
                if rest and tag in m.model_fields and m.model_fields[tag].default == rest[0]
            ]
            for candidate in tagged or _models_in(inner):
                keys |= _keys_at(candidate, rest[1:] if tagged else rest)
    return keys


def _what_fits(location: Sequence[Any]) -> str:
    """What to give for a key that has no default."""
    clock = location[-2:] == ("reader", "clock")
    return "set it to bkjd, btjd or bjd" if clock else "set it"


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The pydantic models inside a type, whatever wraps them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for inner in get_args(annotation):
        yield from _models_in(inner)
