"""Division of a command's stars into shards, for batch queues such as Slurm's job arrays."""

import re
from dataclasses import dataclass
from typing import Self

from astronet.errors import RunError


@dataclass(frozen=True)
class Shard:
    """Subset of the parts of a result: those whose number is `index` - 1 modulo `count`.

    Attributes:
        index: Number of the shard, from 1 to `count`.
        count: Number of shards.
    """

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the shard for text such as "3/10".

        Raises:
            RunError: The text is not a shard.
        """
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            raise RunError(
                f"{text!r} is not a shard; give its number, counted from 1, and the number of "
                "shards, for example 3/10",
                arguments=("shard",),
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, part: int) -> bool:
        """Return whether a part belongs to the shard."""
        return part % self.count == self.index - 1
