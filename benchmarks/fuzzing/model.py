"""Readers to fuzz, and the files from which their inputs are made."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

Mutation = Callable[[Random, bytes], bytes]
"""Function that returns a changed copy of the content of a file."""


def always(content: bytes) -> bool:
    """Return True: the format has no first check."""
    return True


@dataclass(frozen=True)
class Sample:
    """Valid file from which inputs are made.

    Attributes:
        name: Path of the file, relative to the folder of the sample.
        content: Content of the file.
        real: Whether the file is real data, possibly with fewer rows; otherwise it is simulated.
        read: Function that reads the file at a path as the package does.
        mutate: Function that changes the content.
        check: First check of the format; see `benchmarks.fuzzing.checks`.
        others: Further files in the folder, by their relative path.
        adapt: Function that changes further files so that they match the changed file, for example
            a recorded hash; its arguments are the path and the content of the changed file.
        weight: Relative number of inputs that are made from this sample.
    """

    name: str
    content: bytes
    real: bool
    read: Callable[[Path], object]
    mutate: Mutation
    check: Callable[[bytes], bool] = always
    others: Mapping[str, bytes] = field(default_factory=dict)
    adapt: Callable[[Path, bytes], object] | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Reader:
    """One reader, or several that share a format.

    Attributes:
        name: Name of the reader on the command line.
        samples: Function that returns the samples; its arguments are the folder of real data, or
            None if there is none, and a temporary folder.
        allowed: Types of errors that, in addition to `AstronetError`, the callers handle.
    """

    name: str
    samples: Callable[[Path | None, Path], Sequence[Sample]]
    allowed: tuple[type[Exception], ...] = ()


@dataclass(frozen=True)
class Made:
    """One input: a sample and the content that replaces that of its file."""

    sample: Sample
    place: int
    content: bytes
    changed: bool


def make_input(reader: str, seed: int, index: int, samples: Sequence[Sample]) -> Made:
    """Return the input with a number, which depends on nothing but the arguments.

    One input in 50 is an unchanged sample, and one in 50 is unrelated to it.
    """
    random = Random(f"{reader} {seed} {index}")
    weights = [sample.weight for sample in samples]
    place = random.choices(range(len(samples)), weights)[0]
    sample = samples[place]
    kind = random.random()
    if kind < 0.02:
        return Made(sample, place, sample.content, changed=False)
    if kind < 0.04:
        return Made(sample, place, _noise(random, sample.content), changed=True)
    content = sample.content
    for _ in range(random.choice((1, 1, 1, 1, 2, 2, 3, 5))):
        try:
            content = sample.mutate(random, content)
        except (ValueError, ArithmeticError, RecursionError, struct.error):
            break  # an earlier mutation has damaged the structure
    return Made(sample, place, content, changed=True)


def _noise(random: Random, content: bytes) -> bytes:
    """Return content that is unrelated to a sample, except perhaps for its first bytes."""
    noise = random.randbytes(random.choice((0, 1, 3, 80, 2880, 5760)))
    return content[: random.choice((0, 0, 4, 16))] + noise


def one_of(mutations: Mapping[Mutation, float]) -> Mutation:
    """Return a mutation that applies one of several ones, chosen with the given weights."""
    choices, weights = list(mutations), list(mutations.values())

    def mutate(random: Random, content: bytes) -> bytes:
        return random.choices(choices, weights)[0](random, content)

    return mutate
