"""Conversion of finished runs to weights that come with the package (`astronet.runs.shipped`)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from astronet.config import Experiment
from astronet.dataset.examples import Examples
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.evaluation.calibration import Calibration
from astronet.evaluation.decisions import Thresholds
from astronet.evaluation.metrics import without_nan
from astronet.files.atomic import write_bytes, write_text
from astronet.files.checksums import sha256
from astronet.files.provenance import commit
from astronet.runs.averaging import widest
from astronet.runs.coarse_network import COARSE, CoarseDescription
from astronet.runs.descriptions import Description, TrainedOn
from astronet.runs.run import Run
from astronet.runs.shipped import Shipped, load_shipped

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_LOCAL_PATH = re.compile(r"""(?:^|[\s"'(=:,])(?:~?/\w|[A-Za-z]:[\\/]\w|\\\\\w)""")
"""Pattern of paths that are valid on one machine only, for example /home/…, ~/… or C:\\…"""


def pack(
    runs: Sequence[Run],
    name: str,
    folder: Path,
    calibration: Calibration,
    trained_on: TrainedOn,
    metrics: Mapping[str, Any],
    *,
    thresholds: Thresholds | None = None,
    shared: Sequence[Shipped] = (),
    stack: str | None = None,
    overwrite: bool = False,
) -> Shipped:
    """Write the networks of one or several runs as shipped weights.

    The parameters are written to `<name>.safetensors`, their description to `<name>.json`, and the
    hashes of the stars of the training set, which is the same for all runs, to `<name>.stars.npy`.

    Args:
        runs: Finished runs, whose scores are averaged with those of the networks of `shared`. At
            least one of these networks must use all views and scalars that the others use.
        name: Name of the weights: lower-case letters, digits and hyphens.
        folder: Output folder; the package reads weights from `astronet.runs.shipped.FOLDER`.
        calibration: Calibration fitted to the averaged scores of held-out events, on which none of
            the runs was trained.
        trained_on: Description of the training data, from `describe_training`.
        metrics: Metrics of the calibrated scores, with confidence intervals. Keys and values must
            be JSON-serialisable; non-finite numbers become null.
        thresholds: Decision thresholds of the calibrated scores; None if there are none.
        shared: Weights in the same folder whose networks come before those of the runs. They are
            not written again.
        stack: SHA-256 hash of the description of the stack, which is saved next to the weights with
            `astronet.runs.stack_files`; None if there is none.
        overwrite: Whether to replace existing weights with the same name.

    Returns:
        The packed weights, read back from the files.

    Raises:
        RunError: The name is invalid, weights with this name exist and `overwrite` is False, no run
            and no shared weights were given, the scores of the networks cannot be averaged, a run
            or shared weights were not trained on the store described by `trained_on`, the weights
            of a run cannot be loaded, or the description would contain a local path.
    """
    if not _NAME.fullmatch(name):
        raise RunError(f"'{name}' is not a valid name for weights; use only a-z, 0-9 and hyphens")
    target = folder / f"{name}.safetensors"
    if target.exists() and not overwrite:
        raise RunError(f"{target} already exists; overwrite it, or choose another name")
    _check_compatible(runs, shared, trained_on)
    content = save(_tensors(runs)) if runs else None
    files = {path.stem: digest for one in shared for path, digest in one.weights.items()}
    description = Description(
        sha256=None if content is None else sha256(content),
        shared=files,
        stack=stack,
        calibration=calibration,
        trained_on=trained_on,
        metrics=without_nan(metrics),
        thresholds=thresholds,
        configs=[
            *(config for one in shared for config in one.description.configs),
            *(_without_paths(run.experiment) for run in runs),
        ],
    )
    record = description.model_dump(mode="json")
    for where, text in _texts(record):
        if _LOCAL_PATH.search(text):
            raise RunError(
                f"{where} contains a local path ({text}), which is invalid on other machines; "
                "remove it"
            )
    folder.mkdir(parents=True, exist_ok=True)
    if content is None:
        target.unlink(missing_ok=True)
    else:
        write_bytes(target, content)
    stars = runs[0].training_stars_path if runs else shared[0].stars_path
    if stars.exists():
        write_bytes(folder / f"{name}.stars.npy", stars.read_bytes())
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(target.with_suffix(".json"), text)
    return load_shipped(name, folder)


def pack_coarse(run: Run, folder: Path) -> CoarseDescription:
    """Write the network of a run as the network for coarse views, and return its description.

    Args:
        run: Finished run, which was trained on degraded views.
        folder: Folder of the stacks to which it belongs.

    Raises:
        RunError: The weights of the run cannot be loaded.
    """
    content = save(_tensors([run]))
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / COARSE, content)
    return CoarseDescription(sha256=sha256(content), config=_without_paths(run.experiment))


def describe_training(run: Run, store: ViewStore, *, calibrated_on: str) -> TrainedOn:
    """Return a description of the data used to train a run.

    Args:
        run: Finished run.
        store: Store used in training.
        calibrated_on: Description of the held-out events to which the calibration is fitted.

    Raises:
        RunError: `store` is not the store used in training.
        StoreError: The teacher's scores or other data required by the config cannot be used.
    """
    record, settings = run.record, run.experiment.data
    if record["store"]["sha256"] != store.digest:
        raise RunError(
            f"{run} was not trained on the store {store.path}; give the store that the run was "
            "trained on"
        )
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


def _check_compatible(
    runs: Sequence[Run], shared: Sequence[Shipped], trained_on: TrainedOn
) -> None:
    """Raise an error unless the networks were trained on one store and can be averaged."""
    if not runs and not shared:
        raise RunError("no run was given; give at least one run to pack")
    others = [(str(one), experiment) for one in shared for experiment in one.experiments]
    widest([*others, *((str(run), run.experiment) for run in runs)])
    for one in shared:
        if one.description.trained_on.store_sha256 != trained_on.store_sha256:
            raise RunError(
                f"{one} was not trained on the store that trained_on describes; share the networks "
                "of weights that were trained on this store"
            )
    for run in runs:
        if run.record["store"]["sha256"] != trained_on.store_sha256:
            raise RunError(
                f"{run} was not trained on the store that trained_on describes; give the "
                "description of the store of the runs"
            )


def _tensors(runs: Sequence[Run]) -> dict[str, Tensor]:
    """Return the parameters and buffers of all networks, with keys `<index of run>.<name>`.

    Floating-point tensors are converted to float32.
    """
    return {
        f"{position}.{key}": (value.float() if value.is_floating_point() else value).contiguous()
        for position, run in enumerate(runs)
        for key, value in run.load_network().state_dict().items()
    }


def _without_paths(experiment: Experiment) -> dict[str, Any]:
    """Return a config as a dictionary, without file paths and without the teacher settings."""
    content = experiment.model_dump(mode="json")
    del content["store"], content["source"]["catalog"], content["source"]["light_curves"]
    content["data"]["teacher"] = None
    return content


def _texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the location and the text of each string in a JSON value; keys are included."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield where or "the description", key
            yield from _texts(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, where)
