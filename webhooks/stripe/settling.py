"""From an invoice at Stripe to a settled sale, for events and for the reconciliation alike."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from sqlmodel.ext.asyncio.session import AsyncSession

import measures
from domain import sales
from domain.attribution import Customer
from domain.redemptions import DiscountGiven
from domain.sales import EarlierSalesNeededError, InvoiceFacts
from integrations.stripe import StripeGateway
from integrations.stripe.invoices import PAID
from integrations.stripe.reports import InvoiceReport
from storage import sales as rows
from storage.db import Database
from storage.inbox import InboxEvent
from storage.sales import Sale
from storage.worker import Job
from webhooks.router import ignore

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]


async def settle_event(
    job: Job[InboxEvent], stripe: StripeGateway, invoices: Iterable[str], customer: str = ""
) -> None:
    """Settle the invoices that an event is about; the last within the event's own transaction."""
    *others, last = list(dict.fromkeys(filter(None, invoices))) or [""]
    if not last:
        await ignore(job, "No invoice belongs to this event.")
        return
    for one in others:
        await settle_invoice(job.db, stripe, one, customer)
    await settle_invoice(job.db, stripe, last, customer, transaction=job.transaction)


async def settle_invoice(
    db: Database,
    stripe: StripeGateway,
    invoice_id: str,
    customer: str = "",
    *,
    transaction: Transaction | None = None,
) -> Sale | None:
    """Fetch an invoice and settle it, after the earlier ones that decide about it.

    `customer` saves a call where it is known; `transaction` is the one to settle in. Returns
    None for an invoice that never became a sale. Raises `TransportError`.
    """
    with measures.SETTLE_S.time():
        return await _settle(db, stripe, invoice_id, customer, transaction or db.transaction)


async def _settle(
    db: Database, stripe: StripeGateway, invoice_id: str, customer: str, begin: Transaction
) -> Sale | None:
    report = await stripe.invoices.fetch(invoice_id, customer)
    try:
        async with begin() as session:
            return await settle_report(session, report)
    except EarlierSalesNeededError as needed:
        for earlier in needed.invoice_ids:
            await settle_invoice(db, stripe, earlier, report.customer.id)
    async with begin() as session:
        return await settle_report(session, report)


async def settle_report(session: AsyncSession, report: InvoiceReport) -> Sale | None:
    """Settle what was fetched.

    An invoice that was never paid is no sale yet. Raises `EarlierSalesNeededError`.
    """
    if report.status != PAID:
        sale = await rows.by_invoice(session, report.id)
        return await sales.settle(session, _emptied(sale, report)) if sale is not None else None
    return await sales.settle(session, _facts(report))


def _facts(report: InvoiceReport) -> InvoiceFacts:
    buyer = report.customer
    return InvoiceFacts(
        invoice_id=report.id,
        customer=Customer(buyer.id, buyer.email, buyer.metadata, buyer.card),
        currency=report.currency,
        collected=report.collected,
        tax=report.tax,
        fee=report.fee,
        refunded=report.refunded,
        disputed=report.disputed,
        cycle=report.cycle,
        paid_at=report.paid_at,
        fetched_at=report.fetched_at,
        subscription_id=report.subscription,
        subscription_cycle=report.subscription_cycle,
        price=report.price,
        plan=report.plan,
        codes=report.codes,
        earlier=report.earlier,
        discounts=tuple(
            DiscountGiven(
                amount=one.amount,
                currency=one.currency,
                code=one.code,
                promotion_code=one.promotion_code,
                coupon=one.coupon,
                metadata=one.metadata,
            )
            for one in report.discounts
        ),
        checkout=report.checkout,
    )


def _emptied(sale: Sale, report: InvoiceReport) -> InvoiceFacts:
    """A sale whose invoice is voided or gone: who bought stays known, nothing is collected."""
    return InvoiceFacts(
        invoice_id=sale.invoice_id,
        customer=Customer(sale.customer_id, report.customer.email, {}, sale.card),
        currency=sale.currency,
        collected=0,
        tax=0,
        fee=0,
        refunded=0,
        disputed=0,
        cycle=0,
        paid_at=sale.paid_at,
        fetched_at=report.fetched_at,
        subscription_id=sale.subscription_id,
        plan=sale.plan,
    )
