"""A network whose logits are shifted and stretched, so that its scores can be read as shares."""

from torch import Tensor, nn

from astronet.models.batches import Batch


class Calibrated(nn.Module):
    """A network's logits on a line: a batch → slope · logits + offset [b].

    It stands wherever a network stands; for the two numbers see `astronet.evaluation.calibration`.
    """

    def __init__(self, network: nn.Module, slope: float, offset: float) -> None:
        super().__init__()
        self.network = network
        self.slope = slope
        self.offset = offset

    def forward(self, batch: Batch) -> Tensor:
        """Calibrated logits [b]."""
        logits: Tensor = self.network(batch)
        return self.slope * logits + self.offset
