"""Trials of a hyperparameter search, saved in a file from which the search can be resumed.

Trials are saved as JSON and passed to optuna again when the search is resumed. Optuna's own
storage backends are not used: they are databases, or a journal that becomes unreadable if a single
line is truncated, and none of them reuses the number of a killed trial.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from astronet.errors import ConfigError, RunError
from astronet.files.atomic import write_text
from astronet.files.relative_paths import without_paths
from astronet.tuning.space import Space

if TYPE_CHECKING:
    import optuna

SEED = 0
"""Random seed of the sampler in trial 0; trial n uses SEED + n, so searches are reproducible."""

_STRICT = ConfigDict(frozen=True, extra="forbid")

_PARTS = {
    "config": "another config",
    "store_sha256": "another store",
    "space": "another search space",
    "folds": "another number of folds",
}
"""Phrase that names the difference between two searches in error messages, by field of `Search`."""


class Trial(BaseModel):
    """Finished trial: its settings and its results."""

    model_config = _STRICT

    state: Literal["complete", "pruned", "failed"]
    """State at the end of the trial."""
    params: dict[str, int | float | str]
    """Value of each searched key; values from `Choices` are encoded as JSON."""
    precisions: tuple[float, ...] = ()
    """Average precision after each fold, over the held-out events of that and all earlier folds."""
    seconds: float = 0.0
    """Duration of the trial [s], not counting attempts that were killed."""
    reason: str = ""
    """Reason why the trial was pruned or failed; empty if the trial is complete."""

    @property
    def average_precision(self) -> float | None:
        """Average precision over all folds; None unless the trial is complete."""
        return self.precisions[-1] if self.state == "complete" else None


class Search(BaseModel):
    """Definition of a search; a study can be resumed only with the same definition."""

    model_config = _STRICT

    config: dict[str, Any]
    """Content of the config whose settings are searched."""
    store_sha256: str
    """SHA-256 checksum of the store."""
    space: Space
    """Range or choices of each searched key."""
    folds: int
    """Number of cross-validation folds."""


STUDY = "study.json"
"""Name of the file that describes a search."""


class _Content(BaseModel):
    """Content of study.json: the definition of a search and its finished trials."""

    model_config = _STRICT

    search: Search
    trials: tuple[Trial, ...] = ()


class Study:
    """Trials of one search, saved in study.json after each trial.

    The settings drawn for a trial depend only on its number and on the previous trials, so a search
    that was killed and resumed has the same trials as an uninterrupted one.

    Args:
        folder: Folder that contains study.json.
        search: Definition of the search.
        first: Value of each searched key in the first trial; None means that the values are
            drawn, as for all other trials.
        restart: Whether to ignore an existing study.json. The file is not changed before `save`.

    Raises:
        ConfigError: optuna is not installed.
        RunError: study.json is corrupt or belongs to another search.
    """

    def __init__(
        self,
        folder: Path,
        search: Search,
        first: dict[str, Any] | None = None,
        *,
        restart: bool = False,
    ) -> None:
        self.path = folder / STUDY
        self.search = search
        self._optuna = _silent_optuna()
        self.distributions = {key: span.distribution() for key, span in search.space.items()}
        self.trials = [] if restart else self._trials()
        self._study: optuna.Study = self._optuna.create_study(
            direction="maximize", pruner=self._optuna.pruners.MedianPruner()
        )
        for trial in self.trials:
            self._pass_to_optuna(trial)
        if first is not None and not self.trials:
            self._study.enqueue_trial(first)

    def ask(self) -> "optuna.Trial":
        """Draw the settings of the next trial, and return them as an optuna trial.

        The caller must report the average precision after each fold to the optuna trial, and must
        pass the optuna trial to `add` when the trial is finished.
        """
        number = len(self.trials)
        self._study.sampler = self._optuna.samplers.TPESampler(seed=SEED + number)
        return self._study.ask(self.distributions)

    def add(self, asked: "optuna.Trial", trial: Trial) -> None:
        """Add a finished trial, and save the study.

        Args:
            asked: Trial returned by `ask`.
            trial: Settings and results of the same trial.
        """
        self._study.tell(asked, trial.average_precision, state=self._state(trial))
        self.trials.append(trial)
        self.save()

    def settings(self, trial: Trial) -> list[str]:
        """Return the settings of a trial as config overrides, each of the form `key=value`."""
        return [f"{k}={self.search.space[k].text(value)}" for k, value in trial.params.items()]

    @property
    def best(self) -> tuple[int, Trial] | None:
        """Number of the best trial, and the trial itself; None if no trial is complete.

        The best trial is the complete trial with the highest average precision.
        """
        complete = [(n, t) for n, t in enumerate(self.trials) if t.state == "complete"]
        return max(complete, key=lambda pair: pair[1].precisions[-1], default=None)

    def _pass_to_optuna(self, trial: Trial) -> None:
        self._study.add_trial(
            self._optuna.trial.create_trial(
                state=self._state(trial),
                value=trial.average_precision,
                params=dict(trial.params),
                distributions=self.distributions,
                intermediate_values=dict(enumerate(trial.precisions)),
            )
        )

    def _state(self, trial: Trial) -> "optuna.trial.TrialState":
        states = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}
        state: optuna.trial.TrialState = self._optuna.trial.TrialState[states[trial.state]]
        return state

    def _trials(self) -> list[Trial]:
        if not self.path.exists():
            return []
        try:
            content = _Content.model_validate_json(self.path.read_bytes())
        except (ValidationError, OSError):
            raise RunError(
                f"{self.path} is corrupt; restore the file, or choose another folder",
                arguments=("run",),
            ) from None
        if _compared(content.search) != _compared(self.search):
            ours, theirs = _compared(self.search), _compared(content.search)
            (different, *_) = (noun for key, noun in _PARTS.items() if ours[key] != theirs[key])
            raise RunError(
                f"{self.path} belongs to a search with {different}; resume it with its original "
                "settings, overwrite it, or choose another folder",
                arguments=("overwrite", "run"),
            )
        return list(content.trials)

    def save(self) -> None:
        """Write study.json."""
        content = _Content(search=self.search, trials=tuple(self.trials))
        write_text(self.path, json.dumps(content.model_dump(mode="json"), indent=1) + "\n")


def _compared(search: Search) -> dict[str, Any]:
    """Return the definition of a search without paths; the hash identifies the store."""
    return dict(search) | {"config": without_paths(search.config)}


def _silent_optuna() -> Any:
    """Import optuna, disable its log messages below the level ERROR, and return the module.

    Raises:
        ConfigError: optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigError("optuna is not installed; run `pip install optuna`") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
