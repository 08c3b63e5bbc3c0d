"""Statements: an affiliate's ledger of one month, from opening to closing balance."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self, TextIO
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.commissions import EARNED
from domain.errors import NotFoundError
from domain.money import digits
from domain.spreadsheets import inert
from storage import commissions, ledger
from storage.commissions import Commission
from storage.ledger import LedgerEntry
from storage.sales import Sale

COLUMNS: Final = (
    "posted_at",
    "what",
    "customer",
    "cycle",
    "available_at",
    "currency",
    "amount",
    "balance",
)
_NAME: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_DECEMBER: Final = 12
_WORDS: Final = {
    "commission": "Commission",
    "clawback": "Taken back",
    "contest": "Contest prize",
    "imported": "Brought over from an earlier program",
    "import_corrected": "Brought over before, corrected",
    "milestone": "Milestone bonus",
    "milestone_withdrawn": "Milestone bonus taken back",
    "second_tier": "Share of a recruit's commission",
    "second_tier_taken_back": "Share of a recruit's commission taken back",
    "payout": "Payout",
    "payout_rejected": "Payout rejected: back in the balance",
    "payout_failed": "Payout failed: back in the balance",
    "payout_reversed": "Payout came back",
    "waived": "Given up with the request for erasure",
    "payout_withheld": "Tax withheld",
    "payout_withheld_back": "Withheld tax: back in the balance",
}


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, in UTC."""

    year: int
    number: int

    @classmethod
    def named(cls, name: str) -> Self:
        """The month of a name such as `2026-11`; `NotFoundError` if it is none."""
        found = _NAME.fullmatch(name)
        if found is None:
            raise NotFoundError(f"“{name[:20]}” is no month. Write it like 2026-11.")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The month that a moment lies in."""
        utc = moment.astimezone(UTC)
        return cls(utc.year, utc.month)

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def words(self) -> str:
        """Such as `November 2026`."""
        return f"{self.start:%B %Y}"

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def after(self) -> Self:
        """The month after."""
        if self.number == _DECEMBER:
            return type(self)(self.year + 1, 1)
        return type(self)(self.year, self.number + 1)

    def before(self) -> Self:
        """The month before."""
        if self.number == 1:
            return type(self)(self.year - 1, _DECEMBER)
        return type(self)(self.year, self.number - 1)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, the balance after it, and the sale it is about where it is about one."""

    entry: LedgerEntry
    balance: int
    commission: Commission | None
    sale: Sale | None

    @property
    def words(self) -> str:
        """What happened."""
        reason = self.entry.reason
        first = self.commission is None or self.entry.source.endswith(":1")
        if reason == EARNED and not first:
            return "Commission raised"
        return _WORDS.get(reason) or reason.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Account:
    """One currency of a statement, in minor units. Balances include what is on hold."""

    currency: str
    opening: int
    lines: Sequence[Line]
    closing: int


async def statement(session: AsyncSession, affiliate_id: UUID, month: Month) -> list[Account]:
    """An affiliate's statement: an account for each currency they ever had, by its code."""
    opening = await ledger.sums_before(session, affiliate_id, month.start)
    entries = await ledger.between(session, affiliate_id, month.start, month.after().start)
    about = await commissions.with_sales(
        session, [found for entry in entries if (found := _commission_of(entry))]
    )
    currencies = sorted(opening.keys() | {entry.currency for entry in entries})
    return [
        _account(
            currency,
            opening.get(currency, 0),
            [entry for entry in entries if entry.currency == currency],
            about,
        )
        for currency in currencies
    ]


def _account(
    currency: str,
    opening: int,
    entries: Sequence[LedgerEntry],
    about: dict[UUID, tuple[Commission, Sale]],
) -> Account:
    balance, lines = opening, []
    for entry in entries:
        balance += entry.amount
        commission, sale = about.get(_commission_of(entry) or entry.id, (None, None))
        lines.append(Line(entry, balance, commission, sale))
    return Account(currency, opening, lines, balance)


def _commission_of(entry: LedgerEntry) -> UUID | None:
    """The commission that an entry is about, named in its source."""
    kind, _, rest = entry.source.partition(":")
    return UUID(rest.partition(":")[0]) if kind == "commission" else None


def masked(customer_id: str) -> str:
    """A customer as an affiliate may know them: told apart, and no more."""
    return f"Customer …{customer_id[-4:]}"


def write_csv(accounts: Sequence[Account], month: Month, to: TextIO) -> None:
    """Write a statement as CSV: amounts in the currency's own units, moments in UTC."""
    table = csv.DictWriter(to, COLUMNS, restval="")
    table.writeheader()
    for account in accounts:
        shared = {"currency": account.currency}
        opening = digits(account.opening, account.currency)
        closing = digits(account.closing, account.currency)
        table.writerow(
            shared
            | {"posted_at": _moment(month.start), "what": "Opening balance", "balance": opening}
        )
        for line in account.lines:
            table.writerow(shared | _row(line))
        table.writerow(
            shared
            | {
                "posted_at": _moment(month.after().start),
                "what": "Closing balance",
                "balance": closing,
            }
        )


def _row(line: Line) -> dict[str, str]:
    entry = line.entry
    return {
        "posted_at": _moment(entry.created_at),
        "what": inert(line.words),
        "customer": inert(masked(line.sale.customer_id)) if line.sale else "",
        "cycle": str(line.commission.cycle) if line.commission else "",
        "available_at": _moment(entry.available_at),
        "amount": digits(entry.amount, entry.currency),
        "balance": digits(line.balance, entry.currency),
    }


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
