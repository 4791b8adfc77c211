"""Agreement between the config of a run and the store with which it is trained."""

from astronet.config import Experiment, parse
from astronet.dataset.examples import Examples
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError, StoreError, counted


def check_validation(examples: Examples, experiment: Experiment) -> None:
    """Raise an error if the best epoch is needed but cannot be determined from the validation set.

    Raises:
        StoreError: The validation set has no planets or no other events.
    """
    training, targets = experiment.training, examples.targets[examples.rows("val")]
    if (training.keep == "best" or training.patience) and len(set(targets)) < 2:
        planets = int(targets.sum())
        raise StoreError(
            f"{examples.store.path} has {counted(planets, 'planet')} and "
            f"{counted(len(targets) - planets, 'other event')} in the validation split, so the "
            "best epoch cannot be determined; set training.keep=last and training.patience=null, "
            "or change data.split"
        )


def with_settings_of_store(experiment: Experiment, store: ViewStore) -> Experiment:
    """Return the config with the reader options and preparation settings of the store.

    If the store's provenance lacks the reader options or the preparation settings, those in the
    config are kept.

    Raises:
        ConfigError: The config and the store have different missions or different settings for a
            view, or the store's provenance contains invalid settings.
    """
    for name, spec in experiment.views.items():
        if name in store.specs and store.specs[name] != spec:
            raise ConfigError(
                f"view {name}: the config has {spec!r}, but the store {store.path} has "
                f"{store.specs[name]!r}; use the same settings in the config, or prepare the store "
                "again"
            )
    if store.mission not in (None, experiment.source.mission):
        raise ConfigError(
            f"the config has the mission {experiment.source.mission}, but the store {store.path} "
            f"contains stars of {store.mission}; set source.mission={store.mission}"
        )
    content = experiment.model_dump(mode="json")
    provenance = store.description.get("provenance", {})
    if "reading" in provenance:
        content["source"]["reader"] = provenance["reading"]
    if "preparation" in provenance:
        content["preparation"] = provenance["preparation"]
    return parse(content, str(store.path / "store.json"))
