"""Run time of direct and FFT convolution: `python -m benchmarks.convolution`.

The signal has the length of the global view, and the kernels have increasing lengths; one thread.
Direct convolution is `np.convolve`, FFT convolution is `convolve_by_fft` of this package.
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
    """Print both tables."""
    rows = [(POINTS, width) for width in KERNELS]
    _table(f"signal of {POINTS} points", rows)
    _table("signal and kernel of equal length", [(length, length) for length in LENGTHS])


def _table(title: str, sizes: list[tuple[int, int]]) -> None:
    generator = np.random.default_rng(0)
    lines, ratios = [], []
    for length, width in sizes:
        x, w = generator.normal(size=length), generator.normal(size=width)
        # Default arguments bind x and w of this iteration.
        steps = {
            "direct": lambda x=x, w=w: [np.convolve(x, w) for _ in range(REPEATS)],
            "fft": lambda x=x, w=w: [convolve_by_fft(x, w) for _ in range(REPEATS)],
        }
        times = in_turn(steps, budget=2.0, rounds=31)
        difference = np.abs(np.convolve(x, w) - convolve_by_fft(x, w)).max()
        direct, fft = (1e6 * times[name] / REPEATS for name in ("direct", "fft"))
        ratios.append(direct / fft)
        ratio = f"{direct / fft:.2g} ×"
        lines.append((f"{width:,}", f"{direct:,.1f}", f"{fft:,.1f}", ratio, f"{difference:.0e}"))
    columns = ("kernel length [points]", "direct [µs]", "FFT [µs]", "speed-up by FFT", "difference")
    show(title, columns, lines)
    widths = [width for _, width in sizes]
    crossing = np.exp(np.interp(0, np.log(ratios), np.log(widths)))  # ratios are ascending
    print(f"equal run times at a kernel length of about {crossing:.0f} points\n")


if __name__ == "__main__":
    main()
