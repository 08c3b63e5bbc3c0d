"""Nightly, and by hand: compare sales and transfers with Stripe, and repair what differs.

The books are compared with themselves, too: what differs there is an alert until it is mended.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import clock
from domain import alerts
from domain.reconcile import Summary, books, came_back, difference, disagreements, tell
from integrations.errors import TransportError
from integrations.stripe import StripeGateway
from integrations.stripe.invoices import NOT_YET
from integrations.stripe.payments import NOT_BOOKED
from outbox.services import Services
from storage import sales
from storage.db import Database
from webhooks.stripe.settling import settle_invoice

LOOK_BACK: Final = timedelta(days=35)
"""More than a month, so that a monthly customer's last invoice is always looked at."""

_AT_ONCE: Final = 8

Progress = Callable[[int, int], None]
"""Hears how many invoices are done, of how many."""


async def nightly(services: Services) -> None:
    """Reconcile the last weeks; without Stripe, compare the books with themselves."""
    if services.stripe is not None:
        await reconcile(services.db, services.stripe, clock.now() - LOOK_BACK)
        return
    unlike = await check_books(services.db)
    async with services.db.transaction() as session:
        await tell(session, Summary(clock.now() - LOOK_BACK, 0, tuple(unlike)))


async def reconcile(
    db: Database, stripe: StripeGateway, since: datetime, progress: Progress | None = None
) -> Summary:
    """Settle every invoice paid since then anew, and tell operators what differed.

    What was reversed of the transfers made since then is given back to the balances. What we count
    as a sale is looked at even if Stripe does not list it any more. Raises `TransportError` where
    Stripe fails; running it again goes on where it matters.
    """
    invoices = {invoice: customer async for invoice, customer in stripe.invoices.paid_since(since)}
    async with db.read() as session:
        invoices = dict(await sales.paid_since(session, since)) | invoices
    customers: dict[str, list[str]] = {}
    for invoice, customer in reversed(invoices.items()):
        customers.setdefault(customer or invoice, []).append(invoice)
    found: list[str] = []
    turns = asyncio.Semaphore(_AT_ONCE)
    done = 0
    outage: BaseException | None = None

    async def look_at(of_them: list[str]) -> None:
        nonlocal done
        async with turns:
            for invoice in of_them:
                sentence = await _repair(db, stripe, invoice, invoices[invoice])
                found.extend([sentence] if sentence else [])
                done += 1
                if progress is not None:
                    progress(done, len(invoices))

    try:
        async with asyncio.TaskGroup() as group:
            for of_them in customers.values():
                group.create_task(look_at(of_them))
    except* TransportError as several:
        outage = several.exceptions[0]
    if outage is not None:
        raise outage
    async for transfer, amount in stripe.transfers.reversed_since(since):
        async with db.transaction() as session:
            sentence = await came_back(session, transfer, amount)
        found.extend([sentence] if sentence else [])
    unlike = await check_books(db)
    summary = Summary(since, len(invoices), (*sorted(found), *unlike))
    async with db.transaction() as session:
        await tell(session, summary)
    return summary


async def check_books(db: Database) -> Sequence[str]:
    """Where the books do not agree with themselves; an alert is raised for that, or cleared."""
    # Read in whole, which takes a while: nobody is held up, and no sale is between two sums.
    async with db.read(at_one_moment=True) as session:
        unlike = await disagreements(session)
    async with db.transaction() as session:
        await alerts.ledger_checked(session, len(unlike))
    return unlike


async def _repair(db: Database, stripe: StripeGateway, invoice: str, customer: str) -> str | None:
    async with db.read() as session:
        before = await books(session, invoice)
    try:
        await settle_invoice(db, stripe, invoice, customer)
    except TransportError as error:
        if error.permanent or error.code in {NOT_BOOKED, NOT_YET}:
            return f"{invoice} could not be looked at. {error}"
        raise
    async with db.read() as session:
        after = await books(session, invoice)
    return difference(invoice, before, after)
