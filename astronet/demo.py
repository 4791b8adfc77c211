"""`astronet demo`: the complete pipeline for simulated stars, from FITS files to a report."""

import logging
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from astronet.config import Experiment
from astronet.dataset.store import ViewStore
from astronet.dataset.writing import check_replaceable
from astronet.errors import ConfigError, RunError
from astronet.evaluate import Evaluation, evaluate
from astronet.files.atomic import replacing
from astronet.files.deletion import delete_files
from astronet.predict import predict_table, save
from astronet.prepare import prepare
from astronet.runs.loading import load
from astronet.runs.prediction import Prediction
from astronet.runs.run import Run
from astronet.runs.run_folder import check_run_folder, inputs_of_training
from astronet.simulate import LIGHT_CURVES, TABLE, simulate
from astronet.train import train

_logger = logging.getLogger("astronet")

_UNSEEN = "unseen.csv"
"""Name of the table of the events that are scored from their FITS files."""

_PREDICTED = ("predictions.csv", "predictions.png")
"""Names of the files with the scores of these events, in the run folder."""


@dataclass(frozen=True, eq=False)
class Demo:
    """Results of the demonstration of the pipeline.

    Attributes:
        store: Store of the views of the simulated events.
        run: Trained run.
        evaluation: Evaluation of the run on the test stars.
        prediction: Scores of the events of up to ten test stars, computed from their FITS files.
        picture: Path of the figure of the views and scores of these events; if there are more than
            20, it shows the 20 with the highest scores.
    """

    store: ViewStore
    run: Run
    evaluation: Evaluation
    prediction: Prediction
    picture: Path


def demo(experiment: Experiment, stars: int, run_path: Path, *, overwrite: bool = False) -> Demo:
    """Simulate Kepler stars, run the complete pipeline on them, and return the results.

    The steps of the pipeline are prepare, train, evaluate and predict.

    Args:
        experiment: Config. The simulated files are written to the folder of `source.catalog`.
        stars: Number of simulated stars.
        run_path: Run folder.
        overwrite: Whether to replace existing simulated files, an existing store and an existing
            run with its predictions.

    Raises:
        ConfigError: In the config, `source.catalog` and `source.light_curves` are not tce.csv and
            light_curves in the same folder.
        RunError: The simulated table, the table of predicted events, the store or the run folder
            exists, and `overwrite` is False; or the run folder contains other files.
    """
    source = experiment.source
    folder = source.catalog.parent
    if (source.catalog, source.light_curves) != (folder / TABLE, folder / LIGHT_CURVES):
        raise ConfigError(
            f"the config is not for simulated stars (source.catalog is {source.catalog}, "
            f"source.light_curves is {source.light_curves}), but the demonstration would write "
            f"the store {experiment.store}; use the config demo, or a config with source.catalog="
            f"FOLDER/{TABLE} and source.light_curves=FOLDER/{LIGHT_CURVES}",
            arguments=("config",),
        )
    for path in (source.catalog, folder / _UNSEEN, experiment.store, run_path):
        if path.exists() and not overwrite:
            raise RunError(
                f"{path} already exists; delete it, or overwrite it", arguments=("overwrite",)
            )
    inputs = inputs_of_training(experiment)
    check_run_folder(run_path, resume=False, overwrite=overwrite, inputs=inputs, also=_PREDICTED)
    if experiment.store.exists():
        check_replaceable(experiment.store, overwrite)
    _logger.info("1/5 simulate: write FITS files for %d simulated Kepler stars", stars)
    simulate(source.catalog.parent, stars=stars, overwrite=overwrite)
    _logger.info("2/5 prepare: detrend and phase-fold the light curves, and compute the views")
    store = prepare(experiment, overwrite=overwrite)
    _logger.info("3/5 train: fit the network to the training stars")
    if overwrite and run_path.is_dir():
        delete_files(run_path, _PREDICTED)
    run = train(experiment, run_path, overwrite=overwrite)
    _logger.info("4/5 evaluate: compute the metrics for the test stars")
    evaluation = evaluate([run_path], split="test")
    _logger.info("5/5 predict: score ten of the test stars from their FITS files")
    prediction, picture = _predict(experiment, store, run)
    return Demo(store, run, evaluation, prediction, picture)


def _predict(experiment: Experiment, store: ViewStore, run: Run) -> tuple[Prediction, Path]:
    """Score the events of up to ten test stars from their FITS files, and save the results.

    Returns:
        The scores with the views, and the path of the figure.
    """
    tested = store.index[experiment.data.split.assign(store.index) == "test"]
    stars = tested["star"].drop_duplicates().head(10)
    source = experiment.source
    catalog = pd.read_csv(source.catalog, comment="#")
    table = source.catalog.with_name(_UNSEEN)
    with replacing(table) as part:
        catalog[catalog["kepid"].isin(stars)].to_csv(part, index=False)
    prediction = predict_table(load(run.path), table, source.light_curves)
    title = f"{run.path.name}: test stars"
    return prediction, save(prediction, run.path / _PREDICTED[0], title)
