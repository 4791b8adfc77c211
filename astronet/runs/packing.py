"""Finished runs become weights that the package ships: see `astronet.runs.shipped`."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from astronet.config import Experiment, widest
from astronet.dataset.examples import Examples
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.evaluation.calibration import Calibration
from astronet.evaluation.metrics import without_nan
from astronet.files.atomic import write_bytes, write_text
from astronet.files.checksums import sha256
from astronet.files.provenance import commit
from astronet.runs.run import Run
from astronet.runs.shipped import Description, Shipped, TrainedOn, load_shipped

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_LOCAL_PATH = re.compile(r"""(?:^|[\s"'(=:,])(?:~?/\w|[A-Za-z]:[\\/]\w|\\\\\w)""")
"""A path that means something on one machine only: /home/…, ~/…, C:\\…"""


def pack(
    runs: Sequence[Run],
    name: str,
    folder: Path,
    calibration: Calibration,
    trained_on: TrainedOn,
    metrics: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> Shipped:
    """Writes `<name>.safetensors` and `<name>.json` of one or several runs.

    Args:
        runs: Finished runs that may be averaged; one of them reads all that any of them reads.
        name: Lower-case letters, digits and hyphens.
        folder: Where to; the package's own is `astronet.runs.shipped.FOLDER`.
        calibration: Fitted on the averaged scores of events that no run was trained on.
        trained_on: What the runs have learned from: see `describe_training`.
        metrics: How well they do, with intervals: anything that JSON can hold.
        overwrite: Replace weights of that name.

    Raises:
        RunError: The name is unfit or taken, the runs are none or not of one kind or of another
            store than `trained_on` says, or the description would hold a path of this machine.
    """
    if not _NAME.fullmatch(name):
        raise RunError(f"'{name}' is no name for weights; use a-z, 0-9 and hyphens")
    target = folder / f"{name}.safetensors"
    if target.exists() and not overwrite:
        raise RunError(f"{target} exists already; overwrite it, or choose another name")
    _check_one_kind(runs, trained_on)
    content = save(_tensors(runs))
    description = Description(
        sha256=sha256(content),
        calibration=calibration,
        trained_on=trained_on,
        metrics=without_nan(metrics),
        configs=[_without_places(run.experiment) for run in runs],
    )
    record = description.model_dump(mode="json")
    for where, text in _texts(record):
        if _LOCAL_PATH.search(text):
            raise RunError(
                f"{where} holds a path of this machine ({text}), which means nothing elsewhere; "
                "leave it out"
            )
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(target, content)
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(target.with_suffix(".json"), text)
    return load_shipped(name, folder)


def describe_training(run: Run, store: ViewStore, *, calibrated_on: str) -> TrainedOn:
    """What a run has learned from.

    Args:
        run: A finished run.
        store: The store that it was trained on.
        calibrated_on: The held-out events that the calibration is fitted on, in words.

    Raises:
        RunError: The run was trained on another store.
    """
    record, settings = run.record, run.experiment.data
    if record["store"]["sha256"] != store.digest:
        raise RunError(f"{run} was trained on another store than {store.path}; give that one")
    data = Examples(store, settings, views=run.experiment.views)
    rows = data.train_rows
    return TrainedOn(
        labels=settings.labels,
        split=settings.split.kind,
        store_sha256=store.digest,
        rows=len(rows),
        stars=store.index["star"].iloc[rows].nunique(),
        planets=int(data.targets[rows].sum()),
        calibrated_on=calibrated_on,
        versions=record["versions"],
        commit=commit(),
        date=record["finished"][:10],
    )


def _check_one_kind(runs: Sequence[Run], trained_on: TrainedOn) -> None:
    """Refuses runs that one description does not fit."""
    if not runs:
        raise RunError("there is no run to pack; give at least one")
    widest([(str(run), run.experiment) for run in runs])
    for run in runs:
        if run.record["store"]["sha256"] != trained_on.store_sha256:
            raise RunError(
                f"{run} was trained on another store than trained_on says; describe the store of "
                "the runs"
            )


def _tensors(runs: Sequence[Run]) -> dict[str, Tensor]:
    """The networks' parameters by `<place of the run>.<parameter>`, float32."""
    return {
        f"{place}.{key}": (value.float() if value.is_floating_point() else value).contiguous()
        for place, run in enumerate(runs)
        for key, value in run.load_network().state_dict().items()
    }


def _without_places(experiment: Experiment) -> dict[str, Any]:
    """The config without the catalogue's, the light curves', the store's and a teacher's paths."""
    content = experiment.model_dump(mode="json")
    del content["store"], content["source"]["catalog"], content["source"]["light_curves"]
    content["data"]["teacher"] = None
    return content


def _texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, keys too, with the place where it stands."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield where or "the description", key
            yield from _texts(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, where)
