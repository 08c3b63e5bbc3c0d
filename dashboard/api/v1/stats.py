"""`/api/affiliate/v1/stats`: an affiliate at a glance."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from aiohttp import hdrs
from pydantic import Field

import clock
from dashboard.api.contract import Answer, Call, operation
from dashboard.api.keys import reads
from dashboard.api.moments import Moment
from dashboard.api.taking import Told
from dashboard.api.v1.earnings import Earned, amounts_of
from dashboard.api.v1.stretches import Asked
from domain import affiliates, earning_periods, program
from domain.affiliates import Overview
from domain.api_keys import Scope
from domain.earning_periods import Sums
from domain.sources import Source
from storage import rollups
from storage.affiliates import Affiliate
from storage.rollups import ALL, Counts

_ACTIVE = "active"
_DAY = timedelta(days=1)


class Account(Told):
    """Who asks, and on what terms."""

    reference: str
    display_name: str
    promo_code: str
    referral_link: str
    rate_bp: Annotated[int, Field(description="What you earn of a sale now, in basis points.")]


class Performance(Told):
    """What your links brought on whole UTC days; `from` and `to` are null where it is ever.

    `clicks` are those that count, `repeats` and `bots` the others. A sign-up counts on its day for
    whose link it came by, a conversion on the day of the first payment for who is credited.
    """

    since: Annotated[Moment | None, Field(serialization_alias="from")]
    until: Annotated[Moment | None, Field(serialization_alias="to")]
    clicks: int
    repeats: int
    bots: int
    signups: int
    conversions: int
    conversion_rate_bp: Annotated[
        int | None, Field(description="Conversions of a hundred clicks, in basis points.")
    ]
    earned: list[Earned]


class ReferralCounts(Told):
    """How many referrals you have now."""

    total: int
    active: Annotated[int, Field(description="Those with a subscription that is active.")]
    converted: Annotated[int, Field(description="Those who paid, and were not refunded.")]


class Balance(Told):
    """An account in one currency, in minor units."""

    currency: str
    available: Annotated[int, Field(description="Below zero where more was taken back.")]
    pending: Annotated[int, Field(description="On hold.")]
    paid: Annotated[int, Field(description="What payouts have brought you so far.")]


class Stats(Told):
    """An affiliate at a glance."""

    affiliate: Account
    performance: Performance
    referrals: ReferralCounts
    balances: list[Balance]


@operation("Show your stats", tag="Affiliates' own figures", who=reads(Scope.STATS), etag=True)
async def show(call: Call[Affiliate], query: Asked) -> Answer[Stats]:
    """What your links brought, whom you have as referrals now, and your balances now.

    `from` and `to` are for `performance` alone. It is counted by whole UTC days: `from` goes back
    to midnight, and `to` on to the next. Left out, it is since ever, and up to now.
    """
    affiliate, today = call.caller, clock.now().astimezone(UTC).date()
    async with call.db.read() as session:
        seen = await affiliates.overview(session, affiliate, await program.load(session))
        first = await earning_periods.first_day(session, affiliate.id)
        days = query.days(first or today, today)
        counts = await rollups.by_value(
            session,
            affiliate.id,
            ALL,
            days.since if query.since else None,
            until=days.until - _DAY,
            limit=1,
        )
        earned = await earning_periods.within(session, affiliate.id, days)
    root = call.context.settings.public_url
    body = Stats(
        affiliate=Account(
            reference=affiliate.reference,
            display_name=affiliate.display_name,
            promo_code=affiliate.promo_code,
            referral_link=f"{root}/r/{quote(seen.link_ref, safe='')}",
            rate_bp=seen.rate_bp,
        ),
        performance=_performance(
            Source("", counts.get("", Counts())),
            earned,
            since=days.start if query.since else None,
            until=days.end if query.until else None,
        ),
        referrals=ReferralCounts(
            total=sum(count for _, _, count in seen.breakdown),
            active=sum(count for _, status, count in seen.breakdown if status == _ACTIVE),
            converted=seen.converted,
        ),
        balances=_balances(seen),
    )
    return Answer(body, {hdrs.VARY: hdrs.AUTHORIZATION})


def _performance(
    brought: Source, earned: Sums, *, since: datetime | None, until: datetime | None
) -> Performance:
    return Performance(
        since=since,
        until=until,
        **asdict(brought.counts),
        conversion_rate_bp=brought.rate_bp,
        earned=amounts_of(earned),
    )


def _balances(seen: Overview) -> list[Balance]:
    return [
        Balance(
            currency=currency,
            available=available,
            pending=pending,
            paid=seen.paid.get(currency, 0),
        )
        for currency, (available, pending) in sorted(seen.balances.items())
    ]
