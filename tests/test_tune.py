"""Tuning: search on training stars only, resumed searches, pruning and error messages."""

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from commands import command
from samples import SmallRun

from astronet import tune as tuning
from astronet.config import Experiment, load_config
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError, ConfigError, RunError, StoreError
from astronet.files.locks import exclusive
from astronet.runs.run import Run
from astronet.runs.run_folder import RUN_FILES
from astronet.train import train
from astronet.tune import tune
from astronet.tuning.folder import FOLD_FILES
from astronet.tuning.results import progress_of
from astronet.tuning.space import Choices, Range
from astronet.tuning.study import Study, Trial

SPACE = {
    "optimization.learning_rate": Range(low=1e-4, high=1e-2, log=True),
    "data.batch_size": Choices(choices=(8, 16)),
}
TINY = [
    "network={kind: linear}",
    "training={epochs: 1, keep: best}",
    "data.split={kind: star, fractions: [0.7, 0.15, 0.15], salt: '2'}",
]


@pytest.fixture(scope="module")
def experiment(small_run: SmallRun) -> Experiment:
    return load_config(small_run.config, TINY)


@pytest.fixture(scope="module")
def searched(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> tuning.Tuning:
    folder = tmp_path_factory.mktemp("tuned") / "search"
    return tune(experiment, SPACE, folder, trials=3, folds=2, quiet=True)


def without_times(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="seconds")


def test_table_contains_every_trial_with_its_settings(searched: tuning.Tuning) -> None:
    table = pd.read_csv(searched.folder / "trials.csv")
    assert table["trial"].tolist() == [0, 1, 2]
    assert (table["state"] == "complete").all()
    assert (table["average_precision"] == table["folds_2"]).all()
    assert table["optimization.learning_rate"].between(1e-4, 1e-2).all()
    assert table["data.batch_size"].isin([8, 16]).all()
    assert searched.best == table["average_precision"].idxmax()


def test_best_config_can_be_trained(
    searched: tuning.Tuning, experiment: Experiment, tmp_path: Path
) -> None:
    best = load_config(searched.config)
    row = searched.table.iloc[searched.best]
    assert best.optimization.learning_rate == float(row["optimization.learning_rate"])
    assert best.data.split == experiment.data.split
    assert train(best, tmp_path / "best", quiet=True).finished


def test_no_trial_uses_validation_or_test_events(
    searched: tuning.Tuning, experiment: Experiment
) -> None:
    index = ViewStore.open(experiment.store).index
    split = experiment.data.split.assign(index)
    training_stars = set(index["star"][split == "train"])
    assert set(split) == {"train", "val", "test"}
    for trial in (0, 1, 2):
        folder = searched.folder / f"trial-{trial:03d}"
        scored = pd.read_csv(folder / "scores.csv")
        assert set(scored["star"]) == training_stars
        assert not scored.duplicated(["star", "number"]).any()
        for fold in (0, 1):
            run = Run(folder / f"fold-{fold}").experiment
            assert (run.training.keep, run.training.patience) == ("last", None)
            parts = run.data.split.assign(index)
            trained = set(index["star"][parts == "train"])
            held_out = set(scored["star"][scored["fold"] == fold])
            assert "val" not in parts
            assert not trained & held_out
            assert trained | held_out == training_stars


def test_trial_below_the_median_after_a_fold_is_pruned(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score_by_learning_rate(experiment, part, store, folder):
        good = experiment.optimization.learning_rate < 2e-3
        folder.mkdir(parents=True)
        scores = [0.9, 0.1] if good else [0.1, 0.9]
        return pd.DataFrame({"star": [1, 2], "target": [1, 0], "score": scores})

    monkeypatch.setattr(tuning, "_score_fold", score_by_learning_rate)
    table = tune(experiment, SPACE, tmp_path / "s", trials=15, folds=3, quiet=True).table
    pruned = table[table["state"] == "pruned"]
    assert len(pruned)
    assert (pruned["optimization.learning_rate"].astype(float) > 2e-3).all()
    assert (
        pruned["reason"] == "average precision below the median of the other trials after 1 fold"
    ).all()
    assert pruned["average_precision"].isna().all()
    assert table["folds_1"].notna().all()
    assert pruned["folds_2"].isna().all()


def test_weights_of_trials_are_deleted(searched: tuning.Tuning) -> None:
    assert (searched.folder / "trial-000/fold-0/metrics.csv").exists()
    assert not list(searched.folder.rglob("*.ckpt"))


def test_killed_and_resumed_equals_uninterrupted(
    searched: tuning.Tuning,
    experiment: Experiment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "search"

    def interrupt_in_the_second_trial(experiment, path, **options):
        run = train(experiment, path, **options)
        if path.parts[-2:] == ("trial-001", "fold-0"):
            raise KeyboardInterrupt
        return run

    monkeypatch.setattr(tuning, "train", interrupt_in_the_second_trial)
    with pytest.raises(KeyboardInterrupt):
        tune(experiment, SPACE, folder, trials=3, folds=2, quiet=True)
    assert len(pd.read_csv(folder / "trials.csv")) == 1
    assert (folder / "trial-001/fold-0/best.ckpt").exists()
    monkeypatch.undo()
    resumed = tune(experiment, SPACE, folder, trials=3, folds=2, quiet=True)
    pd.testing.assert_frame_equal(without_times(resumed.table), without_times(searched.table))
    assert resumed.config.read_text() == searched.config.read_text()


def test_search_is_resumed_only_with_the_same_settings(
    searched: tuning.Tuning, experiment: Experiment, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        tune(experiment, SPACE, searched.folder, trials=3, folds=3, quiet=True)
    assert str(caught.value) == (
        f"{searched.folder}/study.json belongs to a search with another number of folds; resume it "
        "with its original settings, overwrite it, or choose another folder"
    )
    assert caught.value.arguments == ("overwrite", "run")
    (tmp_path / "config.yaml").touch()
    with pytest.raises(
        RunError, match="exists, but it is not the folder of a search; choose another"
    ):
        tune(experiment, SPACE, tmp_path, quiet=True)
    corrupt = tmp_path / "corrupt"
    corrupt.mkdir()
    (corrupt / "study.json").write_text("{")
    with pytest.raises(
        RunError, match="study.json is corrupt; restore the file, or choose another"
    ):
        tune(experiment, SPACE, corrupt, quiet=True)


def test_two_searches_cannot_use_the_same_folder(experiment: Experiment, tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "study.lock", AstronetError("locked by the test")),
        pytest.raises(RunError, match="another search is running in .*; wait until it ends, or ch"),
    ):
        tune(experiment, SPACE, tmp_path, quiet=True)


def test_search_killed_before_its_first_file_was_written_is_restarted(
    experiment: Experiment, tmp_path: Path
) -> None:
    for name in ("study.lock", ".study.json.0123abcd.part"):
        (tmp_path / name).touch()
    with pytest.raises(RunError, match="no trial was started"):
        tune(experiment, SPACE, tmp_path, trials=0, folds=2, quiet=True)
    assert not list(tmp_path.glob("*.part"))


def test_more_trials_continue_an_existing_search(
    searched: tuning.Tuning, experiment: Experiment, tmp_path: Path
) -> None:
    folder = tmp_path / "search"
    tune(experiment, SPACE, folder, trials=1, folds=2, quiet=True)
    more = tune(experiment, SPACE, folder, trials=3, folds=2, quiet=True)
    pd.testing.assert_frame_equal(without_times(more.table), without_times(searched.table))


def test_failed_trial_is_a_row_with_its_reason(small_run: SmallRun, tmp_path: Path) -> None:
    small = load_config(small_run.config, TINY[1:])
    space = {"network.columns.local.blocks": Choices(choices=(2, 9))}
    found = tune(small, space, tmp_path / "search", trials=6, folds=2, quiet=True)
    table = found.table.set_index("trial")
    failed = table[table["network.columns.local.blocks"] == "9"]
    assert len(failed)
    assert (failed["state"] == "failed").all()
    assert failed["reason"].str.contains("block").all()
    assert table["state"][0] == "complete"
    assert table["network.columns.local.blocks"][0] == "2"
    assert "failed; best trials:" in found.summary


def test_search_without_a_complete_trial_is_an_error(
    experiment: Experiment, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        tune(experiment, SPACE, tmp_path / "search", minutes=0, quiet=True)
    assert str(caught.value) == ("no trial was started; allow more trials or minutes")
    assert caught.value.arguments == ("trials", "minutes")


@pytest.mark.parametrize(
    ("override", "key", "message"),
    [
        (
            "data.split={kind: fold}",
            "data.batch_size",
            "tuning makes its own cross-validation folds, so data.split.kind=fold cannot be used",
        ),
        (
            "data.teacher={scores: t.csv}",
            "data.batch_size",
            "data.teacher cannot be used in tuning because its scores may depend on the labels",
        ),
        (
            "training.seed=0",
            "data.split.salt",
            "data.split.salt cannot be tuned because trials with different values are not compar",
        ),
        (
            "training.seed=0",
            "data",
            "data cannot be tuned because trials with different values are not comparable",
        ),
        (
            "training.seed=0",
            "data.batch_siez",
            "search space: unknown key data.batch_siez; did you mean",
        ),
        (
            "training.seed=0",
            "network.kind",
            "search space: network.kind = '8' is unknown; choose",
        ),
    ],
)
def test_settings_that_cannot_be_tuned_are_rejected(
    small_run: SmallRun, tmp_path: Path, override: str, key: str, message: str
) -> None:
    settings = load_config(small_run.config, [*TINY, override])
    with pytest.raises(ConfigError) as caught:
        tune(settings, {key: SPACE["data.batch_size"]}, tmp_path / "search", quiet=True)
    assert str(caught.value).startswith(message)
    assert not (tmp_path / "search").exists()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.devices=2", "tuning uses one device, but the trainer section selects 2; set"),
        ("trainer.logger=tensorboard", "tuning does not support trainer.logger=tensorboard; set"),
    ],
)
def test_several_devices_and_loggers_are_rejected(
    small_run: SmallRun, tmp_path: Path, override: str, message: str
) -> None:
    config = load_config(small_run.config, ["trainer.accelerator=cpu", override])
    with pytest.raises(ConfigError, match=f"^{message}"):
        tune(config, SPACE, tmp_path / "search", trials=1, folds=2, quiet=True)
    assert not (tmp_path / "search").exists()


def test_folds_without_planets_are_rejected(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="fold 1 of 20 of the training stars of .* has 0 planets"):
        tune(experiment, SPACE, tmp_path / "search", folds=20, quiet=True)


def test_missing_optuna_is_an_error_with_the_command_to_install_it(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError) as caught:
        tune(experiment, SPACE, tmp_path / "search", quiet=True)
    assert str(caught.value) == "optuna is not installed; run `pip install optuna`"


def test_settings_on_the_command_line_are_not_tuned(small_run: SmallRun, tmp_path: Path) -> None:
    space = tmp_path / "space.yaml"
    space.write_text(
        "optimization.learning_rate: {low: 1e-4, high: 1e-2, log: true}\n"
        "data.batch_size: {choices: [8, 16]}\n"
    )
    options = {"config": small_run.config, "space": space, "run": tmp_path / "search"}
    fixed = command("tune", *TINY, "data.batch_size=4", **options, trials=2, folds=2)
    assert "data.batch_size is not tuned, because it is fixed by data.batch_size=4" in fixed.err
    assert fixed.status == 0
    for trial in (0, 1):
        run = Run(tmp_path / "search" / f"trial-{trial:03d}" / "fold-0")
        assert run.experiment.data.batch_size == 4
    assert "data.batch_size" not in pd.read_csv(tmp_path / "search/trials.csv")
    words = " ".join(fixed.err.split())
    assert "trial 0 (1 of 2): average precision 0." in words
    assert "s remaining" in words
    settings = ["data.batch_size=4", "optimization.learning_rate=0.1"]
    nothing = command("tune", *TINY, *settings, **options)
    assert nothing.error.startswith("nothing is left to tune, because ")


def study_of(*seconds: float) -> Study:
    """Return a study without a file, with trials of these durations and rising precisions."""
    study = object.__new__(Study)
    study.trials = [
        Trial(state="complete", params={}, precisions=(0.5, 0.8 + k / 100), seconds=one)
        for k, one in enumerate(seconds)
    ]
    return study


@pytest.mark.parametrize(
    ("trials", "left", "remaining"),
    [(30, None, "2 h 20 min"), (3, None, "5 min"), (30, 3900, "1 h 05 min")],
)
def test_remaining_time_is_the_mean_time_of_a_trial_times_the_trials_left(
    trials: int, left: float | None, remaining: str
) -> None:
    assert progress_of(study_of(300, 300), trials, left) == (
        f"trial 1 (2 of {trials}): average precision 0.8100, 5 min; best 0.8100 (trial 1); "
        f"about {remaining} remaining"
    )
    assert progress_of(study_of(20), 1) == (
        "trial 0 (1 of 1): average precision 0.8000, 20 s; best 0.8000 (trial 0)"
    )


def test_another_search_is_overwritten_on_request(small_run: SmallRun, tmp_path: Path) -> None:
    options = {"config": small_run.config, "run": tmp_path / "search", "trials": 1}
    (tmp_path / "space.yaml").write_text("optimization.learning_rate: {low: 1e-4, high: 1e-2}\n")
    options |= {"space": tmp_path / "space.yaml"}
    assert command("tune", *TINY, **options, folds=2).status == 0
    kept = (tmp_path / "search/study.json").read_bytes()
    assert command("tune", *TINY, **options, folds=3).error.endswith("(--overwrite, --run)")
    assert (tmp_path / "search/study.json").read_bytes() == kept
    assert command("tune", *TINY, **options, folds=3, overwrite=True).status == 0
    assert (tmp_path / "search/trial-000/fold-2").is_dir()


def test_names_of_the_files_of_a_fold_are_those_of_a_run() -> None:
    assert FOLD_FILES == RUN_FILES


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_search_is_kept_if_the_new_one_cannot_start(
    searched: tuning.Tuning, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(searched.folder)
    given = {"folds": 2, "overwrite": True, "quiet": True}
    with pytest.raises(ConfigError):
        tune(
            experiment, {"optimization.unknown": SPACE["data.batch_size"]}, searched.folder, **given
        )
    with pytest.raises(StoreError):
        tune(experiment, SPACE, searched.folder, **(given | {"folds": 20}))
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match="optuna is not installed"):
        tune(experiment, SPACE, searched.folder, **given)
    assert contents(searched.folder) == before


@pytest.mark.parametrize("name", ["thesis.tex", "trial-000/notes.txt", "figures/scores.png"])
def test_a_search_with_other_files_is_not_overwritten(
    searched: tuning.Tuning, experiment: Experiment, tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(searched.folder, tmp_path / "search"))
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    before = contents(folder)
    with pytest.raises(RunError, match="which is not part of the search; move it, or choose"):
        tune(experiment, SPACE, folder, trials=1, folds=2, overwrite=True, quiet=True)
    assert contents(folder) == before


def test_overwriting_a_search_deletes_neither_inputs_nor_another_study(
    searched: tuning.Tuning, small_run: SmallRun, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(searched.folder, tmp_path / "search"))
    space = tmp_path / "space.yaml"
    space.write_text("optimization.learning_rate: {low: 1e-4, high: 1e-2}\n")
    before = contents(folder)
    options = {"space": space, "run": folder, "folds": 2, "overwrite": True}
    assert command("tune", config=folder / "best.yaml", **options).error == (
        f"overwriting {folder} would delete the input {folder / 'best.yaml'}; choose another "
        "folder (--run)"
    )
    assert contents(folder) == before
    (folder / "study.json").write_text('{"study": "mine"}')
    error = command("tune", config=small_run.config, **options).error
    assert error.startswith(f"{folder} exists, but it is not the folder of a search; choose")
    assert (folder / "trials.csv").exists()
