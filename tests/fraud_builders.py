"""Affiliates with something against them, in the database, for tests."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

import clock
from domain import fraud, fraud_decisions
from domain.audit import Actor
from domain.fraud_decisions import View
from storage import fraud as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.fraud import FraudFlag, FraudScore
from storage.ids import new_id
from storage.referrals import Referral
from storage.sales import Sale
from tests.builders import RITA
from tests.fraud_people import MadeUp

HOUR = timedelta(hours=1)


async def sign_ups(
    db: Database, affiliate: Affiliate, count: int, *, quick: int = 0, **changes: Any
) -> None:
    """So many customers signed up and bought a day ago; the first `quick` of them cancelled."""
    at = clock.now() - timedelta(days=5)
    async with db.transaction() as session:
        for number in range(count):
            name = f"cus_{new_id().hex[-12:]}"
            given: dict[str, Any] = {
                "affiliate_user_id": affiliate.id,
                "customer_id": name,
                "email_key": f"{name}@gmail.com",
                "first_sale": True,
                "signed_up_at": at + number * HOUR,
                "converted_at": at + number * HOUR,
                "canceled_at": at + (number + 2) * HOUR if number < quick else None,
                "created_at": at,
            }
            session.add(Referral(**given | changes))


async def self_referrals(db: Database, affiliate: Affiliate, count: int = 1) -> None:
    """They tried to earn from themselves."""
    async with db.transaction() as session:
        for _ in range(count):
            subject = f"invoice:{new_id()}"
            await fraud.note_self_referral(
                session, affiliate.id, subject, "bought with their own code or link", clock.now()
            )


async def cheat(db: Database, affiliate: Affiliate) -> None:
    """Enough for a pause: self-referral, one network, and customers who leave at once."""
    await sign_ups(db, affiliate, 8, quick=6, network="mill")
    await self_referrals(db, affiliate)


async def score(db: Database, affiliate: Affiliate) -> FraudScore | None:
    """Find the score as the effect would."""
    async with db.transaction() as session:
        return await fraud.score(session, affiliate.id, "a test")


async def flags(db: Database) -> list[FraudFlag]:
    """Every pause and decision, the oldest first."""
    async with db.read() as session:
        return list((await session.exec(select(FraudFlag).order_by(col(FraudFlag.id)))).all())


async def flagged(db: Database, affiliate: Affiliate) -> UUID:
    """The pause of an affiliate who cheated."""
    await cheat(db, affiliate)
    await score(db, affiliate)
    return (await flags(db))[-1].id


async def history(db: Database, affiliate: Affiliate) -> list[int]:
    """The scores that were kept, the newest first."""
    async with db.read() as session:
        return [one.score for one in await rows.history(session, affiliate.id, 20)]


async def decide(
    db: Database, flag: UUID, decision: str, actor: Actor = RITA, reason: str = "Looked at."
) -> View:
    """Operators decide."""
    async with db.transaction() as session:
        return await fraud_decisions.decide(session, flag, decision, reason, actor)


async def live_through(db: Database, affiliate: Affiliate, one: MadeUp) -> None:
    """Store the referrals and sales of a made-up affiliate, as if they had happened."""
    facts = one.facts
    async with db.transaction() as session:
        bought = iter(facts.purchases)
        for person in facts.people:
            name = f"cus_{new_id().hex[-12:]}"
            session.add(
                Referral(
                    affiliate_user_id=affiliate.id,
                    customer_id=name,
                    email_key=f"{name}@{person.domain}",
                    network=person.network,
                    country=person.country,
                    signed_up_at=person.signed_up_at,
                    converted_at=person.converted_at,
                    canceled_at=person.canceled_at,
                    first_sale=person.converted_at is not None,
                    created_at=person.signed_up_at or facts.now,
                )
            )
            if person.converted_at is not None:
                purchase = next(bought)
                session.add(
                    _sale(
                        affiliate.id,
                        name,
                        purchase.card,
                        person.converted_at,
                        returned=purchase.returned,
                    )
                )
        for number, how in enumerate(facts.own):
            await fraud.note_self_referral(
                session, affiliate.id, f"invoice:{affiliate.id}:{number}", how, facts.now
            )


async def others_sell(db: Database, count: int, returned: int) -> None:
    """Sales of the program that are nobody's here, of which some went back."""
    async with db.transaction() as session:
        for number in range(count):
            sold = clock.now() - number * HOUR
            session.add(_sale(None, f"cus_other{number}", "", sold, returned=number < returned))


def _sale(
    affiliate: UUID | None, customer: str, card: str, at: datetime, *, returned: bool
) -> Sale:
    return Sale(
        invoice_id=f"in_{new_id().hex}",
        customer_id=customer,
        affiliate_user_id=affiliate,
        currency="usd",
        collected=2900,
        refunded=2900 if returned else 0,
        cycle=1,
        person_key=f"{customer}@gmail.com",
        card=card,
        paid_at=at,
        facts_at=at,
    )
