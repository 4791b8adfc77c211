"""A network of the same shape that has learned nothing, to hold attributions against."""

import copy

import torch
from torch import nn

from astronet.explanations.judge import Judge


def redrawn(judge: Judge, seed: int) -> Judge:
    """The judge with all weights drawn anew: the sanity check of Adebayo et al. 2018 (NeurIPS, §3).

    Every convolution and dense layer is drawn from a normal distribution with the spread that its
    trained weights have, so that signals neither die nor explode; biases likewise. Normalisations
    keep their scales.

    Args:
        judge: The trained network, which stays as it is.
        seed: Of the draw.
    """
    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(judge.network)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                for weights in layer.parameters(recurse=False):
                    spread = weights.std(correction=0)
                    drawn = torch.randn(weights.shape, generator=generator)
                    weights.copy_(drawn.to(weights.device) * spread)
    return Judge(network, judge.device)
