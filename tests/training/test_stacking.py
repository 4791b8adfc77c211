"""Fit of a stack to made events, its files, and its scores for each pattern of known inputs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from astronet.dataset.stack_inputs import CENTROID, StackInputs, stack_inputs
from astronet.errors import RunError
from astronet.evaluation.metrics import calibration_error
from astronet.files.checksums import sha256_of
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.features.event import FEATURES
from astronet.models.stack import Stack
from astronet.runs.stack_files import load_stack, save_stack, stack_paths
from astronet.training.forests import ForestSettings
from astronet.training.stacking import FittedPart, PartRecipe, fit_part

FEW = (
    ForestSettings(trees=30, seeds=1, events_per_leaf=10, columns_per_node=1),
    ForestSettings(trees=20, seeds=2, events_per_leaf=20, columns_per_node=1),
)
HASHES = ["a" * 64]


def events(n: int = 1200, seed: int = 0) -> tuple[StackInputs, Floats, Ints]:
    """Return events whose network, first feature and centroid each tell a part of the truth."""
    generator = np.random.default_rng(seed)
    targets = (generator.random(n) < 0.3).astype(np.float64)
    network, feature, offset = (1.5 * targets + generator.normal(size=n) for _ in range(3))
    features = np.zeros((n, len(FEATURES)))
    features[:, 0] = feature
    stars = np.arange(n) // 2
    table = pd.DataFrame({"star": stars, "period_days": generator.uniform(1, 50, n)})
    table = table.assign(epoch_bkjd=131.0, duration_days=0.1)
    table[CENTROID] = np.where(np.arange(n) % 3 > 0, np.exp(-3 * offset), 0.0)
    logits = np.stack([network - 2, network - 2.2], axis=1)
    return stack_inputs(features, logits, table), targets, stars % 4


def fitted(*groups: str) -> FittedPart:
    recipe = PartRecipe(forests=(("views", "networks", *groups),), settings=FEW)
    return fit_part(*events(), recipe)


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(2, 0, (fitted().part, fitted("centroid").part))


def test_every_input_helps(stack: Stack) -> None:
    inputs, targets, _ = events(seed=1)
    rows = inputs.known["centroid"]
    network = roc_auc_score(targets[rows], inputs.values["networks"].mean(axis=1)[rows])
    without, with_centroid = (
        roc_auc_score(targets[rows], part.logits(inputs)[rows]) for part in stack.parts
    )
    assert network + 0.03 < without < with_centroid - 0.02


def test_scores_are_calibrated_on_other_events(stack: Stack) -> None:
    inputs, targets, _ = events(6000, seed=2)
    assert calibration_error(stack.scores(inputs).score, targets) < 0.04


def test_held_out_logits_are_not_those_of_the_fitted_trees() -> None:
    inputs, targets, _ = events()
    found = fitted("centroid")
    known = inputs.known["centroid"]
    assert (np.isfinite(found.held_out) == known).all()
    seen = found.part.logits(inputs.of(known))
    assert roc_auc_score(targets[known], seen) > roc_auc_score(
        targets[known], found.held_out[known]
    )


def test_each_event_is_scored_with_everything_that_is_known(stack: Stack) -> None:
    inputs = events(300, seed=3)[0]
    found = stack.scores(inputs)
    known = inputs.known["centroid"]
    assert found.inputs[0] == "views + networks"
    assert found.inputs[1] == "views + networks + centroid"
    simple, rich = (1 / (1 + np.exp(-part.logits(inputs))) for part in stack.parts)
    np.testing.assert_allclose(found.score, np.where(known, rich, simple))


def test_events_with_two_labels_are_fitted_with_both_and_calibrated_to_the_stronger_one() -> None:
    """If another set of labels calls half of the planets something else, scores fall a little."""
    inputs, targets, folds = events()
    recipe = PartRecipe(forests=(("views", "networks"),), settings=FEW, network_weights=(0.0,))
    alternate = np.arange(len(targets)) % 2 == 0
    mixed = np.where(alternate, targets, 0.6 * targets)
    both, one = (fit_part(inputs, y, folds, recipe) for y in (mixed, targets))
    raw = [found.part.raw_logits(inputs)[targets == 1].mean() for found in (both, one)]
    assert raw[0] < raw[1] - 0.2
    held_out = expit(both.held_out)
    assert abs(held_out.mean() - targets.mean()) < 0.02
    assert roc_auc_score(targets, held_out) > roc_auc_score(
        targets, inputs.values["networks"][:, 0]
    )


def test_an_event_without_views_has_no_score(stack: Stack) -> None:
    inputs = events(20)[0]
    for group in ("views", "networks"):
        inputs.known[group][4] = False
    found = stack.scores(inputs)
    assert np.isnan(found.score[4])
    assert found.inputs[4] == ""
    assert np.isfinite(np.delete(found.score, 4)).all()


def test_a_network_that_is_right_has_weight() -> None:
    inputs, targets, folds = events()
    generator = np.random.default_rng(5)
    inputs.values["views"][:, 0] = generator.normal(size=len(targets))
    exact = 3 * (2 * targets - 1) + generator.normal(0, 2.5, len(targets))
    inputs.values["networks"][:] = exact[:, None]
    recipe = PartRecipe(forests=(("views",), ("views", "networks")), settings=FEW)
    part = fit_part(inputs, targets, folds, recipe).part
    assert part.network_weight > 0
    assert len(part.forest.roots) == 2 * (30 + 2 * 20)


def test_a_saved_stack_has_the_same_scores(stack: Stack, tmp_path: Path) -> None:
    save_stack(stack, tmp_path / "stack", HASHES, {"seed": 0})
    inputs = events(200, seed=4)[0]
    loaded = load_stack(tmp_path / "stack", HASHES)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.trees.scores(inputs).score, stack.scores(inputs).score)
    assert loaded.trees.scores(inputs).inputs == stack.scores(inputs).inputs
    assert loaded.description.settings == {"seed": 0}
    assert loaded.description.versions.keys() >= {"astronet", "scikit-learn"}


def test_a_folder_without_a_stack_has_none(tmp_path: Path) -> None:
    assert load_stack(tmp_path / "stack", HASHES) is None


def test_a_stack_is_bound_to_the_weights_it_was_fitted_with(stack: Stack, tmp_path: Path) -> None:
    base = tmp_path / "stack"
    save_stack(stack, base, HASHES, {})
    with pytest.raises(RunError, match="fitted with the logits of other weights"):
        load_stack(base, ["b" * 64])


def test_damaged_files_are_one_line_errors(stack: Stack, tmp_path: Path) -> None:
    base = tmp_path / "stack"
    save_stack(stack, base, HASHES, {})
    path, description = stack_paths(base)
    content, text = path.read_bytes(), description.read_text()

    path.write_bytes(content[:-1] + b"\x01")
    with pytest.raises(RunError, match="SHA-256 mismatch"):
        load_stack(base, HASHES)
    arrays = load_file_of(content, tmp_path)
    arrays["0.right"][:] = 0  # the evaluation would never end
    save_file(arrays, path)
    described = text.replace(old_hash(text), sha256_of(path))
    description.write_text(described)
    with pytest.raises(RunError, match="does not contain the trees that stack.json describes"):
        load_stack(base, HASHES)
    path.unlink()
    with pytest.raises(RunError, match="stack.safetensors cannot be read"):
        load_stack(base, HASHES)
    path.write_bytes(content)
    description.write_text(text.replace('"scatter"', '"sctter"'))
    with pytest.raises(RunError, match="read other inputs than this version"):
        load_stack(base, HASHES)
    description.write_text(text[:-20])
    with pytest.raises(RunError, match="corrupt, or from another version"):
        load_stack(base, HASHES)
    description.unlink()
    with pytest.raises(RunError, match="stack.json is missing"):
        load_stack(base, HASHES)


def test_trees_of_another_stack_are_shared_and_not_written_again(
    stack: Stack, tmp_path: Path
) -> None:
    first = Stack(stack.networks, stack.catalogue_networks, stack.parts[:1])
    save_stack(first, tmp_path / "first.stack", HASHES, {})
    save_stack(stack, tmp_path / "both.stack", HASHES, {}, shared=["first.stack"])
    loaded = load_stack(tmp_path / "both.stack", HASHES)
    assert loaded is not None
    inputs = events(200, seed=4)[0]
    np.testing.assert_array_equal(loaded.trees.scores(inputs).score, stack.scores(inputs).score)
    own = load_file(tmp_path / "both.stack.safetensors")
    assert {key.split(".")[0] for key in own} == {str(n) for n in range(len(stack.parts) - 1)}

    backwards = Stack(stack.networks, stack.catalogue_networks, stack.parts[::-1])
    with pytest.raises(RunError, match="first.stack are not the first ones of"):
        save_stack(backwards, tmp_path / "other.stack", HASHES, {}, shared=["first.stack"])
    (tmp_path / "first.stack.safetensors").unlink()
    with pytest.raises(RunError, match="first.stack.safetensors cannot be read"):
        load_stack(tmp_path / "both.stack", HASHES)


def test_a_stack_with_a_known_hash_must_exist_and_be_unchanged(
    stack: Stack, tmp_path: Path
) -> None:
    base = tmp_path / "stack"
    with pytest.raises(RunError, match="stack.json is missing"):
        load_stack(base, HASHES, "0" * 64)
    save_stack(stack, base, HASHES, {})
    description = stack_paths(base)[1]
    digest = sha256_of(description)
    assert load_stack(base, HASHES, digest) is not None
    description.write_text(description.read_text() + "\n")
    with pytest.raises(RunError, match=r"stack.json differs from the file of these weights"):
        load_stack(base, HASHES, digest)


def test_the_number_of_networks_must_be_that_of_the_stack(stack: Stack) -> None:
    inputs = events(20)[0]
    inputs.values["networks"] = inputs.values["networks"][:, :1]
    with pytest.raises(RunError, match="reads 2 inputs of the group networks, but 1 were given"):
        stack.scores(inputs)


def test_events_of_one_fold_are_not_enough() -> None:
    inputs, targets, folds = events()
    recipe = PartRecipe(forests=(("views",),))
    with pytest.raises(RunError, match="in at least two folds"):
        fit_part(inputs, targets, np.zeros_like(folds), recipe)


def load_file_of(content: bytes, folder: Path) -> dict[str, Floats]:
    copy = folder / "copy.safetensors"
    copy.write_bytes(content)
    arrays = {name: values.copy() for name, values in load_file(copy).items()}
    copy.unlink()
    return arrays


def old_hash(text: str) -> str:
    import json

    return str(json.loads(text)["sha256"])


def test_trees_are_also_fitted_to_copies() -> None:
    """Copies in which the first feature is noise: the trees rely on it less."""
    inputs, targets, folds = events()
    generator = np.random.default_rng(3)
    views = inputs.values["views"].copy()
    views[:, 0] = generator.permutation(views[:, 0])
    noisy = StackInputs({**inputs.values, "views": views}, inputs.known)
    recipe = PartRecipe(forests=(("views", "networks"),), settings=FEW)
    same = fit_part(inputs, targets, folds, recipe, [inputs, inputs]).part
    other = fit_part(inputs, targets, folds, recipe, [noisy, noisy]).part
    changed = inputs.values["views"].copy()
    changed[:, 0] += 2
    moved = StackInputs({**inputs.values, "views": changed}, inputs.known)
    effects = [np.mean(part.logits(moved) - part.logits(inputs)) for part in (same, other)]
    assert effects[1] < 0.6 * effects[0]
    once = fit_part(inputs, targets, folds, recipe).part
    apart = np.abs(once.logits(inputs) - same.logits(inputs))
    assert np.median(apart) < 0.3, "equal copies change little"
