"""What a search has found: a table of its trials, and the best of them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from astronet.errors import counted
from astronet.tuning.study import Study


@dataclass(frozen=True)
class Tuning:
    """A search and what it found.

    Attributes:
        folder: Where study.json, trials.csv and best.yaml lie.
        table: The trials, as `trials_table` gives them.
        best: Number of the best trial.
        interval: 95 % interval of its average precision, from resampling stars.
    """

    folder: Path
    table: pd.DataFrame
    best: int
    interval: tuple[float, float]

    @property
    def config(self) -> Path:
        """The whole config with the best trial's settings."""
        return self.folder / "best.yaml"

    @property
    def summary(self) -> str:
        """The best five trials, and how sure the best one's figure is."""
        ended = self.table["state"].value_counts()
        others = "".join(
            f", {ended[state]} {state}" for state in ("pruned", "failed") if state in ended
        )
        best = self.table.sort_values("average_precision", ascending=False, kind="stable").head(5)
        best = best[best["state"] == "complete"].drop(columns=["state", "reason"])
        keys = [key for key in best.columns if "." in key]
        best[keys] = best[keys].map(_short)
        low, high = self.interval
        return (
            f"{counted(len(self.table), 'trial')}{others}; the best:\n"
            f"{best.to_string(index=False, float_format='%.4g')}\n"
            f"95 % interval of trial {self.best}'s average precision, from resampling stars: "
            f"{low:.4f} to {high:.4f}"
        )


def _short(text: str) -> str:
    """A setting as text, four digits of it if it is a number."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


def trials_table(study: Study) -> pd.DataFrame:
    """One row a trial, in order.

    Returns:
        trial, state, average_precision, that of the first k folds together as folds_k, seconds,
        reason, then a column for each key that is searched.
    """
    rows = []
    for number, trial in enumerate(study.trials):
        after = dict.fromkeys(range(study.search.folds)) | dict(enumerate(trial.precisions))
        rows.append(
            {
                "trial": number,
                "state": trial.state,
                "average_precision": trial.average_precision,
                **{f"folds_{k + 1}": value for k, value in after.items()},
                "seconds": trial.seconds,
                "reason": trial.reason,
                **dict(text.split("=", 1) for text in study.settings(trial)),
            }
        )
    return pd.DataFrame(rows)
