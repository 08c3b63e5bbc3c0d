"""Whose data it is and for how long it is kept, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.program import Program

AFFILIATES, BUYERS, VISITORS, OTHERS = "affiliates", "customers", "visitors", "others"
PEOPLE: Final = {
    AFFILIATES: "If you are an affiliate, or applied to be one",
    VISITORS: "If you followed an affiliate's link or opened a partner page",
    BUYERS: "If you signed up or bought after that",
    OTHERS: "If you reported somebody, or run this program",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One sort of data: what it is, what for, and until when, by the settings in force."""

    of: str
    what: str
    why: str
    until: Callable[[Program], str]
    tables: tuple[str, ...]


def member(_program: Program) -> str:
    """Until they leave and ask for it."""
    return "As long as you are an affiliate, and after that until you ask for erasure."


def books(_program: Program) -> str:
    """What books need."""
    return (
        "For good, as books have to be kept. After an erasure these rows lead to nobody: they name "
        "a number that belongs to no person any more."
    )


def with_sale(_program: Program) -> str:
    """What belongs to a sale."""
    return "As long as the sale itself is kept in the books."


def events(program: Program) -> str:
    """What came from or went to other services."""
    return f"{days(program.event_retention_days)}, once it is dealt with."


def ever(_program: Program) -> str:
    """What is sealed for good."""
    return (
        "For good, since nobody can change it afterwards: each line is sealed over the one before. "
        "Lines name affiliates by a number, and operators by their name in Slack."
    )


def tax(program: Program) -> str:
    """What tax law wants."""
    return (
        "As long as you are an affiliate. After an erasure until "
        f"{years(program.tax_retention_years)} after the year of your last payout have passed, as "
        "tax law wants; then it is deleted. Without a payout it goes at once."
    )


def days(count: int) -> str:
    """A number of days in words."""
    return "1 day" if count == 1 else f"{count} days"


def years(count: int) -> str:
    """A number of years in words."""
    return "1 year" if count == 1 else f"{count} years"
