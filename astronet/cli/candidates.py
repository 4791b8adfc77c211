"""Lines that are printed about the candidates of a search."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astronet.cli.messages import command_line
from astronet.cli.requests import out_of_bkjd
from astronet.files.remote import Location

if TYPE_CHECKING:
    from astronet.missions.settings import Source
    from astronet.search import Search


def candidate_line(row: Any) -> str:
    """Return the score, if there is one, and the properties of a candidate."""
    from astronet.evaluation.predictions import remarks_on
    from astronet.figures.numbers import depth_text, period_text, score_text

    score = row.get("score")
    words = [score_text(score) if score == score else "no score"] if score is not None else []
    words += [
        f"{row['star']}  candidate {row['number']}",
        f"period {period_text(row['period_days'], row['transits'])}",
        f"depth {depth_text(row['depth_ppm'])} ppm",
        f"SNR {row['snr']:.1f}",
        row["flags"].replace(";", ", "),
    ]
    if score is not None:
        words += [*remarks_on(row), row["reason"]]
    return "  ".join(filter(None, words))


def next_command(
    found: "Search",
    runs: Sequence[Path],
    data: Location,
    mission: str | None,
    reader: Sequence[str],
    source: "Source",
) -> str:
    """Return the command line that scores the candidates, or that vets scored ones.

    An event table cannot contain names of stars, so the best candidate is scored in this case.
    """
    options: dict[str, object] = {"data": data}
    options |= {} if mission is None else {"mission": mission}
    best = found.best.iloc[0]
    event = {
        "star": best["star"],
        "period": float(best["period_days"]),
        "epoch": out_of_bkjd(float(best["epoch_bkjd"]), source),
        "duration": float(best["duration_days"]),
    }
    readers = [{"reader": one} for one in reader]
    if found.named:
        networks = runs or [Path("pretrained")]
        return command_line("explain" if runs else "predict", *networks, options, *readers, event)
    if runs:
        return command_line("vet", *runs, {"table": found.table}, options, *readers)
    return command_line("predict", "pretrained", {"table": found.table}, options, *readers)
