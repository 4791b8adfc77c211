"""Network whose logits are rescaled so that its scores are calibrated probabilities."""

from torch import Tensor, nn

from astronet.models.batches import Batch


class Calibrated(nn.Module):
    """Network with calibrated logits (Platt scaling): batch → slope · logits + offset [b].

    Args:
        network: Network whose logits are calibrated.
        slope: Factor applied to the logits, fitted by `astronet.evaluation.calibration`.
        offset: Constant added to the scaled logits, fitted in the same way.
    """

    def __init__(self, network: nn.Module, slope: float, offset: float) -> None:
        super().__init__()
        self.network = network
        self.slope = slope
        self.offset = offset

    def forward(self, batch: Batch) -> Tensor:
        """Return the calibrated logits [b]."""
        return self.calibrate(self.network(batch))

    def calibrate(self, logits: Tensor) -> Tensor:
        """Return the calibrated logits [b] for logits [b]."""
        return self.slope * logits + self.offset
