"""A calendar year of payments, as it is reported: who gets a 1099-NEC, and the export of them.

A payment counts in the year (UTC) in which it was paid, whenever it was earned. Only dollars are
reported; payments by card and by payment networks are left to those, which report them on 1099-K
(https://www.irs.gov/instructions/i1099mec).
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TextIO
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, program, tax_secrets, taxes
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError
from domain.money import digits, money
from domain.program import Program
from domain.spreadsheets import inert
from domain.tax_values import threshold_of
from domain.tins import NONE, masked, written
from storage import affiliates
from storage import taxes as rows
from storage.affiliates import Affiliate
from storage.payouts import Payout
from storage.taxes import W9, Paid, TaxForm
from storage.vault import vault_of

DOLLARS: Final = "usd"
_CORPORATIONS: Final = frozenset({"c_corporation", "s_corporation", "llc_c", "llc_s"})
_FIRST: Final = 2000


@dataclass(frozen=True, slots=True)
class Total:
    """What an affiliate was paid in a year, in cents: all but `by_networks` is to be reported.

    `withheld` is part of `reported`; `others` says that they were paid in other currencies, too.
    """

    affiliate: Affiliate
    form: TaxForm | None
    year: int
    reported: int
    by_networks: int
    withheld: int
    others: bool
    threshold: int

    @property
    def is_over(self) -> bool:
        """Whether the sum is one that is reported, of somebody who may be a U.S. person."""
        foreign = self.form is not None and self.form.form_type != W9
        return not foreign and (self.reported >= self.threshold or self.withheld > 0)

    @property
    def left_out(self) -> str:
        """Why there is no 1099-NEC although the sum is over; empty if there is one."""
        if self.form is None:
            return "no tax form"
        if self.form.classification in _CORPORATIONS and not self.withheld:
            return "a corporation"
        return ""


@dataclass(frozen=True, slots=True)
class Export:
    """The recipients of a year, what a spreadsheet gets of each, and who is over but left out.

    `locked` are those whose number was asked for and could not be opened.
    """

    year: int
    columns: tuple[str, ...]
    lines: Sequence[Mapping[str, str]]
    recipients: Sequence[Total]
    left_out: Sequence[Total]
    locked: Sequence[Total]

    def summary(self) -> str:
        """What to know of it, in a few sentences."""
        count = len(self.recipients)
        found = [f"{self.year}: {count} recipient{'' if count == 1 else 's'} of a 1099-NEC."]
        if self.left_out:
            names = ", ".join(
                f"{each.affiliate.promo_code} ({each.left_out})" for each in self.left_out
            )
            found.append(f"Over the threshold, but left out: {names}.")
        if self.locked:
            names = ", ".join(each.affiliate.promo_code for each in self.locked)
            found.append(
                f"Without their number, since no key in TAX_ENCRYPTION_KEYS opens it: {names}. Put "
                "the old key back, or ask them for a new form."
            )
        return " ".join(found)


def parse_year(text: str) -> int:
    """A year of payments. Raises `InvalidError` for one to come, or nonsense."""
    if not text.isdecimal() or not _FIRST <= int(text[:5]) <= clock.now().year:
        raise InvalidError(f"A year looks like {clock.now().year - 1}, and has begun.")
    return int(text)


async def totals(session: AsyncSession, year: int, affiliate_id: UUID | None = None) -> list[Total]:
    """What everybody who was paid got in a year (or one of them), the most first."""
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    paid = defaultdict[UUID, list[Paid]](list)
    for one in await rows.paid_between(session, start, end, affiliate_id):
        paid[one.affiliate_user_id].append(one)
    settings = await program.load(session)
    people = await affiliates.by_ids(session, list(paid))
    forms = await rows.current_of(session, list(paid))
    found = [_total(people[owner], forms.get(owner), year, paid[owner], settings) for owner in paid]
    return sorted(found, key=lambda each: (-each.reported, each.affiliate.promo_code))


def _total(
    affiliate: Affiliate, form: TaxForm | None, year: int, paid: list[Paid], settings: Program
) -> Total:
    dollars = [each for each in paid if each.currency == DOLLARS]
    reported = [each for each in dollars if each.method not in settings.tax_networks]
    return Total(
        affiliate=affiliate,
        form=form,
        year=year,
        reported=sum(each.paid for each in reported),
        by_networks=sum(each.paid for each in dollars if each not in reported),
        withheld=sum(each.withheld for each in dollars),
        others=len(dollars) < len(paid),
        threshold=threshold_of(settings.tax_thresholds, year),
    )


async def tell_crossing(session: AsyncSession, payout: Payout) -> None:
    """Tell operators, once a year, when this payment brings its owner over the threshold."""
    if vault_of(session) is None or payout.paid_at is None or payout.currency != DOLLARS:
        return
    year = payout.paid_at.astimezone(UTC).year
    for total in await totals(session, year, payout.affiliate_user_id):
        this = payout.amount_cents + payout.withheld_cents
        counts = payout.method not in (await program.load(session)).tax_networks
        if counts and total.is_over and total.reported - this < total.threshold <= total.reported:
            lacks = f" There will be none: {total.left_out}." if total.left_out else ""
            paid, least = money(total.reported, DOLLARS), money(total.threshold, DOLLARS)
            await effects.tell_operators(
                session,
                f"{total.affiliate.promo_code} was paid {paid} in {year}: from {least} on that is "
                f"reported on a 1099-NEC.{lacks}",
            )


async def export(
    session: AsyncSession, year: int, actor: Actor, *, with_tins: bool = False
) -> Export:
    """Everything for a year's 1099-NEC. With `with_tins` each number is opened, and that audited.

    A number that no key opens is left empty, and said.
    """
    settings = await program.load(session)
    over = [each for each in await totals(session, year) if each.is_over]
    recipients = [each for each in over if not each.left_out]
    lines, locked = list[Mapping[str, str]](), list[Total]()
    for each in recipients:
        if each.form is None:
            continue
        number = masked(each.form.tax_id_type, each.form.tax_id_last4)
        if with_tins and each.form.tax_id_type != NONE:
            try:
                secrets = await tax_secrets.read(session, each.form, actor, f"1099-NEC of {year}")
                number = written(each.form.tax_id_type, secrets.tax_id)
            except ConflictError:
                locked.append(each)
                number = ""
        known = _line(each, each.form, number, settings)
        lines.append({name: known[name] for name in settings.tax_export_columns})
    about = {"year": year, "recipients": len(lines), "with_tins": with_tins}
    await record(session, actor, "tax.exported", "taxes", **about)
    left_out = [each for each in over if each.left_out]
    return Export(year, settings.tax_export_columns, lines, recipients, left_out, locked)


def _line(total: Total, form: TaxForm, number: str, settings: Program) -> dict[str, str]:
    payer, owner = settings.tax_payer, total.affiliate
    return {
        "tax_year": str(total.year),
        "payer_name": payer.name,
        "payer_tin": payer.tin,
        "payer_address": payer.address,
        "payer_phone": payer.phone,
        "recipient_name": form.legal_name,
        "recipient_business_name": form.business_name,
        "recipient_tin_type": form.tax_id_type.upper(),
        "recipient_tin": number,
        "recipient_address_line1": form.address_line1,
        "recipient_address_line2": form.address_line2,
        "recipient_city": form.address_city,
        "recipient_state": form.address_state,
        "recipient_zip": form.address_zip,
        "recipient_country": form.address_country,
        "recipient_email": owner.email,
        "account_number": owner.reference,
        "box1_nonemployee_compensation": digits(total.reported, DOLLARS),
        "box4_federal_income_tax_withheld": digits(total.withheld, DOLLARS),
        "form_status": taxes.standing_of(form).status,
        "promo_code": owner.promo_code,
    }


def write_csv(made: Export, to: TextIO) -> None:
    """Write an export for a spreadsheet, its columns as the settings order them."""
    table = csv.DictWriter(to, made.columns)
    table.writeheader()
    table.writerows({name: inert(text) for name, text in line.items()} for line in made.lines)
