"""Files that would run code if they were read as pickles or as Python objects do nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hostile import Attack, is_dangerous
from pydantic import TypeAdapter, ValidationError

from astronet.dataset.description import check_name
from astronet.dataset.npz import read_members
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError, CatalogError, ConfigError, RunError, StoreError
from astronet.execution.parts import Parts
from astronet.files.arrays import read_array
from astronet.files.configs import read_config
from astronet.missions.tables import read_table
from astronet.runs.checkpoints import read_checkpoint
from astronet.runs.run import Run
from astronet.runs.training_stars import read_training_stars
from astronet.runs.verified import FileName
from astronet.train import _checkpoint

YAML_TAGS = (
    "!!python/object/apply:os.mkdir [{0}]",
    "!!python/object/new:os.mkdir [{0}]",
    "!!python/object/apply:builtins.eval ['open({0!r}, \"w\")']",
    "!!python/name:os.mkdir ''",
    "!!python/module:os ''",
)
"""YAML values that an unsafe loader converts to calls or functions; {0} is a path."""


@pytest.fixture
def created(tmp_path: Path) -> Path:
    """Path of a file that exists if the code in a file has been run."""
    path = tmp_path / "created"
    assert is_dangerous(path)
    return path


def save_objects(path: Path, created: Path) -> None:
    """Write an array of objects, which numpy saves as a pickle."""
    objects = np.empty(1, dtype=object)
    objects[0] = Attack(created)
    if path.suffix == ".npz":
        np.savez(path, kepid=objects, global_view=np.zeros((1, 3)))
    else:
        np.save(path, objects)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_checkpoint_runs_no_code(tmp_path: Path, created: Path, legacy: bool) -> None:
    path = tmp_path / "best.ckpt"
    content = {"state_dict": Attack(created)}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(Exception, match="Weights only load failed|is not a zip file"):
        read_checkpoint(path)
    assert not created.exists()


def test_a_training_run_is_not_resumed_from_code(tmp_path: Path, created: Path) -> None:
    run = Run(tmp_path)
    torch.save({"state_dict": Attack(created)}, run.last_checkpoint)
    with pytest.raises(RunError, match=r"last.ckpt is corrupt"):
        _checkpoint(run)
    assert not created.exists()


def test_an_array_runs_no_code(tmp_path: Path, created: Path) -> None:
    path = tmp_path / "objects.npy"
    save_objects(path, created)
    assert read_array(path) is None
    with pytest.raises(RunError, match="corrupt"):
        read_training_stars(path)
    assert not created.exists()


def test_an_array_of_unfinished_parts_runs_no_code(tmp_path: Path, created: Path) -> None:
    with Parts.of(tmp_path / "out.csv", {}, resume=False, overwrite=False) as parts:
        parts.add(0, ({}, {"views": np.zeros(1)}))
        save_objects(parts.path / "00000000/views.npy", created)
        with pytest.raises(RunError, match="corrupt"):
            parts.array(0, "views")
        parts.delete()
    assert not created.exists()


def test_imported_arrays_run_no_code(tmp_path: Path, created: Path) -> None:
    path = tmp_path / "views.npz"
    save_objects(path, created)
    with pytest.raises(StoreError, match="plain arrays"):
        read_members(path)["kepid"].read()
    assert not created.exists()


def test_a_store_runs_no_code(tmp_path: Path, created: Path) -> None:
    events = pd.DataFrame({"star": [1], "number": [1]})
    views = [{"global": np.zeros((1, 3), np.float32)}]
    store = ViewStore.create(tmp_path / "store", events, views, {"global": None}, {})
    save_objects(store.path / "global.npy", created)
    with pytest.raises(StoreError, match=r"global.npy is corrupt"):
        ViewStore.open(store.path)
    assert not created.exists()


@pytest.mark.parametrize("value", YAML_TAGS)
def test_a_config_runs_no_code(tmp_path: Path, created: Path, value: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"store: {value.format(str(created))}\n")
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        read_config(path)
    assert not created.exists()


@pytest.mark.parametrize(
    "value",
    [
        *YAML_TAGS,
        "{{__serialized_columns__: {{x: {{__class__: os.mkdir, path: {0!r}}}}}}}",
        "!!omap [__serialized_columns__: {{star: {{__class__: pathlib.Path, value: {0!r}}}}}]",
    ],
)
def test_the_header_of_an_ecsv_file_runs_no_code(tmp_path: Path, created: Path, value) -> None:
    path = tmp_path / "table.ecsv"
    header = ["%ECSV 1.0", "---", "datatype:", "- {name: star, datatype: int64}"]
    header += [f"meta: {value.format(str(created))}", "schema: astropy-2.0"]
    path.write_text("\n".join([*(f"# {line}" for line in header), "star", "1", ""]))
    try:
        read_table(path)
    except CatalogError as error:
        assert "\n" not in str(error)
    assert not created.exists()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/b", "..", "a\\b", ""])
def test_names_of_views_and_files_in_descriptions_are_no_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(AstronetError):
        check_name(name)
    with pytest.raises(ValidationError):
        TypeAdapter(FileName).validate_python(name)
