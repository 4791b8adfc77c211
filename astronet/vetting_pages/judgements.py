"""Judgements of the networks that are saved in parts, and read again when the pages are written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, overload

import numpy as np

from astronet.execution.parts import Content, Parts
from astronet.execution.running import part_size
from astronet.vetting_pages.candidate import Judgement, Similar, StarOfCandidates

JUDGEMENTS = "judgements"
"""Name of the table in each part with one row per candidate."""

_PICTURES = ("local_view", "global_view")


def content_of(judged: Iterable[tuple[int, Judgement]]) -> Content:
    """Return the content of a part.

    Args:
        judged: Row of each candidate in the event table, and its judgement.
    """
    rows: list[dict[str, Any]] = []
    for row, judgement in judged:
        found = {"row": row, **_plain(asdict(judgement))}
        found["similar"] = [_plain(similar) for similar in found["similar"]]
        rows.append(found)
    return {JUDGEMENTS: rows}, {}


def judgements_in(parts: Parts, number: int) -> dict[int, Judgement]:
    """Return the judgements of a finished part by the row of the candidate in the event table.

    Raises:
        RunError: The part is corrupt.
    """
    found = {}
    for record in parts.rows(number, JUDGEMENTS):
        try:
            row = int(record.pop("row"))
            record["similar"] = tuple(Similar(**_arrays(one)) for one in record["similar"])
            found[row] = Judgement(**_arrays(record))
        except (KeyError, TypeError, ValueError, OverflowError):
            raise parts.corrupt(number, f"{JUDGEMENTS}.jsonl") from None
    return found


class JudgedStars(Sequence[StarOfCandidates]):
    """Stars whose judgements are read from finished parts when the stars are needed.

    Args:
        stars: Stars without judgements.
        parts: Finished parts with the judgements of all stars that will be read.
    """

    def __init__(self, stars: Sequence[StarOfCandidates], parts: Parts) -> None:
        self._stars, self._parts = stars, parts
        self._size = part_size(len(stars))

    def __len__(self) -> int:
        return len(self._stars)

    @overload
    def __getitem__(self, place: int) -> StarOfCandidates: ...

    @overload
    def __getitem__(self, place: slice) -> list[StarOfCandidates]: ...

    def __getitem__(self, place: int | slice) -> StarOfCandidates | list[StarOfCandidates]:
        """Return one star, or the stars of a range, with their judgements.

        Raises:
            RunError: A part is corrupt, or lacks a candidate.
        """
        chosen = range(len(self._stars))[place]
        if isinstance(chosen, int):
            return self[chosen : chosen + 1][0]
        known = {n: judgements_in(self._parts, n) for n in {k // self._size for k in chosen}}
        return [self._judged(self._stars[k], k // self._size, known) for k in chosen]

    def _judged(
        self, star: StarOfCandidates, number: int, known: Mapping[int, Mapping[int, Judgement]]
    ) -> StarOfCandidates:
        if not all(candidate.row in known[number] for candidate in star.candidates):
            raise self._parts.corrupt(number, f"{JUDGEMENTS}.jsonl")
        candidates = (replace(one, judgement=known[number][one.row]) for one in star.candidates)
        return replace(star, candidates=tuple(candidates))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with lists instead of arrays, for JSON; float32 is saved exactly."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def _arrays(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with arrays again instead of the lists of `_plain`."""
    pictures = {name: values[name] for name in _PICTURES}
    return {
        **values,
        **{
            name: None if value is None else np.asarray(value, np.float32)
            for name, value in pictures.items()
        },
    }
