"""Events without a result, for logs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd


def failed_events(
    events: pd.DataFrame, records: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the star, the number and the reason of each event without a result.

    Args:
        events: Table of all events.
        records: Results, each with the event's row in the table, and the reason if it failed.
    """
    for record in records:
        if record["reason"]:
            event = events.iloc[int(record["row"])]
            number = event.get("number", 1)
            yield {
                "star": str(event["star"]),
                "number": None if pd.isna(number) else int(number),
                "reason": record["reason"],
            }
