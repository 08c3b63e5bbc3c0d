"""The monthly statement by mail: what was earned, taken back and paid, and what is left.

It goes once for each affiliate and month, after the month's end in UTC, in waking hours where
they live, to whoever had any movement or has a balance. After an outage only the latest month
goes. Paused affiliates get theirs; those whose partnership has ended do not.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import program, subscriptions
from domain.statements import Account, Month, statement
from domain.statuses import Status
from domain.subscriptions import STATEMENTS
from domain.zones import at, zone_named
from storage import affiliates
from storage import statement_mails as rows
from storage.statement_mails import LEFT_OUT, SENT

MAIL: Final = "monthly_statement"
AT_ONCE: Final = 250
"""How many are decided on in one transaction: some tenths of a second on a slow disk."""
FIRST_HOUR: Final = 9
LAST_HOUR: Final = 21
_WHO: Final = (Status.APPROVED, Status.PAUSED)


async def send_due(session: AsyncSession) -> int:
    """Mail the statement of last month to some of those who are due; how many were.

    The next call goes on with others.
    """
    now = clock.now()
    month = Month.of(now).before()
    settings = await program.load(session)
    otherwise = zone_named(settings.time_zone) or ZoneInfo("UTC")
    awake = [
        name
        for name in await rows.zones(session)
        if _is_time(now, month, (zone_named(name) if name else None) or otherwise)
    ]
    found = await rows.undecided(session, str(month), awake, _WHO, AT_ONCE) if awake else []
    if not found:
        return 0
    wanted = await rows.with_anything(session, found, month.start, month.after().start)
    decided = {one: SENT if one in wanted else LEFT_OUT for one in found}
    ours = await rows.decide(session, str(month), decided)
    people = await affiliates.by_ids(session, ours & wanted)
    for owner in sorted(people):
        await subscriptions.send_mail(session, STATEMENTS, MAIL, people[owner], month=str(month))
    return len(people)


def _is_time(now: datetime, month: Month, zone: ZoneInfo) -> bool:
    """From the morning of the first on, and never at night."""
    first = month.after()
    begins = at(date(first.year, first.number, 1), FIRST_HOUR, zone)
    return now >= begins and FIRST_HOUR <= now.astimezone(zone).hour < LAST_HOUR


@dataclass(frozen=True, slots=True)
class Summary:
    """One currency of a month in minor units; the balances include what is on hold.

    `opening` and `earned`, less `taken_back`, `paid` and `withheld` for tax, is `closing`. What
    came back of payouts counts against what was paid and withheld.
    """

    currency: str
    opening: int
    earned: int
    taken_back: int
    paid: int
    withheld: int
    closing: int


async def summaries(session: AsyncSession, affiliate_id: UUID, month: Month) -> list[Summary]:
    """What a month came to, for each currency in which there was anything."""
    return [
        summary
        for account in await statement(session, affiliate_id, month)
        if (summary := _summary(account)).opening or account.lines
    ]


def _summary(account: Account) -> Summary:
    earned = taken_back = paid = withheld = 0
    for line in account.lines:
        amount = line.entry.amount
        if line.entry.reason.startswith("payout_withheld"):
            withheld -= amount
        elif line.entry.source.startswith("payout:"):
            paid -= amount
        elif amount > 0:
            earned += amount
        else:
            taken_back -= amount
    return Summary(
        account.currency, account.opening, earned, taken_back, paid, withheld, account.closing
    )
