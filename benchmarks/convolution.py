"""When convolution through the frequencies pays: `python -m benchmarks.convolution`.

A row as long as the global view, and kernels of more and more points, one thread. The direct sum is
numpy's (`np.convolve`), the other ours (`convolve_by_fft`).
"""

from benchmarks.measuring import in_turn, one_thread, show

one_thread()

import numpy as np

from astronet.convolution import convolve_by_fft

POINTS = 2001
KERNELS = (5, 9, 17, 33, 65, 129, 257, 513, 1025, 2001)
LENGTHS = (128, 256, 512, 1024, 2048, 4096, 8192, 16384)


def main() -> None:
    """Measures and prints both tables."""
    rows = [(POINTS, width) for width in KERNELS]
    _table(f"a row of {POINTS} points", rows)
    _table("a row and a kernel of equal length", [(length, length) for length in LENGTHS])


def _table(title: str, sizes: list[tuple[int, int]]) -> None:
    generator = np.random.default_rng(0)
    lines = []
    for length, width in sizes:
        x, w = generator.normal(size=length), generator.normal(size=width)
        # Bound as defaults, for the loop goes on.
        steps = {
            "direct": lambda x=x, w=w: [np.convolve(x, w) for _ in range(20)],
            "fft": lambda x=x, w=w: [convolve_by_fft(x, w) for _ in range(20)],
        }
        times = in_turn(steps, budget=2.0, rounds=31)
        apart = np.abs(np.convolve(x, w) - convolve_by_fft(x, w)).max()
        lines.append(
            (
                f"{length:,}",
                f"{width:,}",
                f"{times['direct'] / 20 * 1e6:.3g}",
                f"{times['fft'] / 20 * 1e6:.3g}",
                f"{times['direct'] / times['fft']:.3g} ×",
                f"{apart:.0e}",
            )
        )
    columns = ("points", "kernel", "direct, µs", "FFT, µs", "FFT is faster", "largest difference")
    show(title, columns, lines)


if __name__ == "__main__":
    main()
