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
REPEATS = 20
LENGTHS = (128, 256, 512, 1024, 2048, 4096, 8192)


def main() -> None:
    """Measures and prints both tables."""
    rows = [(POINTS, width) for width in KERNELS]
    _table(f"a row of {POINTS} points", rows)
    _table("a row and a kernel of equal length", [(length, length) for length in LENGTHS])


def _table(title: str, sizes: list[tuple[int, int]]) -> None:
    generator = np.random.default_rng(0)
    lines, ratios = [], []
    for length, width in sizes:
        x, w = generator.normal(size=length), generator.normal(size=width)
        # Bound as defaults, for the loop goes on.
        steps = {
            "direct": lambda x=x, w=w: [np.convolve(x, w) for _ in range(REPEATS)],
            "fft": lambda x=x, w=w: [convolve_by_fft(x, w) for _ in range(REPEATS)],
        }
        times = in_turn(steps, budget=2.0, rounds=31)
        apart = np.abs(np.convolve(x, w) - convolve_by_fft(x, w)).max()
        direct, fft = (1e6 * times[name] / REPEATS for name in ("direct", "fft"))
        ratios.append(direct / fft)
        ratio = f"{direct / fft:.2g} ×"
        lines.append((f"{width:,}", f"{direct:,.1f}", f"{fft:,.1f}", ratio, f"{apart:.0e}"))
    columns = ("points of the kernel", "direct, µs", "FFT, µs", "FFT is faster", "difference")
    show(title, columns, lines)
    widths = [width for _, width in sizes]
    crossing = np.exp(np.interp(0, np.log(ratios), np.log(widths)))  # ratios rise with the width
    print(f"equally fast at a kernel of about {crossing:.0f} points\n")


if __name__ == "__main__":
    main()
