"""The fraud score: the rules that fire, weighed, and cut to what one place may add."""

from dataclasses import dataclass
from typing import Any, Final

from domain.fraud_evidence import Facts
from domain.fraud_rules import RULES
from domain.fraud_values import FraudMinimums, FraudWeights

MOST_POINTS: Final = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired. `points` is what it adds to the score."""

    rule: str
    points: int
    words: str
    measure: int
    evidence: tuple[str, ...] = ()

    @property
    def stored(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "rule": self.rule,
            "points": self.points,
            "words": self.words,
            "measure": self.measure,
            "evidence": list(self.evidence),
        }


def judge(facts: Facts, weights: FraudWeights, least: FraudMinimums) -> tuple[int, list[Reason]]:
    """The score of these facts, 0 to 100, and its reasons, the weightiest first.

    What one place explains is cut to what it may add; its lightest reasons are cut first.
    """
    found = []
    for rule in RULES.values():
        points = int(getattr(weights, rule.name))
        seen = rule.look(facts, least) if points else None
        if seen is not None:
            found.append(Reason(rule.name, points, seen.words, seen.measure, seen.evidence))
    found.sort(key=lambda one: (-one.points, one.rule))
    left, reasons = weights.one_place_max, []
    for one in found:
        if RULES[one.rule].one_place:
            points = min(one.points, left)
            left -= points
            one = Reason(one.rule, points, one.words, one.measure, one.evidence)  # noqa: PLW2901
        reasons.append(one)
    reasons.sort(key=lambda one: (-one.points, one.rule))
    return min(MOST_POINTS, sum(one.points for one in reasons)), reasons
