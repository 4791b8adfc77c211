"""Linear network: logistic regression on the bins of all views, used as a baseline.

Reference: Shallue & Vanderburg 2018, AJ 155, 94 (S&V 2018).
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from astronet.dataset.scalars import AnyScalar
from astronet.models.batches import Batch
from astronet.models.layers import SETTINGS, Logit, initialise, ordered_views, read_views


class LinearSpec(BaseModel):
    """Settings for the linear network, which has no options."""

    model_config = SETTINGS
    convolutional: ClassVar[bool] = False
    columns: ClassVar[Mapping[str, BaseModel]] = {}
    scalars: ClassVar[tuple[AnyScalar, ...]] = ()

    kind: Literal["linear"] = "linear"
    """Kind of network."""

    def build(self, views: Mapping[str, int]) -> "Linear":
        """Return a randomly initialised network for the given views (name → number of bins).

        Raises:
            ConfigError: There is no view.
        """
        return Linear(views)


class Linear(nn.Module):
    """Linear network: batch → logits [b].

    It has 2,203 parameters for the default global and local views, and 2,002 for the default global
    view alone.

    Args:
        views: Number of bins of each view, by name.

    Raises:
        ConfigError: There is no view.
    """

    def __init__(self, views: Mapping[str, int]) -> None:
        super().__init__()
        self.views = ordered_views(views)
        self.logit = Logit(sum(self.views.values()))
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits [b]; a logit above 0 corresponds to a score above 0.5.

        Raises:
            RunError: A view is missing from the batch or has the wrong number of bins.
        """
        features = torch.cat(list(read_views(batch, self.views).values()), dim=1)
        logits: Tensor = self.logit(features)
        return logits
