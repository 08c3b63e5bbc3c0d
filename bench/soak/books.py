"""The program that a soak runs on, and what its books must say in the end."""

from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlmodel import col, func, select

import clock
from bench.requests import REFS
from bench.soak.mix import Said
from domain import api_keys, sessions
from domain.audit import Actor
from scheduled.reconcile import check_books
from storage import raw_sums, work
from storage.affiliates import Affiliate
from storage.clicks import Click
from storage.codes import DiscountCode
from storage.commissions import Commission
from storage.db import Database
from storage.inbox import InboxEvent
from storage.ledger import POSTED_FOR, LedgerEntry
from storage.links import ReferralLink
from storage.outbox import Effect
from storage.sales import Sale

_WHO: Final = Actor("soak", "", "cli")
_STRIPE: Final = ("event", "invoice", "refund")


async def prepare(db: Database) -> tuple[list[str], list[str]]:
    """Make the affiliates; returns a cookie and an API key of each."""
    cookies, keys = [], []
    async with db.transaction() as session:
        for number in range(REFS):
            email = f"{number}@example.com"
            owner = Affiliate(
                reference=f"aff_{number}",
                status="approved",
                email=email,
                email_key=email,
                promo_code=f"REF{number}",
            )
            session.add(owner)
            await session.flush()
            session.add(ReferralLink(affiliate_user_id=owner.id, ref=f"REF{number}"))
            session.add(
                DiscountCode(code=f"REF{number}", discount_value=30, affiliate_user_id=owner.id)
            )
            cookies.append(await sessions.open_for(session, email, "Soak", "link"))
            _, key = await api_keys.make(session, owner.id, "Soak", set(api_keys.Scope), _WHO)
            keys.append(key)
    return cookies, keys


async def left(db: Database) -> list[str]:
    """What still wants work, each kind with its last error; not what is only due later."""
    found = []
    async with db.read() as session:
        for table in (InboxEvent, Effect):
            wanted = work.is_open(table) & (
                (col(table.next_attempt_at) <= clock.now()) | (col(table.attempts) > 0)
            )
            query = select(table.kind, func.count(), func.max(table.last_error)).where(wanted)
            for kind, count, error in await session.exec(query.group_by(table.kind)):
                found.append(f"{count} {kind} are left: {error or 'not tried yet'}")
    return found


async def problems(db: Database, said: Said, refunded: AbstractSet[str]) -> list[str]:
    """What the database says otherwise than the answers that were given; none is right."""
    found = [f"{count} answered {name}" for name, count in sorted(said.wrong().items())]

    def compare(what: str, have: int, want: int) -> None:
        if have != want:
            found.append(f"{what}: {have:,}, and {want:,} were acknowledged")

    stripe = sum(said.right(kind) for kind in _STRIPE)
    compare("clicks", await _count(db, Click), said.right("click"))
    compare("events of Stripe", await _count(db, InboxEvent, InboxEvent.source == "stripe"), stripe)
    forms = await _count(db, InboxEvent, InboxEvent.source == "tally")
    compare("forms", forms, said.right("form"))
    compare("sales", await _count(db, Sale), said.right("invoice"))
    for table in (InboxEvent, Effect):
        parked = await _count(db, table, col(table.parked_at).is_not(None))
        compare(f"parked in {table.__tablename__}", parked, 0)
    async with db.read() as session:
        query = select(Sale.invoice_id, Commission.amount_cents).join(
            Commission, col(Commission.sale_id) == col(Sale.id), isouter=True
        )
        earned = {invoice: amount or 0 for invoice, amount in await session.exec(query)}
        kept = {invoice for invoice, amount in earned.items() if amount > 0}
        posted = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(
            col(LedgerEntry.source).startswith(POSTED_FOR)
        )
        compare("cents in the ledger", (await session.exec(posted)).one(), sum(earned.values()))
        compare("days and months summed otherwise", await raw_sums.differences(session), 0)
    compare("sales that earned", len(kept), said.right("invoice") - len(refunded))
    compare("refunded sales that earned", len(kept & refunded), 0)
    return [*found, *await check_books(db)]


async def _count(db: Database, table: Any, *conditions: Any) -> int:
    async with db.read() as session:
        return int(
            (await session.exec(select(func.count()).select_from(table).where(*conditions))).one()
        )
