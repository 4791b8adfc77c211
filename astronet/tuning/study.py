"""The trials of a search: which settings come next, and a file from which it goes on.

Trials are kept as JSON, and optuna is told of them anew at each start: its own file storages are
a database, or a journal that one cut line spoils, and neither gives a trial that was killed its
number back.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from astronet.errors import ConfigError, RunError
from astronet.files.atomic import write_text
from astronet.tuning.space import Space

if TYPE_CHECKING:
    import optuna

SEED = 0
"""Of the draws: the same search draws the same settings."""

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Trial(BaseModel):
    """A trial that is over."""

    model_config = _STRICT

    state: Literal["complete", "pruned", "failed"]
    params: dict[str, int | float | str]
    """What was drawn for each key, as optuna has it."""
    precisions: tuple[float, ...] = ()
    """Average precision of the held-out events after each fold, of all folds so far together."""
    seconds: float = 0.0
    """How long it took since it was begun or begun again."""
    reason: str = ""
    """Why it is not complete."""

    @property
    def average_precision(self) -> float | None:
        """Over all folds; None unless all were scored."""
        return self.precisions[-1] if self.state == "complete" else None


class Search(BaseModel):
    """What is searched; a search goes on with the same only."""

    model_config = _STRICT

    config: dict[str, Any]
    store_sha256: str
    space: Space
    folds: int


class _Content(BaseModel):
    """The content of study.json."""

    model_config = _STRICT

    search: Search
    trials: tuple[Trial, ...] = ()


class Study:
    """The trials of one search, kept in study.json after each.

    The draws of a trial depend on its number and on the trials before it alone, so that a search
    that is killed and goes on gives the same trials as one that is not.

    Args:
        folder: Where study.json is, or will be.
        search: What is searched.
        own: The config's own settings, which are the first trial; none: it is drawn too.

    Raises:
        ConfigError: optuna is not installed.
        RunError: The folder holds something else, another search, or a damaged file.
    """

    def __init__(self, folder: Path, search: Search, own: dict[str, Any] | None = None) -> None:
        self.path = folder / "study.json"
        self.search = search
        self._optuna = _silent_optuna()
        self.distributions = {key: span.distribution() for key, span in search.space.items()}
        self.trials = self._trials()
        self._study: optuna.Study = self._optuna.create_study(
            direction="maximize", pruner=self._optuna.pruners.MedianPruner()
        )
        for trial in self.trials:
            self._remember(trial)
        if own is not None and not self.trials:
            self._study.enqueue_trial(own)
        self._write()

    def ask(self) -> "optuna.Trial":
        """The next trial, with its settings drawn; report to it, then `add` what came of it."""
        number = len(self.trials)
        self._study.sampler = self._optuna.samplers.TPESampler(seed=SEED + number)
        return self._study.ask(self.distributions)

    def add(self, asked: "optuna.Trial", trial: Trial) -> None:
        """Keeps a trial that is over."""
        self._study.tell(asked, trial.average_precision, state=self._state(trial))
        self.trials.append(trial)
        self._write()

    def settings(self, trial: Trial) -> list[str]:
        """A trial's settings as `key=value`, as the command line takes them."""
        return [f"{k}={self.search.space[k].text(value)}" for k, value in trial.params.items()]

    @property
    def best(self) -> tuple[int, Trial] | None:
        """The complete trial of the highest average precision, with its number, if there is one."""
        complete = [(n, t) for n, t in enumerate(self.trials) if t.state == "complete"]
        return max(complete, key=lambda one: one[1].precisions[-1], default=None)

    def _remember(self, trial: Trial) -> None:
        """Tells optuna of a trial of an earlier process."""
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
                f"{self.path} is damaged; restore it, or choose another folder", arguments=("run",)
            ) from None
        if content.search != self.search:
            parts = ("config", "store_sha256", "space", "folds")
            ours, theirs = dict(self.search), dict(content.search)
            (other, *_) = (name for name in parts if ours[name] != theirs[name])
            raise RunError(
                f"{self.path} belongs to a search with another {other.removesuffix('_sha256')}; "
                "continue with that one, or choose another folder",
                arguments=("run",),
            )
        return list(content.trials)

    def _write(self) -> None:
        content = _Content(search=self.search, trials=tuple(self.trials))
        write_text(self.path, json.dumps(content.model_dump(mode="json"), indent=1) + "\n")


def _silent_optuna() -> Any:
    """The library, without its remarks on every trial.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigError("tuning needs optuna; pip install 'astronet[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
