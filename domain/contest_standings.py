"""The standings of a contest: as they are now until its winner is announced, then as announced."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.money import money, number
from domain.statuses import Status
from storage import affiliates
from storage import contest_standings as rows
from storage.affiliates import Affiliate
from storage.contests import ANNOUNCED, CANCELLED, REFERRALS, Contest

SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's place, from 1. `value` is a count, or minor units of the contest's currency.

    `reached_at` is when they got there: what decides between two with as much.
    """

    affiliate: Affiliate
    place: int
    value: int
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class Standings:
    """The first places, that of the one who asks (None for none), and how many places there are."""

    first: tuple[Standing, ...]
    own: Standing | None
    places: int

    @property
    def leader(self) -> Standing | None:
        """Who is first, if anybody has brought something."""
        return self.first[0] if self.first else None

    @property
    def tied(self) -> bool:
        """Whether the first two have as much, so that time decides."""
        return len(self.first) > 1 and self.first[0].value == self.first[1].value


async def standings(
    session: AsyncSession, contest: Contest, limit: int = SHOWN, *, own: UUID | None = None
) -> Standings:
    """The first `limit` places, and that of one affiliate."""
    if contest.status in {ANNOUNCED, CANCELLED}:
        found, places = await rows.first_final(session, contest.id, limit, also=own)
    else:
        found, places = await rows.first(session, contest, limit, also=own, status=Status.APPROVED)
    people = await affiliates.by_ids(session, [each.affiliate_id for each in found])
    made = [
        Standing(people[each.affiliate_id], each.place, each.value, each.reached_at)
        for each in found
    ]
    return Standings(
        tuple(each for each in made if each.place <= limit),
        next((each for each in made if each.affiliate.id == own), None),
        places,
    )


async def freeze(session: AsyncSession, contest: Contest) -> None:
    """Keep the standings of this moment for good."""
    await rows.freeze(session, contest, status=Status.APPROVED)


def in_words(contest: Contest, value: int) -> str:
    """What somebody has brought: `3 referrals`, or an amount."""
    if contest.metric == REFERRALS:
        return f"{number(value)} referral{'s' * (value != 1)}"
    return money(value, contest.currency)
