"""Events whose features are unlike those of the training events."""

import numpy as np
import pytest
from pydantic import ValidationError

from astronet.models.feature_range import FeatureRange

GENERATOR = np.random.default_rng(0)
TRAINING = GENERATOR.normal(size=(4000, 20))


def test_events_like_those_of_training_are_rarely_unusual_and_others_are_often():
    found = FeatureRange.fit(TRAINING)
    assert found.unusual(TRAINING).mean() <= 0.01
    assert found.unusual(GENERATOR.normal(size=(4000, 20))).mean() <= 0.02
    assert found.unusual(GENERATOR.normal(size=(4000, 20), scale=3)).mean() > 0.9


def test_an_event_with_several_extreme_features_is_unusual():
    found = FeatureRange.fit(TRAINING)
    events = np.zeros((3, 20))
    events[1, : found.most] = 10
    events[2, : found.most + 1] = -10
    assert found.unusual(events).tolist() == [False, False, True]


def test_unknown_features_are_not_counted():
    training = TRAINING.copy()
    training[:, 0] = np.nan
    found = FeatureRange.fit(training)
    unknown = np.full((2, 20), np.nan)
    unknown[1, 0] = 1e9  # a feature that no training event has
    assert found.unusual(unknown).tolist() == [False, False]


def test_ranges_survive_json_and_must_be_complete():
    found = FeatureRange.fit(TRAINING)
    assert FeatureRange.model_validate_json(found.model_dump_json()) == found
    with pytest.raises(ValidationError, match="same number of features"):
        FeatureRange(low=(0.0,), high=(1.0, 2.0), most=0)
