"""Networks with the parameters of a file, of which the config may be corrupt."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from astronet.config import Experiment


class ParameterError(ValueError):
    """Error raised if parameters are not those of a network; the message is the reason."""


def network_of(experiment: Experiment, parameters: Mapping[str, Tensor]) -> nn.Module:
    """Return the network of a config with given parameters.

    A network that needs more parameters than the file contains is not built, because it might not
    fit in memory.

    Args:
        experiment: Config of the network.
        parameters: Parameters and buffers by name.

    Raises:
        ParameterError: A parameter is missing, is not part of the network or has another shape.
        ConfigError: The settings of the network do not fit the views.
    """
    values = [value for value in parameters.values() if isinstance(value, Tensor)]
    with _Limit(sum(value.numel() for value in values)):
        network = experiment.network.build(experiment.view_bins)
    try:
        network.load_state_dict(dict(parameters))
    except RuntimeError as error:
        raise ParameterError(str(error)) from None
    return network


class _Limit(TorchFunctionMode):
    """Limit of the total number of elements of the tensors that layers allocate.

    Args:
        elements: Maximum number of elements.
    """

    def __init__(self, elements: int) -> None:
        super().__init__()
        self._left = elements

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if function is torch.empty:  # with which layers allocate their parameters
            size = args[0] if args and isinstance(args[0], tuple | list) else args
            self._left -= math.prod(size)
            if self._left < 0:
                raise ParameterError("the network has more parameters than the file")
        return function(*args, **(kwargs or {}))
