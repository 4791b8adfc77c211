"""Numbers as text, the same in all messages and pages."""


def score_text(score: float) -> str:
    """Return a score with four decimal places, or with one significant digit if it is below 1e-4.

    Examples: "0.8907", "2e-06".
    """
    return f"{score:.4f}" if score >= 1e-4 else f"{score:.0e}"


def depth_text(ppm: float) -> str:
    """Return a transit depth in whole ppm, or with two significant digits if it is below 10 ppm.

    Examples: "14360", "2.4".
    """
    return f"{ppm:.0f}" if abs(ppm) >= 10 else f"{ppm:.2g}"


def period_text(days: float, transits: int) -> str:
    """Return a period with six significant digits; that of a single transit is not known.

    Examples: "2.47061 d", "unknown (1 transit)".
    """
    return f"{days:.6g} d" if transits > 1 else "unknown (1 transit)"
