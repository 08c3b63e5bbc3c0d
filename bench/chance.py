"""What is left to chance in a made-up program, and what it is about."""

from bisect import bisect
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlmodel import SQLModel

from storage.clicks import BOT, COUNTED, REPEAT
from storage.rollups import Origin

Row = tuple[type[SQLModel], dict[str, Any] | tuple[Any, ...]]
"""A row by its columns' names; of those that are millions, its values in the columns' order."""

DAYS: Final = 365
PAYOUT_DAY: Final = 5
DAY_S: Final = 86_400
MONTH: Final = timedelta(days=30)
RENEWALS: Final = ((1, 30), (2, 35), (3, 25), (4, 10))
"""How many invoices a customer pays, and how many in a hundred pay so many."""
TAGS: Final = (("", 60), ("youtube", 20), ("mail", 12), ("bio", 8))
PAGES: Final = (("/", 70), ("/pricing", 20), ("/tools", 10))
COUNTRIES: Final = (("US", 60), ("CA", 15), ("GB", 15), ("DE", 10))
KINDS: Final = ((COUNTED, 80), (REPEAT, 12), (BOT, 8))
ARRIVALS: Final = tuple(
    ((kind, tag, page, country), of_kind * of_tag * of_page * of_country)
    for kind, of_kind in KINDS
    for tag, of_tag in TAGS
    for page, of_page in PAGES
    for country, of_country in COUNTRIES
)
"""How a click comes, decided at once."""
PRICES: Final = ((2900, "monthly", 60), (7900, "3-month", 25), (14900, "6-month", 15))
CURRENCIES: Final = (("usd", 85), ("eur", 15))
BY: Final = (("link", 50), ("promo_code", 50))
NAMES: Final = ("Ana", "Ben", "Cleo", "Dario", "Elif", "Finn", "Gita", "Hugo", "Ines", "Jon")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: so many affiliates, and about so many commissions and clicks."""

    affiliates: int
    commissions: int
    clicks: int


WHOLE: Final = Size(10_000, 1_000_000, 10_000_000)


def percent(of_whole: float) -> Size:
    """A part of the whole size, given in percent."""
    affiliates, sold, clicks = (
        max(1, round(one * of_whole / 100))
        for one in (WHOLE.affiliates, WHOLE.commissions, WHOLE.clicks)
    )
    return Size(affiliates, sold, clicks)


class Choice:
    """One of several values, each as likely as its weight says."""

    def __init__(self, rng: Random, weighted: tuple[tuple[Any, int], ...]) -> None:
        self._random = rng.random
        self._values = [value for value, _ in weighted]
        self._steps = list(accumulate(weight for _, weight in weighted))

    def __call__(self) -> Any:
        """One of the values."""
        return self._values[bisect(self._steps, self._random() * self._steps[-1])]


@dataclass(slots=True)
class Partner:
    """An affiliate, as far as their rows need it; `key` is the id's digits."""

    id: UUID
    key: str
    ref: str
    recruiter: UUID | None


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who came at a moment, and by whom; `origin` is that partner's, or nobody's."""

    name: str
    since: datetime
    partner: Partner | None
    origin: Origin | None
    by: str


@dataclass(slots=True)
class Purchase:
    """An invoice that will be paid, with what becomes of it."""

    customer: Customer
    cycle: int
    paid_at: datetime
    currency: str
    price: int
    plan: str
    refunded: int = 0
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Where an entry is posted to. One with an `origin` is of a sale, which the sums follow."""

    owner: UUID
    currency: str
    available_at: datetime
    origin: Origin | None
