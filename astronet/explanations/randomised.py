"""Randomisation of a network's weights, for a sanity check of attributions."""

import copy

import torch
from torch import nn

from astronet.explanations.model import Model


def with_random_weights(model: Model, seed: int) -> Model:
    """Return a copy of the model with random weights (Adebayo et al. 2018, NeurIPS, §3).

    The weights of each convolution and dense layer are drawn from a normal distribution with mean 0
    and the standard deviation of the layer's trained weights, so that activations neither vanish
    nor explode. Biases are drawn in the same way. Normalisation layers are unchanged.

    Args:
        model: Trained network; it is not modified.
        seed: Random seed of the weights.
    """
    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(model.network)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                for weights in layer.parameters(recurse=False):
                    spread = weights.std(correction=0)
                    drawn = torch.randn(weights.shape, generator=generator)
                    weights.copy_(drawn.to(weights.device) * spread)
    return Model(network, model.device)
