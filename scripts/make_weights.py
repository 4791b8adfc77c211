"""Trains the shipped weights anew from DR24: `make weights`.

Teachers, trained on four fifths of the training stars each, score the fifth that they have not
seen. They read light curve and catalogue; their scores soften the labels from which the small
networks of each name learn, on all training stars, and calibrate them. What is done is kept in
runs/weights and not done again.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.progress import track

from astronet.config import load_config
from astronet.dataset.examples import Examples
from astronet.dataset.recut import views_of
from astronet.dataset.scalars import scalars_of
from astronet.dataset.splits import FoldSplit
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError
from astronet.evaluation.calibration import Calibration, fit_calibration, fit_to_probabilities
from astronet.evaluation.intervals import as_json
from astronet.files.atomic import replacing
from astronet.import_views import import_views
from astronet.lightcurves.arrays import Floats, Ints
from astronet.models import count_parameters
from astronet.runs.packing import describe_training, pack
from astronet.runs.scorer import load
from astronet.runs.shipped import FOLDER, Shipped
from astronet.train import train

FAST = "network.both_directions=false"
"""The teachers score time as it is and reversed; a student looks once."""

TEACHER = "residual-scalars-dr24.yaml"
STUDENTS = {
    # Their teachers know more than they can see: more is to be learnt from them than from labels.
    "pretrained": (
        ("residual-dr24.yaml", "data.teacher.weight=0.7", "training.epochs=10", FAST),
        ("slim-dr24.yaml", "data.teacher.weight=0.7"),
    ),
    # Runs that differ in their seed alone are 0.005 of average precision apart on val: so two.
    "pretrained-scalars": (
        (TEACHER, "data.teacher.weight=0.5", FAST),
        (TEACHER, "data.teacher.weight=0.5", FAST, "training.seed=2"),
    ),
}
"""Config and settings of the networks of each name."""

TITLES = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "recall_at_precision_95": "recall at precision 0.95",
    "recall_at_precision_99": "recall at precision 0.99",
    "ece": "expected calibration error",
    "log_loss": "log loss",
    "accuracy": "accuracy at 0.5",
}
"""The rows of a card."""

FOLDS, TEACHERS, SEED = 5, 2, 1
VIEWS, TABLE = "views_trainval.npz", "q1_q17_dr24_tce.csv"


def main(
    names: Annotated[list[str] | None, typer.Argument(help="which weights; all by default")] = None,
    data: Annotated[Path, typer.Option(help="folder of DR24's views and table")] = Path(
        "../shared/data/dr24"
    ),
    store: Annotated[Path, typer.Option(help="their store")] = Path("data/stores/dr24"),
    work: Annotated[Path, typer.Option(help="where runs are kept")] = Path("runs/weights"),
    out: Annotated[Path, typer.Option(help="where the weights go")] = FOLDER,
) -> None:
    """Trains and packs."""
    if unknown := set(names or ()) - set(STUDENTS):
        raise SystemExit(f"error: {min(unknown)} is not shipped; choose of {', '.join(STUDENTS)}")
    try:
        if not store.exists():
            import_views(data / VIEWS, store, table=data / TABLE)
        opened = ViewStore.open(store)
        scores = _teachers_scores(opened, work)
        for name in names or STUDENTS:
            make(name, opened, scores, work, out)
    except AstronetError as error:
        raise SystemExit(f"error: {error}") from None


def make(name: str, store: ViewStore, scores: Path, work: Path, out: Path) -> None:
    """Trains, calibrates, measures and packs the weights of one name."""
    taught = [f"store={store.path}", f"training.seed={SEED}", f"data.teacher.scores={scores}"]
    runs = []
    for number, (config, *settings) in enumerate(STUDENTS[name], 1):
        experiment = load_config(Path("configs") / config, [*taught, *settings])
        runs.append(train(experiment, work / f"{name}-{number}", resume=True))
    data = Examples(store, runs[0].experiment.data)
    rows, fresh = data.rows("val"), _of_new_stars(data)
    raw = load(*(run.path for run in runs)).score_store(store)
    calibrated_teachers, where = _calibration(scores, store, data)
    shares = calibrated_teachers.apply(_teachers_say(store, rows, work))
    calibration = fit_to_probabilities(raw[rows], shares)
    where += f", and made as sure as they are of {len(rows)} validation events, labels unseen"
    described = describe_training(runs[0], store, calibrated_on=where)
    calibrated = calibration.apply(raw)
    stars = store.index["star"].to_numpy()
    metrics = {
        title: as_json(
            calibrated[of], data.targets[of], stars[of], split=title, labels=described.labels
        )
        for title, of in (("val", rows), ("val, stars not in training", fresh))
    }
    shipped = pack(runs, name, out, calibration, described, metrics, overwrite=True)
    (out / f"{name}.md").write_text(_card(shipped), encoding="utf-8")
    typer.echo(f"{shipped}: {shipped.weights_path}")
    for title, measured in metrics.items():
        figures = (f"{key} {measured[key]:.4f}" for key in ("roc_auc", "average_precision", "ece"))
        typer.echo(f"{title}: {', '.join(figures)}")


def _calibration(scores: Path, store: ViewStore, data: Examples) -> tuple[Calibration, str]:
    """The teachers' calibration, and on which events it was fitted, in words.

    They scored far more events of stars that they had not seen than the validation part holds.
    """
    known = store.index[["star", "number"]].assign(target=data.targets)
    held_out = pd.read_csv(scores).merge(known, on=["star", "number"])
    where = f"{len(held_out)} training events, each scored by teachers that did not know its star"
    return fit_calibration(held_out["score"], held_out["target"]), where


def _teachers_scores(store: ViewStore, work: Path) -> Path:
    """A table of the training events, each scored by teachers that do not know its star."""
    path = work / "teachers.csv"
    if path.exists():
        return path
    total = np.zeros(len(store))
    jobs = [(fold, member) for fold in range(FOLDS) for member in range(1, TEACHERS + 1)]
    for fold, member in track(jobs, "teachers"):
        split = FoldSplit(fold=fold, folds=FOLDS, within="train")
        settings = [f"data.split={split.model_dump_json()}", f"training.seed={100 * member + fold}"]
        config = Path("configs") / TEACHER
        experiment = load_config(config, [f"store={store.path}", *settings])
        run = train(experiment, work / f"teacher-{fold}-{member}", resume=True, quiet=True)
        held_out = split.assign(store.index) == "test"
        total[held_out] += load(run.path).score_store(store)[held_out] / TEACHERS
    table = store.index[["star", "number"]].assign(score=total)
    table = table[store.index["split"] == "train"]
    with replacing(path) as part:
        table.to_csv(part, index=False)
    return path


def _teachers_say(store: ViewStore, rows: Ints, work: Path) -> Floats:
    """What the teachers say on the whole of some events [n] from which none of them has learnt."""
    said = []
    for path in sorted(work.glob("teacher-*")):
        teacher = load(path)
        views = views_of(store, teacher.experiment.views)
        scalars = scalars_of(store.index.iloc[rows], teacher.experiment.scalars)
        said.append(
            teacher.score_views({name: view[rows] for name, view in views.items()}, scalars)
        )
    return np.asarray(np.mean(said, axis=0))


def _card(shipped: Shipped) -> str:
    """The model card, its figures those of the description."""
    template = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=False
    ).get_template("card.md.j2")
    record = shipped.record
    text: str = template.render(
        name=shipped.name,
        parameters=f"{count_parameters(shipped.load_network()):,}",
        scalars=len(shipped.experiment.scalars),
        trained=record["trained_on"],
        parts=list(record["metrics"]),
        metrics=list(record["metrics"].values()),
        titles=TITLES,
    )
    return text


def _of_new_stars(data: Examples) -> Ints:
    """The validation events whose star no training event has."""
    known = set(data.store.index["star"].iloc[data.train_rows])
    rows = data.rows("val")
    return rows[[star not in known for star in data.store.index["star"].iloc[rows]]]


if __name__ == "__main__":
    typer.run(main)
