"""Schema of config files, and their validation with one-line error messages."""

import copy
import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from astronet.dataset.scalars import TAGS, AnyScalar
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import SPLIT_KINDS
from astronet.errors import ConfigError, shown, together
from astronet.files.configs import find_config, invalid_value, read_config, split_override
from astronet.files.relative_paths import written_in
from astronet.files.remote import local_path
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import GLOBAL, LOCAL, ViewSpec
from astronet.missions import MISSIONS
from astronet.missions.settings import AnySource, default_source, mission_of
from astronet.models import NETWORKS, AnyNetwork, AstroNetSpec, NetworkSpec
from astronet.training.settings import Optimization, Training

_TAGGED = {"network": tuple(NETWORKS), "data.split": SPLIT_KINDS}
"""Valid values of `kind`, by section."""

_SECTIONS = ("network", "split", "of")
"""Names of the sections that have a key `kind`."""

_KINDS = (*_TAGGED["data.split"], *NETWORKS)
"""Values of `kind`, which pydantic adds to the location of an error after the section."""


class Experiment(BaseModel):
    """Complete settings of a run; the defaults are those of Shallue & Vanderburg 2018."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: AnySource = default_source()
    """Settings for the light curves and the event table."""
    preparation: Preparation = Preparation()
    """Settings for preparing a light curve before its views are computed."""
    views: dict[str, ViewSpec] = Field(default={"global": GLOBAL, "local": LOCAL}, min_length=1)
    """Settings of each view, by name."""
    store: Annotated[Path, BeforeValidator(local_path)] = Path("data/stores/dr24")
    """Path of the store that contains the views."""
    data: DataSettings = DataSettings()
    """Settings of the training data: labels, split, batches and augmentation."""
    network: AnyNetwork = AstroNetSpec()
    """Settings of the network."""
    optimization: Optimization = Optimization()
    """Settings of the loss and the optimiser."""
    training: Training = Training()
    """Training settings, such as the number of epochs, the precision and the random seed."""
    trainer: dict[str, Any] = {}
    """Options passed to Lightning's Trainer, for example `accelerator`."""

    @model_validator(mode="after")
    def _views_and_columns_agree(self) -> Self:
        network: NetworkSpec = self.network
        if network.convolutional and {*network.columns} != {*self.views}:
            raise ValueError(
                f"network.columns has columns for {', '.join(sorted(network.columns))}, but the "
                f"views are {', '.join(sorted(self.views))}; use the same names in both sections"
            )
        return self

    @property
    def view_bins(self) -> dict[str, int]:
        """Number of bins of each view, by name."""
        return {name: spec.bins for name, spec in self.views.items()}

    @property
    def scalars(self) -> tuple[AnyScalar, ...]:
        """Catalogue scalars that the network reads, in input order; empty if it reads none."""
        return self.network.scalars

    def as_yaml(self, folder: Path | None = None) -> str:
        """Return the complete config, including default values, as YAML.

        Args:
            folder: Folder of the file in which the config is written; paths become relative to it.
        """
        content = self.model_dump(mode="json")
        written = content if folder is None else written_in(content, folder)
        return yaml.safe_dump(written, sort_keys=False)


_SET_MISSION = "source.mission="


def load_config(config: Path | str, overrides: Sequence[str] = ()) -> Experiment:
    """Read a YAML config, apply overrides and return the experiment.

    Args:
        config: Path of the file, or the name of a config that comes with the package.
        overrides: Settings that replace those in the file, each as `key.key=value`.

    Raises:
        ConfigError: The file is missing or is not YAML, or a key, value or override is invalid.
    """
    path = find_config(config)
    return experiment_from(read_config(path), overrides, str(path))


def experiment_from(content: dict[str, Any], overrides: Sequence[str], where: str) -> Experiment:
    """Return the experiment defined by a config's content, with overrides applied.

    If an override changes the mission, the reader options in the content are discarded.

    Args:
        content: Content of a config file.
        overrides: Settings that replace those in the file, each as `key.key=value`.
        where: Name of the config in error messages.

    Raises:
        ConfigError: A key, value or override is invalid.
    """
    content = copy.deepcopy(_with_current_keys(content))  # overrides change nested sections
    # The mission is set first: if it changes, the file's reader options no longer apply.
    in_order = sorted(_kinds_first(overrides), key=lambda text: not text.startswith(_SET_MISSION))
    for override in in_order:
        before = mission_of(content.get("source"))
        _apply(content, override)
        if override.startswith(_SET_MISSION) and mission_of(content["source"]) != before:
            content["source"].pop("reader", None)
    return parse(content, where)


