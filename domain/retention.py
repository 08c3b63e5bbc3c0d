"""What is forgotten when its time is over, and when that is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.program import Program
from storage import network_partners, payouts, rate_limits, retention, webhook_deliveries
from storage.retention import CLICKS

VIEW_DAYS: Final = 7
"""A look at a partner page tells its visitor from others for a day; then only the sum counts."""
ANSWER_DAYS: Final = 30
"""For how long a request to the API that was sent before gets the same answer."""

LIMIT_DAYS: Final = 1
"""For how long it is known how often somebody did what may be done so often, once it is over."""

INVITATION_DAYS: Final = 180
"""For how long a partner of a network is remembered who was invited and never applied."""

Forget = Callable[[AsyncSession, datetime, int], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Term:
    """Something that is forgotten after a number of days, so many rows at a time."""

    name: str
    days: Callable[[Program], int]
    forget: Forget


TERMS: Final = (
    Term(CLICKS, lambda program: program.click_retention_days, retention.clicks),
    Term("landing_views", lambda _: VIEW_DAYS, retention.landing_views),
    Term("events", lambda program: program.event_retention_days, retention.events),
    Term("effects", lambda program: program.event_retention_days, retention.effects),
    Term("reports", lambda program: program.report_retention_days, retention.reports),
    Term("checkouts", lambda program: program.event_retention_days, retention.checkout_addresses),
    Term("webhooks", lambda program: program.event_retention_days, webhook_deliveries.forget),
    Term("invitations", lambda _: INVITATION_DAYS, network_partners.forget),
    Term("answers", lambda _: ANSWER_DAYS, retention.answers),
    Term("limits", lambda _: LIMIT_DAYS, rate_limits.forget),
)


def before(days: int) -> datetime:
    """The midnight (UTC) before which nothing is kept: sums are by whole days."""
    return datetime.combine(clock.now().astimezone(UTC).date(), time(), UTC) - timedelta(days=days)


async def begin(session: AsyncSession, program: Program) -> None:
    """Note which clicks do not count any more; afterwards they may go in any order."""
    await retention.mark(session, CLICKS, before(program.click_retention_days))


async def forget_tax_forms(session: AsyncSession, program: Program) -> int:
    """Delete the tax forms of erased affiliates that the law wants no more; how many."""
    gone = 0
    for form in await retention.tax_forms_of_erased(session):
        paid = await payouts.last_paid(session, form.affiliate_user_id)
        if paid is None or paid.year + program.tax_retention_years < clock.now().year:
            await payouts.forget_tax_form(session, form.id)
            await session.delete(form)
            await session.flush()
            gone += 1
    return gone
