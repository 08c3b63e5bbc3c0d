"""`/api/affiliate/v1/earnings`: what an affiliate earned by day, week or month."""

from datetime import UTC, date
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

import clock
from dashboard.api.contract import Answer, Call, operation
from dashboard.api.keys import reads
from dashboard.api.moments import Moment
from dashboard.api.taking import Told, says
from dashboard.api.v1.stretches import ABOVE, Limited, NextCursor, day_in, headers_of
from domain import earning_periods
from domain.api_keys import Scope
from domain.earning_periods import Days, Group, Kind, Sums
from storage.affiliates import Affiliate


class Grouping(Limited):
    """Which periods."""

    group: Annotated[Group, Field(description="How long a period is; weeks begin on Monday.")] = (
        Group.DAY
    )
    cursor: Annotated[
        date | None,
        PlainValidator(lambda given: day_in(given) if given else None),
        says("Use the next_cursor of the page before, as it came."),
        WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"const": ""}]}),
        Field(description="The `next_cursor` of the page before."),
    ] = None


class Earned(Told):
    """What was earned in a currency, in minor units, less what was taken back."""

    currency: str
    amount: Annotated[int, Field(description="All of it.")]
    commissions: Annotated[int, Field(description="From sales that were credited to you.")]
    recruits: Annotated[int, Field(description="From sales of those whom you recruited.")]
    bonuses: Annotated[int, Field(description="From milestones and contests.")]
    other: Annotated[int, Field(description="What was brought over, and corrections.")]


class Period(Told):
    """A period, from a midnight to before another; the first and the last may be cut short."""

    since: Annotated[Moment, Field(serialization_alias="from")]
    until: Annotated[Moment, Field(serialization_alias="to")]
    amounts: Annotated[list[Earned], Field(description="By currency; empty where nothing came.")]


class PeriodList(Told):
    """A page of periods, the last first."""

    group: Group
    data: list[Period]
    next_cursor: NextCursor


@operation(
    "Show your earnings by period",
    tag="Affiliates' own figures",
    who=reads(Scope.EARNINGS),
    headers=ABOVE,
    etag=True,
)
async def index(call: Call[Affiliate], query: Grouping) -> Answer[PeriodList]:
    """What was posted to your account in each day, week or month, the last first.

    All counts but payouts, from the moment it is posted, also while it is on hold; what is taken
    back counts when it is taken back. Days are those of UTC, and only whole ones can be asked for:
    `from` goes back to midnight, and `to` on to the next. Left out, they are the day of your first
    earnings, and today. Currencies are never added.
    """
    today = clock.now().astimezone(UTC).date()
    async with call.db.read() as session:
        first = await earning_periods.first_day(session, call.caller.id) or today
        days = query.days(first, today)
        if query.cursor is not None:
            days = Days(days.since, min(days.until, query.cursor))
        found = await earning_periods.by_period(
            session, call.caller.id, query.group, days, query.limit
        )
    more = found and found[-1][0].since > days.since
    cursor = found[-1][0].since.isoformat() if more else None
    body = PeriodList(group=query.group, data=[_shown(*one) for one in found], next_cursor=cursor)
    return Answer(body, headers_of(call, cursor))


def _shown(days: Days, sums: Sums) -> Period:
    return Period(since=days.start, until=days.end, amounts=amounts_of(sums))


def amounts_of(sums: Sums) -> list[Earned]:
    """What was earned, by currency."""
    return [
        Earned(
            currency=currency,
            amount=sum(kinds.values()),
            commissions=kinds[Kind.COMMISSIONS],
            recruits=kinds[Kind.RECRUITS],
            bonuses=kinds[Kind.BONUSES],
            other=kinds[Kind.OTHER],
        )
        for currency, kinds in sorted(sums.items())
    ]
