"""What is forgotten in time: in small batches, so that nobody waits long for the writer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, update
from sqlalchemy import select as sa_select
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.checkouts import OPEN as CHECKOUT_OPEN
from storage.checkouts import Checkout
from storage.clicks import Click
from storage.compliance import OPEN, Report, Violation
from storage.erasures import ERASED, Erasure
from storage.idempotency import KeptAnswer
from storage.ids import first_id
from storage.inbox import InboxEvent
from storage.landing import LandingView
from storage.outbox import Effect
from storage.taxes import TaxForm

CLICKS = "clicks"


class RetentionMark(SQLModel, table=True):
    """From when on the rows of `what` are whole; of before, only their sums are."""

    __tablename__ = "retention_marks"

    what: str = Field(primary_key=True)
    since: datetime


async def whole_since(session: AsyncSession, what: str) -> datetime | None:
    """From when on rows are whole; None if none were ever forgotten."""
    found = await session.get(RetentionMark, what)
    return found.since if found else None


async def mark(session: AsyncSession, what: str, since: datetime) -> None:
    """Note, before they go, that rows of before a moment do not count any more; never backwards."""
    found = await session.get(RetentionMark, what) or RetentionMark(what=what, since=since)
    found.since = max(found.since, since)
    session.add(found)
    await session.flush()


def old_clicks(before: datetime, limit: int) -> Select[UUID]:
    """The ids of clicks of before a moment, the oldest first."""
    old = sa_select(col(Click.id)).where(col(Click.clicked_at) < before)
    return old.order_by(col(Click.clicked_at)).limit(limit)


def old_events(before: datetime, limit: int) -> Select[UUID]:
    """The ids of events that came before a moment and were handled, the oldest first."""
    old = sa_select(col(InboxEvent.id)).where(
        col(InboxEvent.id) < first_id(before),
        col(InboxEvent.handled_at).is_not(None),
        col(InboxEvent.received_at) < before,
    )
    return old.order_by(col(InboxEvent.id)).limit(limit)


def old_effects(before: datetime, limit: int) -> Select[UUID]:
    """The ids of effects that were asked for before a moment and are done, the oldest first."""
    old = sa_select(col(Effect.id)).where(
        col(Effect.id) < first_id(before),
        col(Effect.handled_at).is_not(None),
        col(Effect.asked_at) < before,
    )
    return old.order_by(col(Effect.id)).limit(limit)


async def clicks(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete clicks of before a moment, the oldest first; returns how many."""
    old = old_clicks(before, limit)
    return (await session.exec(delete(Click).where(col(Click.id).in_(old)))).rowcount


async def landing_views(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete looks at partner pages of before a moment; their sums by day stay."""
    old = select(LandingView.id).where(
        col(LandingView.id) < first_id(before), col(LandingView.day) < before.date()
    )
    old = old.order_by(col(LandingView.id)).limit(limit)
    return (await session.exec(delete(LandingView).where(col(LandingView.id).in_(old)))).rowcount


async def events(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete events that came before a moment and were handled, with their bodies."""
    old = old_events(before, limit)
    return (await session.exec(delete(InboxEvent).where(col(InboxEvent.id).in_(old)))).rowcount


async def effects(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete effects that were asked for before a moment and are done, with whom they were for."""
    old = old_effects(before, limit)
    return (await session.exec(delete(Effect).where(col(Effect.id).in_(old)))).rowcount


async def answers(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete answers to requests of before a moment that were kept for the same asked again."""
    old = select(KeptAnswer.key).where(col(KeptAnswer.created_at) < before)
    old = old.order_by(col(KeptAnswer.created_at)).limit(limit)
    return (await session.exec(delete(KeptAnswer).where(col(KeptAnswer.key).in_(old)))).rowcount


async def reports(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete what the public wrote before a moment, unless nobody has decided on it yet."""
    undecided = select(Violation.id).where(Violation.status == OPEN)
    old = select(Report.id).where(
        col(Report.created_at) < before,
        col(Report.violation_id).is_(None) | col(Report.violation_id).not_in(undecided),
    )
    old = old.order_by(col(Report.created_at)).limit(limit)
    return (await session.exec(delete(Report).where(col(Report.id).in_(old)))).rowcount


async def checkout_addresses(session: AsyncSession, before: datetime, limit: int) -> int:
    """Blank the address of checkouts that were begun before a moment and are over."""
    old = select(Checkout.id).where(
        col(Checkout.id) < first_id(before),
        Checkout.email != "",
        Checkout.status != CHECKOUT_OPEN,
        col(Checkout.created_at) < before,
    )
    old = old.order_by(col(Checkout.id)).limit(limit)
    change = update(Checkout).where(col(Checkout.id).in_(old)).values(email="")
    return (await session.exec(change)).rowcount


async def visitors_of_erased(session: AsyncSession, limit: int) -> int:
    """Blank by what visitors were told apart on clicks of affiliates who were erased."""
    erased = select(Erasure.affiliate_user_id).where(Erasure.decision == ERASED)
    some = select(Click.id).where(col(Click.affiliate_user_id).in_(erased), Click.visitor != "")
    blank: dict[str, Any] = dict.fromkeys(("visitor", "network", "referrer_host"), "")
    blank |= {"first_key": None, "utm": {}}
    change = update(Click).where(col(Click.id).in_(some.limit(limit))).values(**blank)
    return (await session.exec(change)).rowcount


async def tax_forms_of_erased(session: AsyncSession) -> list[TaxForm]:
    """Every version of the tax forms of affiliates who were erased; those are few."""
    erased = select(Erasure.affiliate_user_id).where(Erasure.decision == ERASED)
    query = select(TaxForm).where(col(TaxForm.affiliate_user_id).in_(erased))
    return list((await session.exec(query.order_by(col(TaxForm.id)))).all())
