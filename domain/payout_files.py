"""Payment files: approved payouts in the form that a payment service takes many of at once."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import payout_batches
from domain.audit import Actor
from domain.errors import NotFoundError
from domain.money import decimals
from domain.payout_batches import Payment, View
from domain.payout_methods import BANK, PAYPAL
from domain.spreadsheets import inert
from storage import payout_batches as rows
from storage import payouts
from storage.payout_batches import PayoutBatch
from storage.payouts import Payout

Cells = tuple[str, ...]

_WISE_HEADER: Cells = (
    *("name", "recipientEmail", "paymentReference", "receiverType"),
    *("amountCurrency", "amount", "sourceCurrency", "targetCurrency"),
)


@dataclass(frozen=True, slots=True)
class Service:
    """A payment service: what its files hold, and how many payments one takes."""

    name: str
    method: str
    header: Cells | None
    longest: int
    row: Callable[[Payment], Cells]


@dataclass(frozen=True, slots=True)
class BatchFile:
    """The file of a batch, to be uploaded at the service as it is."""

    number: int
    name: str
    title: str
    content: str


def _paypal(payment: Payment) -> Cells:
    """Recipient, amount, currency, customer id, note, wallet."""
    payout, _ = payment
    amount, currency = _decimal(payout), payout.currency.upper()
    note = f"Affiliate payout {payout.number}"
    return payout.destination, amount, currency, payout.number, note, "PAYPAL"


def _wise(payment: Payment) -> Cells:
    """By e-mail: Wise asks the recipient for the account, so that none is kept here.

    `source` fixes what leaves our account, in the currency of the balance.
    """
    payout, affiliate = payment
    name, currency = affiliate.legal_name or affiliate.display_name, payout.currency.upper()
    about = (inert(name), affiliate.email, payout.number, "PERSON")
    return *about, "source", _decimal(payout), currency, currency


SERVICES = (
    # https://developer.paypal.com/docs/payouts/standard/payouts-web/: no header, and one currency.
    Service("PayPal", PAYPAL, None, 5000, _paypal),
    # https://wise.com/help/articles/2663302/how-do-i-fill-in-my-batch-template
    Service("Wise", BANK, _WISE_HEADER, 1000, _wise),
)


async def make_files(session: AsyncSession, actor: Actor) -> tuple[list[BatchFile], int]:
    """A file per service and currency with what is in none yet, and how many payouts fit into none.

    Those are the ones without an address, or whose address a spreadsheet would take for a formula.
    Each file is a batch from now on: no later file holds its payouts.
    """
    await rows.take_turn_to_make(session)
    found = await payouts.to_be_batched(session, [*(s.method for s in SERVICES), payouts.MANUAL])
    files, used = [], 0
    for service in SERVICES:
        for currency, fitting in _by_currency(_fitting(found, service)):
            used += len(fitting)
            for start in range(0, len(fitting), service.longest):
                payments = fitting[start : start + service.longest]
                held = [payout for payout, _ in payments]
                batch = await payout_batches.make(session, service.name, currency, held, actor)
                files.append(_file(service, batch, payments))
    return files, len(found) - used


def file_again(view: View) -> BatchFile:
    """The file of an open batch once more, without what was paid or rejected since."""
    service = next((each for each in SERVICES if each.name == view.batch.service), None)
    if service is None:
        raise NotFoundError(f"There are no files for {view.batch.service} any more.")
    return _file(service, view.batch, view.waiting)


def _fitting(found: Iterable[Payment], service: Service) -> list[Payment]:
    return [each for each in found if each[0].method == service.method and _is_safe(_payee(each))]


def _payee(payment: Payment) -> str:
    payout, affiliate = payment
    return payout.destination if payout.method == PAYPAL else affiliate.email


def _is_safe(address: str) -> bool:
    return bool(address) and inert(address) == address


def _by_currency(payments: Sequence[Payment]) -> Iterator[tuple[str, list[Payment]]]:
    for currency in sorted({payout.currency for payout, _ in payments}):
        yield currency, [each for each in payments if each[0].currency == currency]


def _file(service: Service, batch: PayoutBatch, payments: Sequence[Payment]) -> BatchFile:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    if service.header:
        writer.writerow(service.header)
    writer.writerows(service.row(each) for each in payments)
    day = batch.made_at.date().isoformat()
    count = f"{len(payments)} payment{'s' * (len(payments) != 1)}"
    name = f"{service.name.lower()}-{batch.currency}-{day}-batch-{batch.number}.csv"
    title = f"Batch {batch.number}, {service.name}: {count}"
    return BatchFile(batch.number, name, title, sheet.getvalue())


def _decimal(payout: Payout) -> str:
    """The amount with a decimal point, as many digits after it as its currency has."""
    digits = decimals(payout.currency)
    whole, rest = divmod(payout.amount_cents, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)
