"""Tables of the outcomes, and files of the findings."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.fuzzing.campaign import Campaign, Tally
from benchmarks.measuring import show

_COLUMNS = ("reader", "inputs", "real", "passed", "both", "results", "errors", "findings", "min")


def print_table(tallies: Mapping[str, Tally], seed: int) -> None:
    """Print the number of inputs and outcomes of each reader."""
    whole = Tally()
    for tally in tallies.values():
        whole.merge(tally)
    rows = [_row(name, tally) for name, tally in {**tallies, "all": whole}.items()]
    show(f"Fuzzing of the readers, seed {seed}", _COLUMNS, rows)


def _row(name: str, tally: Tally) -> tuple[str, ...]:
    counts = tally.counts
    total = max(counts["inputs"], 1)
    shares = (f"{100 * counts[kind] / total:.0f} %" for kind in ("real", "passed", "both"))
    numbers = (f"{counts[kind]:,}" for kind in ("result", "error"))
    found = sum(tally.findings.values())
    return name, f"{counts['inputs']:,}", *shares, *numbers, str(found), f"{tally.seconds / 60:.1f}"


def print_findings(tallies: Mapping[str, Tally], seed: int) -> None:
    """Print the kinds of findings, each with the command that repeats the first one."""
    for name, tally in tallies.items():
        for key, count in tally.findings.most_common():
            index, outcome = tally.examples[key][0]
            print(f"\n{name}: {key} ({count} inputs)\n{outcome.text[-1500:]}")
            command = f"--reader {name} --seed {seed} --start {index} --inputs 1"
            print(f"repeat it with `python -m benchmarks.fuzz {command}`")


def save_findings(campaign: Campaign, tally: Tally, out: Path) -> None:
    """Save the first inputs of each kind of finding, with their tracebacks."""
    for key, examples in tally.examples.items():
        for index, outcome in examples:
            made = campaign.input(index)
            folder = out / campaign.reader.name / f"{campaign.seed}-{index}"
            path = folder / made.sample.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made.content)
            (folder / "finding.txt").write_text(f"{key}\n{outcome.text}\n", errors="replace")


def added(tallies: Mapping[str, Tally], path: Path) -> dict[str, Tally]:
    """Add tallies to those in a file, and return the sums."""
    known = json.loads(path.read_text()) if path.exists() else {}
    sums = {
        name: Tally(Counter(one["counts"]), Counter(one["findings"]), seconds=one["seconds"])
        for name, one in known.items()
    }
    for name, tally in tallies.items():
        sums.setdefault(name, Tally()).merge(tally)
    content = {
        name: {"counts": one.counts, "findings": one.findings, "seconds": one.seconds}
        for name, one in sums.items()
    }
    path.write_text(json.dumps(content, indent=1))
    return sums
