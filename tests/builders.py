"""Small makers of the domain's own objects, each good by itself and changed by keyword."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain import applications, sales
from domain.answers import Answer, ApplicationFields
from domain.applications import Submission
from domain.attribution import Customer
from domain.audit import Actor
from domain.sales import InvoiceFacts
from storage import affiliates as affiliate_rows
from storage import applications as application_rows
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.db import Database
from storage.ids import new_id
from storage.outbox import Effect
from storage.sales import Sale

RITA = Actor("U-RITA", "@rita", "slack")
SAM = Actor("U-SAM", "@sam", "slack")
FORM = Actor("form", "", "tally")

TERMS = {"I have read the affiliate terms and accept them": True, "I will not self-refer": True}

PAID = datetime(2026, 11, 1, 12, tzinfo=UTC)
BUYER = Customer("cus_1", "buyer@example.net", {})


def some_fields(**changes: Any) -> ApplicationFields:
    """A complete application of Jared's; name fields to change them."""
    fields = ApplicationFields(
        email="jared@example.com",
        legal_name="Jared Example",
        display_name="Jared Bets",
        platform="YouTube",
        platform_url="https://youtube.com/@jaredbets",
        audience_size="12,000 subscribers",
        audience_focus="Player props and DFS",
        requested_code="JARED30",
        promotion_methods="Videos, Newsletter",
        terms=dict(TERMS),
    )
    for name, value in changes.items():
        setattr(fields, name, value)
    return fields


def some_submission(external_id: str = "", *answers: Answer) -> Submission:
    """One sent form; without an id it is a new one."""
    return Submission("tally", external_id or str(new_id()), answers)


async def apply(db: Database, external_id: str = "", **changes: Any) -> Application:
    """Submit an application."""
    async with db.transaction() as session:
        return await applications.submit(
            session, some_submission(external_id), some_fields(**changes), FORM
        )


async def approve(
    db: Database, application_id: UUID, code: str = "JARED30", actor: Actor = RITA
) -> Affiliate:
    """Approve an application."""
    async with db.transaction() as session:
        return await applications.approve(session, application_id, code, actor)


async def join(db: Database, code: str = "JARED30", **changes: Any) -> Affiliate:
    """Apply and be approved."""
    return await approve(db, (await apply(db, **changes)).id, code)


async def application_now(db: Database, application_id: UUID) -> Application:
    """An application as it is stored."""
    async with db.read() as session:
        found = await application_rows.get(session, application_id)
    assert found is not None
    return found


async def affiliate_now(db: Database, affiliate_id: UUID) -> Affiliate:
    """An affiliate as stored."""
    async with db.read() as session:
        found = await affiliate_rows.get(session, affiliate_id)
    assert found is not None
    return found


async def effects_asked_for(db: Database) -> list[Effect]:
    """Every effect that was ever put into the outbox, oldest first."""
    async with db.read() as session:
        return list((await session.exec(select(Effect).order_by(col(Effect.id)))).all())


async def mails_asked_for(db: Database) -> list[tuple[str, str]]:
    """Every mail that was ever asked for: its template and whom it goes to."""
    return [
        (effect.payload["template"], effect.payload["to"])
        for effect in await effects_asked_for(db)
        if effect.kind == "mail"
    ]


def facts(n: int = 1, **changes: Any) -> InvoiceFacts:
    """The n-th monthly invoice of one customer: $29.00 with a fee of $1.14, code JARED30."""
    made = InvoiceFacts(
        invoice_id=f"in_{n}",
        customer=BUYER,
        currency="usd",
        collected=2900,
        tax=0,
        fee=114,
        refunded=0,
        disputed=0,
        cycle=n,
        subscription_cycle=n,
        paid_at=PAID + timedelta(days=30 * (n - 1)),
        fetched_at=PAID + timedelta(days=30 * (n - 1), seconds=5),
        subscription_id="sub_1",
        plan="monthly",
        codes=("JARED30",) if n == 1 else (),
        earlier=tuple(f"in_{k}" for k in range(1, n)),
    )
    return replace(made, **changes)


async def settle(db: Database, *given: InvoiceFacts) -> Sale:
    """Settle facts, a transaction each; returns the last sale."""
    for one in given:
        async with db.transaction() as session:
            sale = await sales.settle(session, one)
    return sale


def later(one: InvoiceFacts, **changes: Any) -> InvoiceFacts:
    """The same invoice, fetched a minute later."""
    return replace(one, fetched_at=one.fetched_at + timedelta(minutes=1), **changes)