def parse(content: dict[str, Any], where: str) -> Experiment:
    """Validate the content of a config, and return the experiment that it defines.

    Args:
        content: Content of a config file.
        where: Name of the config in error messages.

    Raises:
        ConfigError: A key or value is invalid; the message lists up to five errors in one line.
    """
    try:
        return Experiment.model_validate(_with_current_keys(content))
    except ValidationError as error:
        lines = [_explain(dict(e)) for e in error.errors(include_url=False)]
        raise ConfigError(f"{where}: {together(lines)}") from None


def _with_current_keys(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a config with outdated keys and values replaced by current ones."""
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
    """Return a copy of an experiment with overrides applied.

    Args:
        experiment: Experiment to change.
        overrides: New settings, each as `key.key=value`.
        where: Name of the config in error messages.

    Raises:
        ConfigError: A key, value or override is invalid.
    """
    content = experiment.model_dump(mode="json")
    for override in _kinds_first(overrides):
        _apply(content, override)
    return parse(content, where)


def _kinds_first(overrides: Sequence[str]) -> list[str]:
    """Return the overrides with those of `kind` first, because they remove the section's keys."""
    return sorted(overrides, key=lambda override: not override.partition("=")[0].endswith(".kind"))


def _apply(content: dict[str, Any], override: str) -> None:
    """Apply one override to the content of a config, in place."""
    (*parents, last), value = split_override(override)
    for place, parent in enumerate(parents):
        inner = content.setdefault(parent, {})
        if not isinstance(inner, dict):
            section = ".".join(parents[: place + 1])
            raise ConfigError(
                f"'{'.'.join([*parents, last])}' cannot be set because {section} is a value, not a "
                f"section; set {section} itself"
            )
        content = inner
    if last == "kind" and content.get("kind", value) != value:
        content.clear()  # its keys belong to another kind
    content[last] = value


def _explain(error: dict[str, Any]) -> str:
    """Return the message for a pydantic error: the key, its value, and what is allowed."""
    location: tuple[Any, ...] = error["loc"]
    key = ".".join(
        str(part) for place, part in enumerate(location) if not _is_tag(location[:place], part)
    )
    if error["type"] == "extra_forbidden":
        known = sorted(_keys_at(Experiment, location[:-1]))
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"valid keys: {', '.join(known)}"
        return f"unknown key {key}; {remedy}"
    if error["type"] == "union_tag_invalid":
        tags = error["ctx"]["expected_tags"]
        tag = "mission" if key == "source" else "kind"
        return f"{key}.{tag} = {shown(error['ctx']['tag'])} is unknown; choose one of {tags}"
    if error["type"] == "union_tag_not_found":
        return f"{key}.kind is missing; set it to one of {', '.join(_TAGGED[key])}"
    if error["type"] in ("model_type", "model_attributes_type", "dict_type"):
        tags = _TAGGED.get(key)
        remedy = f"set {key}.kind to one of {', '.join(tags)}" if tags else "give key: value pairs"
        return f"{key} = {shown(error['input'])} is not a section; {remedy}"
    if error["type"] == "missing":
        return f"{key} is missing; {_remedy(location)}"
    return invalid_value(key, error)


def _is_tag(before: Sequence[Any], part: Any) -> bool:
    """Return whether pydantic added a part to a location after the parts before it, as a tag."""
    if list(before) == ["source"]:
        return part in MISSIONS
    return part in TAGS or (part in _KINDS and bool(before) and before[-1] in _SECTIONS)


def _keys_at(annotation: Any, location: Sequence[Any]) -> set[str]:
    """Return the valid keys at a location within the models of a type annotation."""
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


def _remedy(location: Sequence[Any]) -> str:
    """Return the part of an error message that says how to set a missing key."""
    clock = location[-2:] == ("reader", "clock")
    return "set it to bkjd, btjd or bjd" if clock else "add it to the config"


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the pydantic models in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for inner in get_args(annotation):
        yield from _models_in(inner)
