"""Readers of configs, run folders, shipped weights and the parts of a search."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from astronet.config import Experiment, load_config, parse
from astronet.dataset.store import ViewStore
from astronet.evaluation.calibration import Calibration
from astronet.execution.parts import Parts
from astronet.files.checksums import sha256
from astronet.files.configs import shipped_configs
from astronet.runs.descriptions import TrainedOn
from astronet.runs.loading import load
from astronet.runs.packing import pack
from astronet.runs.run import Run
from astronet.runs.training_stars import write_training_stars
from astronet.tuning.space import load_space
from benchmarks.fuzzing import checks
from benchmarks.fuzzing.binary_mutations import checkpoint, hashes, safetensors
from benchmarks.fuzzing.dataset_readers import small_store
from benchmarks.fuzzing.json_mutations import json_document, json_lines, yaml_document
from benchmarks.fuzzing.model import Mutation, Reader, Sample
from benchmarks.fuzzing.text_mutations import text_table

_TIME = "2026-01-01T00:00:00+00:00"

_KINDS: dict[str, tuple[Mutation, Callable[[bytes], bool], float]] = {
    ".yaml": (yaml_document, checks.is_yaml, 2),
    ".json": (json_document, checks.is_json, 2),
    ".ckpt": (checkpoint, checks.is_zip, 1),
    ".csv": (text_table, checks.is_text_table, 1),
    ".npy": (hashes, checks.is_npy, 1),
    ".safetensors": (safetensors, checks.is_safetensors, 2),
    ".jsonl": (json_lines, checks.is_json_lines, 2),
}
"""Mutation, first check and weight of a file by its suffix."""


def files_as_samples(
    files: dict[str, bytes],
    read: Callable[[Path], object],
    real: bool,
    adapt: Callable[[Path, bytes], object] | None = None,
    weight: float = 1.0,
) -> list[Sample]:
    """Return one sample for each file of a folder; the other files are next to it."""
    return [
        Sample(
            name, content, real, read, mutate, check,
            {other: files[other] for other in files if other != name},
            adapt if name.endswith(".safetensors") else None,
            weight * own,
        )
        for name, content in files.items()
        for mutate, check, own in [_KINDS[Path(name).suffix]]
    ]  # fmt: skip


def _configs(data: Path | None, folder: Path) -> list[Sample]:
    def config(path: Path) -> object:
        return load_config(path).as_yaml()

    def override(path: Path) -> object:
        first = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
        return load_config(shipped_configs() / "linear.yaml", [first])

    samples = []
    for name in ("astronet-dr24", "tess", "residual-scalars-dr24", "linear"):
        content = _without_comments((shipped_configs() / f"{name}.yaml").read_bytes())
        samples.append(Sample("a.yaml", content, True, config, yaml_document, checks.is_yaml))
    for name in ("astronet", "optimization"):
        content = _without_comments((shipped_configs("tune") / f"{name}.yaml").read_bytes())
        samples.append(
            Sample("a.yaml", content, True, load_space, yaml_document, checks.is_yaml, weight=0.5)
        )
    for text in ("training.epochs=3", "network.kind=linear", "views.global.bins=201"):
        made = Sample("a.txt", text.encode(), True, override, text_table, weight=0.2)
        samples.append(made)
    return samples


def _without_comments(content: bytes) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join(
        line.partition(b"#")[0].rstrip() for line in lines if line.strip()[:1] != b"#"
    )


def _experiment(store: ViewStore) -> Experiment:
    names = list(store.views)
    content: dict[str, Any] = {
        "store": str(store.path),
        "views": {
            name: {
                "bins": bins,
                **({} if name == "global" else {"durations": 4, "bin_width": 0.16}),
            }
            for name, bins in store.bins.items()
        },
        "network": {
            "kind": "astronet",
            "columns": {name: {"blocks": 2, "filters": 2} for name in names},
            "hidden_layers": 1,
            "hidden_size": 4,
        },
    }
    return parse(content, "benchmark")


def _run(data: Path | None, folder: Path) -> tuple[Run, ViewStore, bool]:
    """Write a run folder with random weights, which is the same each time."""
    path, real = small_store(data, folder)
    store = ViewStore.open(path)
    run = Run(folder / "run")
    if run.path.is_dir():
        return Run.load(run.path), store, real
    experiment = _experiment(store)
    run = Run.begin(run.path, experiment, store, resume=False)
    torch.manual_seed(0)
    network = experiment.network.build(experiment.view_bins)
    torch.save({"state_dict": network.state_dict()}, run.weights_path)
    run.history_path.write_text("epoch,loss,average_precision\n1,0.5,0.4\n2,0.4,0.5\n")
    write_training_stars(run.training_stars_path, "kepler", store.index["star"])
    run.finish(1.0, "cpu", "float32", 1, None)
    known = json.loads(run.record_path.read_text())
    record = known | {"begun": _TIME, "finished": _TIME}
    run.record_path.write_text(json.dumps(record, indent=1))
    return run, store, real


def _runs(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path) -> object:
        run = Run.load(path.parent)
        return run.experiment, run.history, run.thresholds, run.training_stars, run.config_digest

    def score(path: Path) -> object:
        scorer = load(path.parent)
        return scorer.thresholds, scorer.seen_in_training([757450], "kepler"), scorer.model

    run, _, real = _run(data, folder)
    files = {path.name: path.read_bytes() for path in run.files if path.exists()}
    scored = {name: files[name] for name in files if name in ("best.ckpt", "config.yaml")}
    samples = files_as_samples(files, read, real)
    samples = [sample for sample in samples if sample.name != "best.ckpt"]
    samples += [
        Sample(**{**vars(one), "weight": 2 if one.name == "best.ckpt" else 0.5})
        for one in files_as_samples(files, score, real)
        if one.name in scored
    ]
    return samples


def _packed(data: Path | None, folder: Path) -> tuple[dict[str, bytes], bool]:
    """Return the files of shipped weights that are made from a run."""
    run, store, real = _run(data, folder)
    described = TrainedOn(
        labels="dr24_autovetter", split="star", store_sha256=store.digest, rows=3, stars=3,
        planets=1, calibrated_on="nothing", versions={}, commit="", date="2026-01-01",
    )  # fmt: skip
    calibration = Calibration(slope=1.0, offset=0.0)
    pack([run], "small", folder / "packed", calibration, described, {}, overwrite=True)
    return {path.name: path.read_bytes() for path in sorted((folder / "packed").iterdir())}, real


def _matching(path: Path, content: bytes) -> None:
    """Record the hash of a changed weights file in its description."""
    described = path.with_suffix(".json")
    known = json.loads(described.read_bytes()) | {"sha256": sha256(content)}
    described.write_text(json.dumps(known))


def _weights(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path) -> object:
        scorer = load("small", folder=path.parent)
        return scorer.thresholds, scorer.model, scorer.seen_in_training([757450], "kepler")

    files, real = _packed(data, folder)
    return [*files_as_samples(files, read, real, _matching), *_stacks(), *_indices()]


def _stacks() -> list[Sample]:
    """Return samples of the trees that come with the package."""
    from astronet.runs.shipped import FOLDER
    from astronet.runs.stack_files import load_stack

    base = "pretrained.stack"
    files = {
        f"{base}.{end}": (FOLDER / f"{base}.{end}").read_bytes() for end in ("json", "safetensors")
    }
    known = json.loads(files[f"{base}.json"])
    networks = tuple(known["networks_sha256"])

    def read(path: Path) -> object:
        return load_stack(path.parent / base, networks)

    coarse = FOLDER / "coarse.stack.safetensors"
    samples = files_as_samples(files, read, True, _matching, 0.05)
    others = {coarse.name: coarse.read_bytes()}
    return [Sample(**{**vars(one), "others": {**one.others, **others}}) for one in samples]


def _indices() -> list[Sample]:
    """Return samples of the index of labelled events that comes with the package, shortened."""
    from safetensors.numpy import load as arrays_in
    from safetensors.numpy import save

    from astronet.runs.neighbour_index import NEIGHBOURS, NeighbourIndex, index_paths
    from astronet.runs.shipped import FOLDER

    content, described = index_paths(FOLDER / f"pretrained.{NEIGHBOURS}")
    known, rows = json.loads(described.read_bytes()), 12
    arrays = {
        name: values[:rows] if len(values) == known["events"] else values
        for name, values in arrays_in(content.read_bytes()).items()
    }
    data = save(arrays)
    known |= {"events": rows, "sha256": sha256(data)}
    files = {described.name: json.dumps(known).encode(), content.name: data}

    def read(path: Path) -> object:
        base = path.parent / f"pretrained.{NEIGHBOURS}"
        index = NeighbourIndex.load(base, known["networks_sha256"])
        return None if index is None else index.nearest(index.embedding[0], 3)

    return files_as_samples(files, read, True, _matching, 0.5)


def _parts(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path, name: str, array: bool) -> object:
        parts = Parts(path.parents[1])
        return [parts.array(n, name) if array else parts.rows(n, name) for n in parts.numbers]

    rows = [{"star": 757450 + n, "number": 1, "period_days": 3.3, "reason": None} for n in range(4)]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    plan = {"plan.json": b"{}"}
    views = small_store(data, folder)[0] / "global.npy"
    return [
        Sample(
            "a.parts/00000000/candidates.jsonl", lines, False,
            partial(read, name="candidates", array=False), json_lines, checks.is_json_lines,
            {f"a.parts/{name}": content for name, content in plan.items()},
        ),
        Sample(
            "a.parts/00000000/global.npy", views.read_bytes(), data is not None,
            partial(read, name="global", array=True), hashes, checks.is_npy,
            {f"a.parts/{name}": content for name, content in plan.items()}, weight=2,
        ),
    ]  # fmt: skip


READERS = (
    Reader("configs", _configs),
    Reader("runs", _runs),
    Reader("weights", _weights),
    Reader("parts", _parts),
)
