"""The linear network: a weight for every bin, the baseline that others must beat.

Shallue & Vanderburg 2018, AJ 155, 94 (S&V).
"""

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from astronet.models.batches import Batch
from astronet.models.layers import SETTINGS, Logit, initialise, ordered_views, read_views


class LinearSpec(BaseModel):
    """A logistic regression on the bins of all views; it has nothing to set."""

    model_config = SETTINGS

    kind: Literal["linear"] = "linear"
    """Which network this is."""

    def build(self, views: Mapping[str, int]) -> "Linear":
        """A network with fresh weights for these views (name → bins)."""
        return Linear(views)


class Linear(nn.Module):
    """The network of a LinearSpec: a batch → logits [b]; 2,002 parameters for a global view."""

    def __init__(self, views: Mapping[str, int]) -> None:
        super().__init__()
        self.views = ordered_views(views)
        self.logit = Logit(sum(self.views.values()))
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Logits [b]: above 0 where a planet is the likelier answer."""
        features = torch.cat(list(read_views(batch, self.views).values()), dim=1)
        logits: Tensor = self.logit(features)
        return logits
