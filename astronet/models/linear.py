"""The linear network: one weight per bin, the baseline of the other networks.

Shallue & Vanderburg 2018, AJ 155, 94 (S&V).
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
    """Settings of a logistic regression on the bins of all views: there are none."""

    model_config = SETTINGS
    convolutional: ClassVar[bool] = False
    columns: ClassVar[Mapping[str, BaseModel]] = {}
    scalars: ClassVar[tuple[AnyScalar, ...]] = ()

    kind: Literal["linear"] = "linear"
    """Kind of network."""

    def build(self, views: Mapping[str, int]) -> "Linear":
        """Return a network with fresh weights for these views (name → bins)."""
        return Linear(views)


class Linear(nn.Module):
    """Network of a LinearSpec: a batch → logits [b].

    It has 2,203 parameters for a global and a local view, 2,002 for a global view.
    """

    def __init__(self, views: Mapping[str, int]) -> None:
        super().__init__()
        self.views = ordered_views(views)
        self.logit = Logit(sum(self.views.values()))
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits [b]: above 0 if a planet is more likely than not."""
        features = torch.cat(list(read_views(batch, self.views).values()), dim=1)
        logits: Tensor = self.logit(features)
        return logits
