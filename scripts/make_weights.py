"""Train the shipped weights from DR24: `make weights`.

Teacher networks, which read light curves and catalogue, are trained in five folds by star and score
the fold that they were not trained on. Their scores soften the targets on which the small networks
of each name are then trained, with all training stars, and calibrate these networks (knowledge
distillation). Finished runs are kept in runs/weights, so that an interrupted script resumes.
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
from astronet.dataset.splits import FoldSplit
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError
from astronet.evaluation.calibration import Calibration, fit_calibration, fit_to_probabilities
from astronet.evaluation.decisions import Thresholds
from astronet.evaluation.intervals import as_json
from astronet.evaluation.metrics import TITLES
from astronet.files.atomic import replacing, write_text
from astronet.files.configs import find_config
from astronet.import_views import import_views
from astronet.lightcurves.arrays import Floats, Ints
from astronet.models import count_parameters
from astronet.runs.loading import load
from astronet.runs.packing import describe_training, pack
from astronet.runs.shipped import FOLDER, Shipped
from astronet.train import train

FAST = "network.both_directions=false"
"""Setting of the students: no second pass over the time-reversed views, unlike the teachers."""

TEACHER = "residual-scalars-dr24"
STUDENTS = {
    # The teachers also read the catalogue, so their scores tell these networks more than labels.
    "pretrained": (
        ("residual-dr24", "data.teacher.weight=0.7", "training.epochs=10", FAST),
        ("slim-dr24", "data.teacher.weight=0.7"),
    ),
    # Two runs are averaged because average precision on val varies by 0.005 with the seed.
    "pretrained-scalars": (
        (TEACHER, "data.teacher.weight=0.5", FAST),
        (TEACHER, "data.teacher.weight=0.5", FAST, "training.seed=2"),
    ),
}
"""Config and overrides of each network, by the name of the weights."""

ON_CARD = (
    *("roc_auc", "average_precision", "recall_at_precision_95", "recall_at_precision_99"),
    *("ece", "log_loss", "accuracy"),
)
"""Names of the metrics in the table of a card."""

FOLDS, TEACHERS, SEED = 5, 2, 1
VIEWS, TABLE = "views_trainval.npz", "q1_q17_dr24_tce.csv"


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of the weights to train (default: all).")
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of DR24's views and TCE table.")] = Path(
        "../shared/data/dr24"
    ),
    store: Annotated[
        Path, typer.Option(help="Store of these views; imported if it is missing.")
    ] = Path("data/stores/dr24"),
    work: Annotated[Path, typer.Option(help="Folder for the training runs.")] = Path(
        "runs/weights"
    ),
    out: Annotated[Path, typer.Option(help="Folder for the weights and their cards.")] = FOLDER,
) -> None:
    """Train the shipped weights from DR24, calibrate and pack them, and write their cards."""
    if unknown := set(names or ()) - set(STUDENTS):
        raise SystemExit(
            f"error: there are no weights {min(unknown)}; choose from {', '.join(STUDENTS)}"
        )
    try:
        if not store.exists():
            import_views(data / VIEWS, store, table=data / TABLE)
        opened = ViewStore.open(store)
        scores = _held_out_scores(opened, work)
        for name in names or STUDENTS:
            make(name, opened, scores, work, out)
    except AstronetError as error:
        raise SystemExit(f"error: {error}") from None


def make(name: str, store: ViewStore, scores: Path, work: Path, out: Path) -> None:
    """Train, calibrate, evaluate and pack the weights of one name."""
    taught = [f"store={store.path}", f"training.seed={SEED}", f"data.teacher.scores={scores}"]
    runs = []
    for number, (config, *settings) in enumerate(STUDENTS[name], 1):
        experiment = load_config(find_config(config), [*taught, *settings])
        runs.append(train(experiment, work / f"{name}-{number}", resume=True))
    data = Examples(store, runs[0].experiment.data)
    rows = data.rows("val")
    fresh = rows[data.without_training_events(rows)]
    raw = load(*(run.path for run in runs)).score_store(store)
    calibrated_teachers, events = _teacher_calibration(scores, store, data)
    probabilities = calibrated_teachers.apply(_mean_teacher_scores(store, rows, work))
    calibration = fit_to_probabilities(raw[rows], probabilities)
    events += (
        f", and matched to the calibrated teachers' scores on {len(rows)} validation events, "
        "without using their labels"
    )
    described = describe_training(runs[0], store, calibrated_on=events)
    calibrated = calibration.apply(raw)
    stars = store.index["star"].to_numpy()
    metrics = {
        title: as_json(
            calibrated[of], data.targets[of], stars[of], split=title, labels=described.labels
        )
        for title, of in (("val", rows), ("val, stars not in training", fresh))
    }
    thresholds = Thresholds.fit(calibrated[fresh], data.targets[fresh])
    shipped = pack(
        runs,
        name,
        out,
        calibration,
        described,
        metrics,
        thresholds=thresholds,
        overwrite=True,
    )
    write_text(out / f"{name}.md", _card(shipped))
    typer.echo(f"{shipped}: {shipped.weights_path}")
    for title, measured in metrics.items():
        figures = (f"{key} {measured[key]:.4f}" for key in ("roc_auc", "average_precision", "ece"))
        typer.echo(f"{title}: {', '.join(figures)}")


def _teacher_calibration(scores: Path, store: ViewStore, data: Examples) -> tuple[Calibration, str]:
    """Return the calibration of the teachers and a description of the events it is fitted on.

    The held-out training events are far more numerous than the validation events.
    """
    known = store.index[["star", "number"]].assign(target=data.targets)
    held_out = pd.read_csv(scores).merge(known, on=["star", "number"])
    events = (
        f"{len(held_out)} training events, each scored by teacher networks that were not trained "
        "on its star"
    )
    return fit_calibration(held_out["score"], held_out["target"]), events


def _held_out_scores(store: ViewStore, work: Path) -> Path:
    """Write a table of the training events, each scored by teachers not trained on its star."""
    path = work / "teachers.csv"
    if path.exists():
        return path
    total = np.zeros(len(store))
    jobs = [(fold, member) for fold in range(FOLDS) for member in range(1, TEACHERS + 1)]
    for fold, member in track(jobs, "teachers"):
        split = FoldSplit(fold=fold, folds=FOLDS, within="train")
        settings = [f"data.split={split.model_dump_json()}", f"training.seed={100 * member + fold}"]
        experiment = load_config(find_config(TEACHER), [f"store={store.path}", *settings])
        run = train(experiment, work / f"teacher-{fold}-{member}", resume=True, quiet=True)
        held_out = split.assign(store.index) == "test"
        total[held_out] += load(run.path).score_store(store)[held_out] / TEACHERS
    table = store.index[["star", "number"]].assign(score=total)
    table = table[store.index["split"] == "train"]
    with replacing(path) as part:
        table.to_csv(part, index=False)
    return path


def _mean_teacher_scores(store: ViewStore, rows: Ints, work: Path) -> Floats:
    """Return the mean score [n] of all teachers for events that none of them was trained on."""
    teachers = sorted(work.glob("teacher-*"))
    scores = [load(path).score_store(store, rows) for path in teachers]
    return np.asarray(np.mean(scores, axis=0))


def _card(shipped: Shipped) -> str:
    """Return the model card in Markdown, with the figures of the weights' JSON description."""
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
        thresholds=record["thresholds"],
        titles={name: TITLES[name] for name in ON_CARD} | {"accuracy": "accuracy at 0.5"},
    )
    return text


if __name__ == "__main__":
    typer.run(main)
