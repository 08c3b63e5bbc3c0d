"""The leaderboard: who did best in a period, and where an affiliate stands among all others.

The dashboard, the API and operators get the same answer, from sums that are kept by month.
Ranked is whoever is approved and has more than nothing. Who has as much as somebody else shares
their rank, and the next one's counts both: 1, 1, 3.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.errors import NotFoundError
from domain.money import money, number, percent
from domain.program import Program
from domain.statements import Month
from domain.statuses import Status
from storage import affiliates
from storage import leaderboard as rows
from storage.affiliates import Affiliate
from storage.leaderboard import EVER, Ranking

SHOWN: Final = 10
SHOWN_MAX: Final = 100
NAMELESS: Final = "An affiliate"
_HIDDEN: Final = tuple(status for status in Status if status is not Status.APPROVED)
_NAME_MAX: Final = 60
_JOINERS: Final = "\u200c\u200d"
"""Unseen, and yet part of how names are written, and emojis."""


class Span(StrEnum):
    """A stretch of time, by the calendar in UTC."""

    MONTH = "month"
    LAST_MONTH = "last_month"
    ALL = "all"

    @property
    def words(self) -> str:
        """What it is called."""
        return {"month": "This month", "last_month": "Last month", "all": "All time"}[self]

    def period(self, now: datetime) -> str:
        """Under which name its sums are kept."""
        if self is Span.ALL:
            return EVER
        month = Month.of(now)
        return str(month.before() if self is Span.LAST_MONTH else month)


class Metric(StrEnum):
    """What is compared."""

    REFERRALS = "referrals"
    EARNINGS = "earnings"
    RATE = "conversion_rate"

    @property
    def words(self) -> str:
        """What it is called."""
        return {
            "referrals": "Referrals",
            "earnings": "Earnings",
            "conversion_rate": "Conversion rate",
        }[self]

    def shown(self, value: int, currency: str) -> str:
        """A value for a person."""
        if self is Metric.EARNINGS:
            return money(value, currency)
        return percent(value) if self is Metric.RATE else number(value)


@dataclass(frozen=True, slots=True)
class Place:
    """One line: `value` is a count, minor units or basis points, as the metric has it.

    `name` is what other affiliates may read; `affiliate` is for operators alone.
    """

    rank: int
    name: str
    value: int
    affiliate: Affiliate
    own: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """Where the viewer stands. `rank` is None for who has nothing to be ranked by yet.

    `clicks_missing` is how many more they need to be ranked by conversion rate.
    """

    rank: int | None
    value: int
    clicks_missing: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """The best of a period, and the viewer's own position, if an affiliate asks."""

    span: Span
    metric: Metric
    currency: str
    min_clicks: int
    places: Sequence[Place]
    ranked: int
    own: Own | None = None


async def board(
    session: AsyncSession,
    program: Program,
    span: Span = Span.MONTH,
    metric: Metric = Metric.REFERRALS,
    *,
    limit: int = SHOWN,
    viewer: Affiliate | None = None,
) -> Board:
    """The first `limit`, and where the viewer stands, on the list or not.

    Raises `NotFoundError` where the program has switched the leaderboard off.
    """
    if not program.leaderboard_enabled:
        raise NotFoundError("This program has switched its leaderboard off.")
    period = span.period(clock.now())
    ranking = _ranking(metric, period, program)
    found = await rows.top(session, ranking, _HIDDEN, limit)
    viewer_id = viewer.id if viewer else None
    ranked, value, above = await rows.standing(session, ranking, _HIDDEN, viewer_id)
    people = await affiliates.by_ids(session, {owner for owner, _ in found})
    clicks_missing = 0
    if viewer is not None and metric is Metric.RATE:
        clicks = await rows.clicks_of(session, viewer.id, period)
        clicks_missing = max(0, program.leaderboard_min_clicks - clicks)
    places: list[Place] = []
    for place, (owner, amount) in enumerate(found, start=1):
        tied = bool(places) and places[-1].value == amount
        rank = places[-1].rank if tied else place
        name = shown_name(people[owner], program)
        own = viewer is not None and viewer.id == owner
        places.append(Place(rank, name, amount, people[owner], own))
    return Board(
        span,
        metric,
        program.currency,
        program.leaderboard_min_clicks,
        places,
        ranked,
        _own(viewer, value, above, clicks_missing) if viewer else None,
    )


def _ranking(metric: Metric, period: str, program: Program) -> Ranking:
    if metric is Metric.EARNINGS:
        return rows.by_earnings(period, program.currency)
    if metric is Metric.RATE:
        return rows.by_rate(period, program.leaderboard_min_clicks)
    return rows.by_referrals(period)


def _own(viewer: Affiliate, value: int, above: int, clicks_missing: int) -> Own:
    if value <= 0 or viewer.status != Status.APPROVED:
        return Own(None, value, clicks_missing)
    return Own(above + 1, value)


def shown_name(affiliate: Affiliate, program: Program) -> str:
    """What other affiliates may know of somebody: initials, or the name that they want shown.

    Never their address, also where it is what they call themselves.
    """
    if program.leaderboard_privacy == "opt_in" and affiliate.shows_name:
        name = " ".join(_spoken(affiliate.display_name).split())
        if name and "@" not in name:
            return name if len(name) <= _NAME_MAX else name[: _NAME_MAX - 1].rstrip() + "…"
    return initials(affiliate.display_name) or initials(affiliate.legal_name) or NAMELESS


def initials(name: str) -> str:
    """The first letters of the first and last word of a name, such as `J.S.`; maybe none.

    Of an address it is one letter. What is no letter or digit, such as an emoji, is left out.
    """
    firsts = [first for word in _spoken(name).split("@")[0].split() if (first := _first(word))]
    ends = firsts[:1] + firsts[1:][-1:]
    return "".join(f"{letter}." for letter in ends)


def _spoken(name: str) -> str:
    """A name without control characters, and those that turn the direction of a line."""
    return "".join(
        " " if (kind := unicodedata.category(one)) == "Cc" or kind.startswith("Z") else one
        for one in unicodedata.normalize("NFC", name)
        if one in _JOINERS or unicodedata.category(one) not in {"Cf", "Cs", "Co", "Cn"}
    )


def _first(word: str) -> str:
    """The first letter or digit of a word, in capitals, with the marks that belong to it."""
    letters: Iterator[str] = iter(word)
    for letter in letters:
        if letter.isalnum():
            marks = ""
            for mark in letters:
                if not unicodedata.category(mark).startswith("M"):
                    break
                marks += mark
            return (letter.upper()[:1] + marks)[:4]
    return ""
