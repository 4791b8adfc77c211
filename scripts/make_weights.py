"""Train the shipped weights from DR24: `make weights`.

Teacher networks, which read light curves and catalogue, are trained in five folds by star and score
the fold that they were not trained on. Their scores soften the targets on which the small networks
are trained, with all training stars (knowledge distillation). Trees are fitted to the logits of
such networks for stars that they were not trained on, and to everything else that is known about an
event (stack). A network and trees for coarse views, those of short light curves, are trained on
degraded copies of the events. An index contains the labelled events, so that those similar to an
event can be found. Finished runs and trees are kept, so that an interrupted script resumes.
"""

import shutil
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from make_neighbours import make
from scipy.special import expit
from weights_cards import Evaluated, Today, card
from weights_copies import Copies
from weights_networks import COARSE, RUNS, STUDENTS, Networks
from weights_stacks import FAMILIES, Inputs, Parts, files_before, patterns_of, recipe_of

from astronet.dataset.examples import Examples
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError
from astronet.evaluation.calibration import Calibration, fit_calibration, fit_to_probabilities
from astronet.evaluation.decisions import Thresholds
from astronet.files.atomic import write_bytes, write_text
from astronet.files.checksums import sha256_of
from astronet.import_views import import_views
from astronet.lightcurves.arrays import Floats
from astronet.models.feature_range import FeatureRange
from astronet.runs.packing import describe_training, pack, pack_coarse
from astronet.runs.shipped import FOLDER, Shipped, load_shipped
from astronet.runs.stack_files import save_stack, stack_paths

VIEWS, TABLE = "views_trainval.npz", "q1_q17_dr24_tce.csv"
STATISTICS = "dr25_dv_statistics.csv.gz"
PATTERNS = patterns_of("pretrained-full")


def main(
    data: Annotated[
        Path, typer.Option(help="Folder of DR24's views and TCE table, and of DR25's statistics.")
    ] = Path("../shared/data/dr24"),
    labels: Annotated[
        Path,
        typer.Option(help="Labels of today's KOI table; may be missing."),
    ] = Path("../shared/data/koi/dr24_corrected_labels_trainval.csv.gz"),
    store: Annotated[
        Path, typer.Option(help="Store of these views; imported if it is missing.")
    ] = Path("data/stores/dr24-statistics"),
    work: Annotated[Path, typer.Option(help="Folder for the training runs.")] = Path(
        "runs/weights"
    ),
    out: Annotated[Path, typer.Option(help="Folder for the weights and their cards.")] = FOLDER,
) -> None:
    """Train the shipped weights from DR24, calibrate and pack them, and write their cards."""
    torch.set_num_threads(1)  # sums in several threads differ in the last digits
    try:
        if not store.exists():
            import_views(data / VIEWS, store, table=data / TABLE, join=data / STATISTICS)
        opened = ViewStore.open(store)
        today = Today.read(labels, opened.index) if labels.exists() else None
        Workshop(opened, work, today).ship(out)
    except AstronetError as error:
        raise SystemExit(f"error: {error}") from None


