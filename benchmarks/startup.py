"""CPU time until a command does its work: imports, help texts, and the rejection of mistakes.

Usage: python -m benchmarks.startup [FOLDER OF KEPLER LIGHT CURVES]

With a folder that contains TrES-2 (KIC 11446443), the score of one star is timed too.
"""

from benchmarks.measuring import one_thread, show

one_thread()

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 5
TRES_2 = (
    *("--star", "11446443", "--period", "2.47061", "--epoch", "132.646", "--duration", "0.0743"),
    *("--data",),
)


def cpu_seconds(command: list[str], folder: str) -> float:
    """Return the CPU time of a process and its children [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(light_curves: Path | None) -> None:
    """Time every command RUNS times in an empty folder, and print minimum and median."""
    astronet = [sys.executable, "-m", "astronet"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "broken.yaml").write_text("training: [1\n")
        commands = {
            "import astronet": [sys.executable, "-c", "import astronet"],
            "import astronet.config": [sys.executable, "-c", "import astronet.config"],
            "astronet --help": [*astronet, "--help"],
            "config path that does not exist": [*astronet, "train", "--config", "no.yaml"],
            "config with a YAML error": [*astronet, "train", "--config", "broken.yaml"],
        }
        if light_curves is not None:
            words = ["predict", "pretrained", *TRES_2, str(light_curves.resolve())]
            commands["astronet predict pretrained, one star"] = [*astronet, *words]
        rows = []
        for name, command in commands.items():
            times = sorted(cpu_seconds(command, folder) for _ in range(RUNS))
            rows.append((name, f"{times[0]:.2f}", f"{times[RUNS // 2]:.2f}"))
    show("CPU time of a process [s]", ("command", "minimum", "median"), rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
