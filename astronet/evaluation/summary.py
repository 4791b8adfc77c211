"""Text summary of an evaluation, from the content of metrics.json."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from astronet.errors import counted
from astronet.evaluation.abstention import COVERAGES
from astronet.evaluation.comparison import COMPARED
from astronet.evaluation.metrics import TITLES

HEADLINE = (
    *("average_precision", "roc_auc", "recall_at_precision_95", "threshold_at_precision_95"),
    *("recall_at_precision_99", "threshold_at_precision_99", "accuracy"),
)
"""Names of the metrics in the summary."""

_Metrics = Mapping[str, Any]


def summary(metrics: _Metrics) -> str:
    """Return the summary: split, labels and numbers of events, then the metrics in HEADLINE.

    If stars of the evaluated events also have training events, the metrics of the events of other
    stars come first. If available, the summary also contains the training data of shipped weights,
    the comparison of several runs, and the average precision of the baselines. Metrics are
    followed by their 95 % confidence intervals, if these are defined.

    Args:
        metrics: Content of metrics.json.
    """
    return "\n".join(_summary(metrics))


def _summary(metrics: _Metrics) -> Iterator[str]:
    n, seen, clean = metrics["n"], metrics["n_star_in_training"], metrics.get("star_clean")
    yield f"split {metrics['split']}, labels {metrics['labels']}: {_counts(metrics)}"
    yield from (f"{name}: {text}" for name, text in metrics.get("trained_on", {}).items())
    if not seen:
        yield from _metrics(metrics, "")
        return
    optimistic = "so these metrics overestimate the performance on new stars:"
    if clean:
        yield f"stars without training events: {_counts(clean)}"
        yield from _metrics(clean, "  ")
        yield f"all {n} events; the stars of {seen} have training events, {optimistic}"
        yield from _metrics(metrics, "  ")
        return
    how_many = f"all {n}" if seen == n else f"{seen} of {n}"
    yield f"the stars of {how_many} events have training events, {optimistic}"
    yield from _metrics(metrics, "  ")


def _counts(metrics: _Metrics) -> str:
    return (
        f"{counted(metrics['n'], 'event')} of {counted(metrics['n_stars'], 'star')}, "
        f"{counted(metrics['n_positive'], 'planet')}"
    )


def _metrics(metrics: _Metrics, indent: str) -> Iterator[str]:
    yield from _lines(metrics, indent)
    yield from _certainty(metrics, indent)
    for name, baseline in metrics.get("baselines", {}).items():
        yield from _lines(baseline, f"{indent}baseline {name}: ", ("average_precision",))
    if comparison := metrics.get("comparison"):
        yield from _table(comparison, indent)


def _certainty(metrics: _Metrics, indent: str) -> Iterator[str]:
    """Yield the calibration error, and the errors among the most certain events."""
    if calibrated := metrics.get("ece_if_calibrated"):
        yield from _lines(metrics, indent, ("ece",))
        low, high = calibrated["interval"]
        yield (
            f"{indent}that of perfectly calibrated scores: mean {calibrated['mean']:.4f}, 95 % of "
            f"simulations {low:.4f} to {high:.4f}"
        )
    if risk := metrics.get("risk_coverage"):
        risks = (f"{risk[f'risk_at_{100 * c:.0f}']:.4f} for {c:.0%}" for c in COVERAGES)
        yield (
            f"{indent}fraction of errors among the most certain events: {', '.join(risks)}; area "
            f"under the risk-coverage curve {risk['area']:.5f}"
        )


def _lines(metrics: _Metrics, prefix: str, names: Sequence[str] = HEADLINE) -> Iterator[str]:
    width = max(len(TITLES[name]) for name in names)
    for name in names:
        value, (low, high) = metrics[name], metrics["intervals"][name]
        shown = "undefined" if value is None else f"{value:.4f}"
        interval = "" if low is None else f"   95 % confidence interval {low:.4f} to {high:.4f}"
        yield f"{prefix}{TITLES[name]:<{width}} {shown}{interval}"


def _table(comparison: _Metrics, indent: str) -> Iterator[str]:
    """Yield the lines of the table of models and of the table of differences between them."""
    models = [(model["name"], model) for model in comparison["models"]]
    pairs = [(f"{pair['model']} − {pair['minus']}", pair) for pair in comparison["differences"]]
    width = max(len(name) for name, _ in [*models, *pairs])
    for title, rows, sign in (("comparison", models, ""), ("differences", pairs, "+")):
        cells = [[_cell(row, name, sign) for name in COMPARED] for _, row in rows]
        widths = [
            max(len(text) for text in (TITLES[name], *column))
            for name, column in zip(COMPARED, zip(*cells, strict=True), strict=True)
        ]
        lines = [(title, [TITLES[name] for name in COMPARED])]
        lines += [(name, texts) for (name, _), texts in zip(rows, cells, strict=True)]
        for name, texts in lines:
            shown = [f"{text:<{w}}" for text, w in zip(texts, widths, strict=True)]
            yield indent + "  ".join([f"{name:<{width}}", *shown]).rstrip()


def _cell(row: _Metrics, name: str, sign: str) -> str:
    """Return a value with its interval, with the sign "+" if it is a positive difference."""
    value, (low, high) = row[name], row["intervals"][name]
    if value is None:
        return "undefined"
    interval = "" if low is None else f" ({low:{sign}.4f} to {high:{sign}.4f})"
    return f"{value:{sign}.4f}{interval}"
