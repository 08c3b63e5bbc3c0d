"""Payment files: approved payouts in the form that a payment service takes many of at once."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.money import decimals
from domain.payout_methods import BANK, PAYPAL
from domain.spreadsheets import inert
from storage import payouts
from storage.affiliates import Affiliate
from storage.payouts import Payout

Payment = tuple[Payout, Affiliate]
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
    """One file, to be uploaded at the service as it is."""

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


async def batch_files(session: AsyncSession) -> tuple[list[BatchFile], int]:
    """A file per service and currency, and how many approved payouts fit into none.

    Those are the ones without an address, or whose address a spreadsheet would take for a formula.
    """
    found = await payouts.approved_by(session, [*(s.method for s in SERVICES), payouts.MANUAL])
    files, used = [], 0
    for service in SERVICES:
        for currency, fitting in _by_currency(_fitting(found, service)):
            used += len(fitting)
            parts = range(0, len(fitting), service.longest)
            for part, start in enumerate(parts, start=1):
                of = f"-{part}" if len(parts) > 1 else ""
                payments = fitting[start : start + service.longest]
                files.append(_file(service, f"{currency}{of}", payments))
    return files, len(found) - used


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


def _file(service: Service, part: str, payments: Sequence[Payment]) -> BatchFile:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    if service.header:
        writer.writerow(service.header)
    writer.writerows(service.row(each) for each in payments)
    day = clock.now().date().isoformat()
    count = f"{len(payments)} payment{'s' * (len(payments) != 1)}"
    name = f"{service.name.lower()}-{part}-{day}.csv"
    return BatchFile(name, f"{service.name}: {count}", sheet.getvalue())


def _decimal(payout: Payout) -> str:
    """The amount with a decimal point, as many digits after it as its currency has."""
    digits = decimals(payout.currency)
    whole, rest = divmod(payout.amount_cents, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)
