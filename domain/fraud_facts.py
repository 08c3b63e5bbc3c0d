"""What the rules of the fraud score look at: a handful of bounded queries, as plain facts."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.compliance import KINDS, Kind
from domain.fraud_evidence import Facts, Person, Purchase
from domain.statements import masked
from storage import fraud_signs as signs
from storage import taxes
from storage.compliance import CONFIRMED, Violation
from storage.fraud_signs import Bought
from storage.leaks import Leak
from storage.referrals import Referral

LOOK_BACK: Final = timedelta(days=90)
RULES_LOOK_BACK: Final = timedelta(days=365)


async def gather(session: AsyncSession, affiliate_id: UUID) -> Facts:
    """The facts of an affiliate's last 90 days; violations of a year."""
    now = clock.now()
    since = now - LOOK_BACK
    sold = await signs.sales_of(session, affiliate_id, since)
    mailboxes = {one.customer_id: one.person_key for one in sold if one.person_key}
    brought = await signs.referrals_of(session, affiliate_id, since)
    sample, returned = await signs.program_returns(session, affiliate_id)
    own = await signs.self_referrals_of(session, affiliate_id, since)
    broken = await signs.violations_of(session, affiliate_id, now - RULES_LOOK_BACK)
    form = await taxes.current(session, affiliate_id)
    return Facts(
        now=now,
        people=[_person(one, mailboxes) for one in brought],
        purchases=[_purchase(one) for one in sold],
        program_sales=sample,
        program_returned=returned,
        own=[f"{one.how}, {_day(one.happened_at)}" for one in own],
        home=form.address_country.upper() if form else "",
        leaks=[
            _leak(leak, code) for leak, code in await signs.leaks_of(session, affiliate_id, since)
        ],
        confirmed=[_broken(one) for one in broken if one.status == CONFIRMED],
        suspected=[_broken(one) for one in broken if one.status != CONFIRMED],
    )


def mask(mailbox: str, customer_id: str) -> str:
    """Somebody as operators may read of them in a channel: a letter and the domain of the mail."""
    name, _, domain = mailbox.rpartition("@")
    if name:
        return f"{name[0]}…@{domain}"
    return masked(customer_id) if customer_id else "a sign-up"


def _person(one: Referral, mailboxes: dict[str, str]) -> Person:
    mailbox = one.email_key or mailboxes.get(one.customer_id or "", "")
    return Person(
        who=mask(mailbox, one.customer_id or ""),
        domain=mailbox.rpartition("@")[2],
        network=one.network,
        country=one.country.upper(),
        signed_up_at=one.signed_up_at,
        converted_at=one.converted_at,
        canceled_at=one.canceled_at,
    )


def _purchase(one: Bought) -> Purchase:
    who = mask(one.person_key, one.customer_id)
    return Purchase(who, one.customer_id, one.card, returned=one.returned > 0)


def _leak(leak: Leak, code: str) -> str:
    sites = f", buyers from {leak.sites[0]}" if leak.sites else ""
    return f"{code}: {leak.uses} uses in 24 hours{sites}, {_day(leak.flagged_at)}"


def _broken(one: Violation) -> str:
    return f"{KINDS[Kind(one.kind)]}, {_day(one.created_at)}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
