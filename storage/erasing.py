"""What an erasure takes away: rows of an affiliate, and what names them elsewhere."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, String, cast, delete, literal, update
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.affiliates import Affiliate
from storage.cards import Card
from storage.compliance import Case, Report
from storage.fraud import FraudFlag
from storage.inbox import InboxEvent
from storage.landing import LandingPage
from storage.outbox import Effect
from storage.personal import applications_of, violations_of
from storage.taxes import TaxForm

_AT_ONCE: Final = 500


async def blank(session: AsyncSession, table: Any, owned: Any, **values: Any) -> None:
    """Overwrite columns of the rows of an affiliate."""
    await session.exec(update(table).where(owned).values(**values))


async def remove(session: AsyncSession, table: Any, owned: Any) -> None:
    """Delete the rows of an affiliate."""
    await session.exec(delete(table).where(owned))


async def mentions(session: AsyncSession, texts: Sequence[str]) -> tuple[list[UUID], list[UUID]]:
    """Effects and events that are done and in which one of these texts stands, by their ids.

    Reads both tables from end to end: not for a transaction that writes.
    """
    spelled = sorted({form for text in texts for form in (text, json.dumps(text)[1:-1])})
    told = cast(Effect.payload, String)
    effects = select(Effect.id).where(
        col(Effect.handled_at).is_not(None),
        or_(*(told.contains(text, autoescape=True) for text in spelled)),
    )
    bodies = [_stands_in(session, InboxEvent.payload, text.encode()) for text in spelled]
    events = select(InboxEvent.id).where(col(InboxEvent.handled_at).is_not(None), or_(*bodies))
    return list((await session.exec(effects)).all()), list((await session.exec(events)).all())


async def forget_mentions(
    session: AsyncSession, effects: Sequence[UUID], events: Sequence[UUID]
) -> None:
    """Delete these effects, and empty these events: their ids keep them from being taken twice."""
    for start in range(0, len(effects), _AT_ONCE):
        some = col(Effect.id).in_(effects[start : start + _AT_ONCE])
        await session.exec(delete(Effect).where(some))
    for start in range(0, len(events), _AT_ONCE):
        some = col(InboxEvent.id).in_(events[start : start + _AT_ONCE])
        await session.exec(update(InboxEvent).where(some).values(payload=b""))


async def forget_waiting(session: AsyncSession, who: Affiliate) -> None:
    """Delete what was to be mailed to an affiliate, and asked for by their address."""
    theirs = or_(
        (col(Effect.kind) == "mail") & (Effect.payload["to"].as_string() == who.email),
        col(Effect.lane) == f"directory:{who.email_key}",
    )
    await session.exec(delete(Effect).where(theirs, col(Effect.claimed_until).is_(None)))


async def remove_reports(session: AsyncSession, who: Affiliate) -> None:
    """Delete what the public wrote about an affiliate."""
    await session.exec(delete(Report).where(col(Report.violation_id).in_(violations_of(who))))


async def cards(session: AsyncSession, who: Affiliate) -> list[Card]:
    """The operators' cards that tell who an affiliate is, save those of their payouts."""
    pages = select(LandingPage.card).where(LandingPage.affiliate_user_id == who.id)
    subjects = or_(
        col(Card.subject).in_(applications_of(who)),
        col(Card.subject).in_(pages.where(col(LandingPage.card).is_not(None))),
        *(
            col(Card.subject).in_(select(table.id).where(table.affiliate_user_id == who.id))
            for table in (Case, FraudFlag, TaxForm)
        ),
    )
    return list((await session.exec(select(Card).where(subjects))).all())


def _stands_in(session: AsyncSession, column: Any, needle: bytes) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        found = func.position(literal(needle, LargeBinary).op("IN")(column))
    else:
        found = func.instr(column, literal(needle, LargeBinary))
    return found > 0