class Workshop:
    """Networks and trees that are trained in a folder, and the weights packed from them.

    Args:
        store: Store of DR24 with DR25's statistics.
        work: Folder of the runs and trees.
        today: Labels of today's KOI table; None if they are not given.
    """

    def __init__(self, store: ViewStore, work: Path, today: Today | None) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.store, self.work, self.today = store, work, today
        self.networks = Networks(store, work, self._tell)
        self.inputs = Inputs(store, work)
        self._begun, self._steps = time.monotonic(), 0

    def ship(self, out: Path) -> None:
        """Train everything that is missing, pack the weights, and replace those in a folder."""
        self.coarse_run = self.networks.student(COARSE)
        self.runs = {n: [self.networks.student(s) for s in own] for n, own in STUDENTS.items()}
        self.logits = {
            n: np.stack([self.networks.logits(run) for run in own], 1)
            for n, own in self.runs.items()
        }
        held_out = [
            np.stack([self.networks.held_out_logits(student) for student in own], 1)
            for own in STUDENTS.values()
        ]
        self.data = Examples(self.store, self.runs["pretrained"][0].experiment.data)
        train = self.data.train_rows
        known = self.inputs.of(*held_out)
        copies = Copies(self.networks, known, train)
        self.known, self.coarse = [known.of(train), *copies.varied], copies.coarse
        folds = self.networks.folds[train]
        labels = Examples(self.store).targets[train]
        now = None if self.today is None else self.today.everything[train]
        self.parts = Parts(self.known, self.coarse, labels, now, folds, self.work, self._tell)
        built = self.work / "weights"
        shutil.rmtree(built, ignore_errors=True)
        self.network = pack_coarse(self.coarse_run, built)
        for name in FAMILIES:
            self._tell(f"weights {name}")
            self._family(name, built)
        make(self.store, None if self.today is None else self.today.dispositions, built)
        for pattern in ("pretrained*.safetensors", "pretrained*.json"):
            for path in out.glob(pattern):
                path.unlink()
        for path in sorted(built.iterdir()):
            write_bytes(out / path.name, path.read_bytes())

    def _family(self, name: str, folder: Path) -> None:
        """Pack the networks and the stack of a family, and write its card."""
        family, base = FAMILIES[name], folder / f"{name}.stack"
        runs = self.runs[name] if name in family.networks else []
        others = [other for other in family.networks if other != name]
        shared = [load_shipped(other, folder) for other in others[-1:]]  # it shares the ones before
        stack = self.parts.stack(name)
        logits = [self.logits[n] for n in family.networks]
        inputs = self.inputs.of(logits[0], logits[1] if len(logits) > 1 else None)
        scores = stack.scores(inputs).score
        each = expit(np.hstack(logits))
        alone = each.mean(axis=1)
        calibration = self._calibration(alone)
        spread = calibration.apply(each).std(axis=1)
        found = Evaluated(scores, calibration.apply(alone), inputs, self.data, self.today)
        fresh = found.fresh
        thresholds = Thresholds.fit(scores[fresh], self.data.targets[fresh], spread[fresh])
        usual, coarse = (
            FeatureRange.fit(of[0].values["views"]) for of in (self.known, self.coarse)
        )
        events = (
            f"{len(self.data.train_rows)} training events in five folds by star, each scored by "
            "networks and trees that were not trained on its star"
        )
        described = describe_training(self.runs["pretrained"][0], self.store, calibrated_on=events)
        metrics = found.metrics(described.labels, centroid="centroid" in family.patterns[-1])
        settings = {"recipes": [recipe_of(p).model_dump(mode="json") for p in patterns_of(name)]}

        def packed(digest: str | None) -> Shipped:
            return pack(
                runs, name, folder, calibration, described, metrics,
                thresholds=thresholds, shared=shared, stack=digest, overwrite=True,
            )  # fmt: skip

        digest = packed(None).digest
        before = files_before(name)
        save_stack(stack, base, [digest], settings, thresholds, before, usual, self.network, coarse)
        shipped = packed(sha256_of(stack_paths(base)[1]))
        write_text(folder / f"{name}.md", card(shipped, found, self._events(name)))
        for title, measured in metrics.items():
            keys = ("roc_auc", "average_precision", "recall_at_precision_99", "ece")
            typer.echo(f"{title}: " + ", ".join(f"{key} {measured[key]:.4f}" for key in keys))

    def _calibration(self, alone: Floats) -> Calibration:
        """Return the calibration of the networks' scores [n] without the stack.

        They learned from the teachers' scores and are more confident. Therefore the teachers, whose
        scores of held-out training events are numerous, are calibrated to the labels, and the
        networks to the teachers' scores of the validation events.
        """
        rows = self.data.rows("val")
        keys = ["star", "number"]
        known = self.store.index[keys].assign(target=Examples(self.store).targets)
        held_out = pd.read_csv(self.networks.teachers()).merge(known, on=keys)
        teachers = fit_calibration(held_out["score"], held_out["target"])
        probabilities = teachers.apply(self.networks.mean_teacher_scores(rows))
        return fit_to_probabilities(alone[rows], probabilities)

    def _events(self, name: str) -> dict[str, int]:
        """Return the number of training events of each pattern of inputs of a family."""
        found: dict[str, int] = {}
        for pattern in patterns_of(name):
            groups = recipe_of(pattern).groups
            known = self.coarse if "coarse_networks" in groups else self.known
            found[" + ".join(groups)] = int(known[0].with_all(groups).sum())
        return found

    def _tell(self, step: str) -> None:
        """Print the number and the name of a step, and the time since the beginning."""
        self._steps += 1
        total, minutes = RUNS + len(PATTERNS) + len(FAMILIES), (time.monotonic() - self._begun) / 60
        typer.echo(f"{self._steps} of {total} ({minutes:.0f} min): {step}")


if __name__ == "__main__":
    typer.run(main)
