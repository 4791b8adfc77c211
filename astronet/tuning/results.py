"""Results of a hyperparameter search: the table of trials and the best trial."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from astronet.errors import counted
from astronet.tuning.study import Study


@dataclass(frozen=True)
class Tuning:
    """Result of a hyperparameter search.

    Attributes:
        folder: Folder that contains study.json, trials.csv and best.yaml.
        table: Table of all trials; see `trials_table`.
        best: Number of the best trial.
        interval: Lower and upper limit of the 95 % confidence interval of the best trial's average
            precision (bootstrap over stars).
    """

    folder: Path
    table: pd.DataFrame
    best: int
    interval: tuple[float, float]

    @property
    def config(self) -> Path:
        """Path of the complete config with the settings of the best trial."""
        return self.folder / "best.yaml"

    @property
    def summary(self) -> str:
        """Text for the user that summarises the search.

        It states the number of trials, up to five of the best complete trials, and the confidence
        interval of the best trial's average precision.
        """
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
            f"{counted(len(self.table), 'trial')}{others}; best "
            f"trials:\n{best.to_string(index=False, float_format='%.4g')}\n95 % confidence "
            f"interval of the average precision of trial {self.best} (bootstrap over stars): "
            f"{low:.4f} to {high:.4f}"
        )


def _short(text: str) -> str:
    """Return the text of a value, rounded to four significant digits if it is a number."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


def progress_of(study: Study, trials: int, seconds_left: float | None = None) -> str:
    """Return a line with the result of the last trial, the best trial and the remaining time.

    The remaining time is estimated from the mean duration of all trials so far.

    Args:
        study: Study with at least one trial.
        trials: Total number of trials.
        seconds_left: Time from the start of the last trial until no new trial is started [s]; None
            means no limit.
    """
    done, last = len(study.trials), study.trials[-1]
    precision = last.average_precision
    result = last.state if precision is None else f"average precision {precision:.4f}"
    best = study.best
    known = "" if best is None else f"; best {best[1].precisions[-1]:.4f} (trial {best[0]})"
    line = f"trial {done - 1} ({done} of {trials}): {result}, {_duration(last.seconds)}{known}"
    if done >= trials:
        return line
    mean = sum(trial.seconds for trial in study.trials) / done
    remaining = mean * (trials - done)
    if seconds_left is not None:  # the last trial may end after the limit
        started = seconds_left - last.seconds
        remaining = min(remaining, started + mean if started > 0 else 0.0)
    return f"{line}; about {_duration(remaining)} remaining"


def _duration(seconds: float) -> str:
    """Return a duration as text, for example "45 s", "12 min" or "2 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def trials_table(study: Study) -> pd.DataFrame:
    """Return a table of the trials in a study, with one row per trial in order of trial number.

    Returns:
        Table with the columns trial, state, average_precision, folds_1, folds_2, … (folds_k is the
        average precision of the first k folds together), seconds, reason, and one column per
        searched key. If a trial is not complete, its average_precision is missing, and so is
        folds_k for all folds that were not scored.
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
