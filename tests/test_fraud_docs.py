"""docs/fraud.md is what the rules do: each reason, and each kind of made-up affiliate."""

from collections import defaultdict
from pathlib import Path

from domain.fraud_judgement import judge
from domain.fraud_rules import RULES
from domain.fraud_values import FraudMinimums, FraudWeights
from domain.program import Program
from tests.fraud_people import EACH, KINDS, everybody

PAGE = (Path(__file__).parents[1] / "docs" / "fraud.md").read_text()
LEAST = 200


def table(name: str) -> list[dict[str, str]]:
    """A table of the page, as rows by column."""
    lines = PAGE.split(f"<!-- checked: {name} -->\n")[1].split("\n\n", 1)[0].splitlines()
    heads, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_every_made_up_affiliate_scores_as_the_page_says() -> None:
    """And no honest one is paused."""
    people = list(everybody())
    assert len(people) == EACH * len(KINDS) >= LEAST
    threshold = Program().fraud_threshold
    scores = defaultdict(list)
    for one in people:
        scores[one.kind].append(judge(one.facts, FraudWeights(), FraudMinimums())[0])
    found = [
        {
            "Kind": kind,
            "Honest": "yes" if KINDS[kind][0] else "no",
            "Lowest": str(min(points)),
            "Highest": str(max(points)),
            "Paused": str(sum(each >= threshold for each in points)),
        }
        for kind, points in scores.items()
    ]
    assert found == table("people")
    assert not any(int(row["Paused"]) for row in found if row["Honest"] == "yes")


def test_no_other_seed_pauses_an_honest_one() -> None:
    """The seed of the table was not picked for its luck."""
    for seed in range(12):
        for one in everybody(seed):
            score, reasons = judge(one.facts, FraudWeights(), FraudMinimums())
            fine = not one.honest or score < Program().fraud_threshold
            assert fine, (seed, one.kind, reasons)


def test_every_reason_stands_on_the_page_with_its_points_and_minimum() -> None:
    """A weight that changes changes the page."""
    weights, least = FraudWeights(), FraudMinimums()
    rows = table("reasons")
    assert {row["Setting"].strip("`") for row in rows} == set(RULES)
    for row in rows:
        name = row["Setting"].strip("`")
        assert row["Reason"] == RULES[name].title
        assert int(row["Points"]) == getattr(weights, name)
        assert str(getattr(least, name)) in row["Counts from"].split()[0]
        if hasattr(least, f"{name}_percent"):
            assert f"{getattr(least, f'{name}_percent')} %" in row["Counts from"]
    assert f"{weights.one_place_max} points at most" in PAGE


def test_no_reason_reaches_the_threshold_alone() -> None:
    """Nor do all together that one place explains."""
    weights = FraudWeights()
    assert all(getattr(weights, name) < Program().fraud_threshold for name in RULES)
    assert weights.one_place_max < Program().fraud_threshold
