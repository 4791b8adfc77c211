"""Metrics and model cards of the shipped weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weights_copies import COPIES

from astronet.dataset.examples import Examples
from astronet.dataset.stack_inputs import GROUPS, StackInputs
from astronet.evaluation.intervals import as_json
from astronet.evaluation.metrics import TITLES, calibration_error
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.models import count_parameters
from astronet.runs.shipped import Shipped

ON_CARD = (
    *("roc_auc", "average_precision", "recall_at_precision_95", "recall_at_precision_99"),
    *("ece", "log_loss", "accuracy"),
)
"""Names of the metrics in the tables of a card."""

ALL_STARS, FRESH, WITH_CENTROID = "val", "val, stars not in training", ", with a centroid"
"""Titles of the evaluated events."""

TODAY = "certain labels of today's KOI table"
_FLAGS = {
    "koi_fpflag_co": "centroid offset",
    "koi_fpflag_ss": "stellar eclipse",
    "koi_fpflag_ec": "ephemeris match",
    "koi_fpflag_nt": "not transit-like",
}
_FAILURES, _TOP, _SIMULATIONS = 5, 25, 1000


@dataclass(frozen=True)
class Today:
    """Labels of today's KOI table for the events of a store.

    Attributes:
        everything: Targets [n]; NaN if unknown.
        certain: Mask [n] of the events whose target is certain.
        remarks: Disposition and flags of each event [n], for people.
        dispositions: Disposition [n]; "" if the event is no KOI.
        offset: Whether the KOI has a centroid offset [n].
    """

    everything: Floats
    certain: Bools
    remarks: list[str]
    dispositions: list[str]
    offset: Bools

    @classmethod
    def read(cls, path: Path, index: pd.DataFrame) -> "Today":
        """Return the labels in a table for the events [n] of a store's index."""
        table = pd.read_csv(path).rename(columns={"kepid": "star", "tce_plnt_num": "number"})
        found = index[["star", "number"]].merge(table, on=["star", "number"], how="left")
        certain = found["certain"].eq(True).to_numpy(np.bool_)
        dispositions = found["koi_disposition"].fillna("").str.lower().tolist()
        remarks = [
            ", ".join([disposition or "no KOI", *(t for n, t in _FLAGS.items() if row[n] == 1)])
            for disposition, (_, row) in zip(dispositions, found.iterrows(), strict=True)
        ]
        targets = found["planet_corrected"].to_numpy(np.float64)
        offset = found["koi_fpflag_co"].eq(1).to_numpy(np.bool_)
        return cls(targets, certain, remarks, dispositions, offset)


@dataclass(frozen=True)
class Evaluated:
    """Scores of a family for all events of a store, and what they are compared with.

    Attributes:
        scores: Scores [n].
        networks: Scores of the networks alone [n].
        inputs: Inputs of the stack [n].
        data: Labelled events.
        today: Labels of today's KOI table; None if they are not given.
    """

    scores: Floats
    networks: Floats
    inputs: StackInputs
    data: Examples
    today: Today | None

    @property
    def rows(self) -> Ints:
        """Rows of the validation events."""
        return self.data.rows("val")

    @property
    def fresh(self) -> Ints:
        """Rows of the validation events whose stars have no training events."""
        return self.rows[self.data.without_training_events(self.rows)]

    def metrics(self, labels: str, *, centroid: bool) -> dict[str, dict[str, Any]]:
        """Return the metrics of the card by title.

        Args:
            labels: Name of the label policy of the store.
            centroid: Whether to give those of the events with a centroid, too.
        """
        parts = {ALL_STARS: self.rows, FRESH: self.fresh}
        if centroid:
            known = self.inputs.known["centroid"]
            parts |= {f"{t}{WITH_CENTROID}": rows[known[rows]] for t, rows in parts.items()}
        found = {t: self._measured(rows, self.data.targets, t, labels) for t, rows in parts.items()}
        if self.today is None:
            return found
        for title, rows in parts.items():
            certain = rows[self.today.certain[rows]]
            name = f"{title}, today's labels"
            found[name] = self._measured(certain, self.today.everything, name, TODAY)
        return found

    def _measured(self, rows: Ints, targets: Floats, title: str, labels: str) -> dict[str, Any]:
        stars, scores = self.data.store.index["star"].to_numpy()[rows], self.scores[rows]
        measured = as_json(scores, targets[rows], stars, split=title, labels=labels)
        drawn = np.random.default_rng(0).random((_SIMULATIONS, len(rows))) < scores
        errors = [calibration_error(scores, each.astype(np.float64)) for each in drawn]
        measured["ece_if_calibrated"] = [float(np.mean(errors)), float(np.quantile(errors, 0.975))]
        return measured

    def failures(self) -> dict[str, list[tuple[str, ...]]]:
        """Return the worst mistakes among the validation events: rows of two tables by title."""
        y, rows = self.data.targets, self.rows
        ranked = rows[np.argsort(self.scores[rows], kind="stable")]
        planets, others = ranked[y[ranked] == 1], ranked[y[ranked] == 0][::-1]
        return {
            "planet candidates with the lowest scores": [self._row(r) for r in planets[:_FAILURES]],
            "other events with the highest scores": [self._row(r) for r in others[:_FAILURES]],
        }

    def _row(self, row: int) -> tuple[str, ...]:
        event = self.data.store.index.iloc[row]
        today = "–" if self.today is None else self.today.remarks[row]
        numbers = f"{self.scores[row]:.3f}", f"{self.networks[row]:.3f}"
        return f"{event['star']}, {event['number']}", f"{event['period_days']:.4f}", *numbers, today

    def top(self) -> dict[str, int] | None:
        """Return counts among the 25 highest-scored validation events labelled as no planet."""
        if self.today is None:
            return None
        y, rows = self.data.targets, self.rows
        others = rows[y[rows] == 0]
        first = others[np.argsort(-self.scores[others], kind="stable")][:_TOP]
        planets = [self.today.dispositions[row] in ("confirmed", "candidate") for row in first]
        offset = int(self.today.offset[first].sum())
        return {"events": len(first), "planets": int(sum(planets)), "offset": offset}


def card(shipped: Shipped, evaluated: Evaluated, patterns: Mapping[str, int]) -> str:
    """Return the model card in Markdown, with the figures of the weights' JSON description.

    Args:
        shipped: Packed weights.
        evaluated: Their scores.
        patterns: Number of training events for each pattern of known inputs, by its groups joined
            by " + ".
    """
    template = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=False
    ).get_template("card.md.j2")
    record = shipped.record
    measured = record["metrics"]
    tables = [
        [(title, m) for title, m in measured.items() if m["labels"] == labels]
        for labels in dict.fromkeys(m["labels"] for m in measured.values())
    ]
    text: str = template.render(
        name=shipped.name,
        parameters=f"{count_parameters(shipped.load_network()):,}",
        networks=len(shipped.experiments),
        scalars=len(shipped.experiment.scalars),
        trained=record["trained_on"],
        tables=tables,
        thresholds=record["thresholds"],
        titles={name: TITLES[name] for name in ON_CARD} | {"accuracy": "accuracy at 0.5"},
        patterns=patterns,
        copies=COPIES,
        reads={group for pattern in patterns for group in pattern.split(" + ") if group in GROUPS},
        failures=evaluated.failures(),
        top=evaluated.top(),
    )
    return text
