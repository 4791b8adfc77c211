"""Explanation of one event's score."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from astronet.explanations.conclusion import Statement, conclusion
from astronet.explanations.findings import Findings
from astronet.explanations.model import score_of, score_text
from astronet.explanations.secondary import Sibling


@dataclass(frozen=True, eq=False)
class Explanation:
    """Explanation of one event's score.

    Attributes:
        page: Path of explain.html. The same folder contains explain.png, its summary.
        findings: Numerical results that explain the score.
        warning: Reason why the score is unreliable; "" if it is reliable.
        siblings: Other events of the star, as far as they are known.
    """

    page: Path
    findings: Findings
    warning: str
    siblings: Sequence[Sibling] = ()

    @property
    def score(self) -> float:
        """Score of the unmodified event."""
        return score_of(self.findings.logit)

    @property
    def conclusion(self) -> list[Statement]:
        """Statements about what determines the score, and what to check next."""
        return conclusion(self.findings, self.siblings)

    @property
    def summary(self) -> str:
        """Text summary with one score per line.

        The first line gives the score of the unmodified event, and each following line the score
        without one part of the event.
        """
        remark = f"   ({self.warning})" if self.warning else ""
        event, rows = self.findings.event, self.findings.removals
        lines = [f"{score_text(self.findings.logit):<7} {event.name}, unmodified{remark}"]
        lines += [f"{score_text(row.logit):<7} without {row.part}" for row in rows]
        return "\n".join(lines)
