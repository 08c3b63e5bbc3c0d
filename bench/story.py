"""A program that has lived for a year: its rows, day after day, the same ones for the same seed.

Every sum is kept here as the product keeps it, by other code: what reconciling and comparing the
rollups say of these rows is a proof of both. Money is minor units.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from bench.chance import (
    DAYS,
    MONTH,
    NAMES,
    PAYOUT_DAY,
    Customer,
    Partner,
    Purchase,
    Row,
)
from bench.sold import Sold
from domain.audit import SYSTEM
from domain.clicks import first_key
from storage.affiliates import Affiliate
from storage.applications import PENDING, Application
from storage.clicks import BOT, COUNTED, REPEAT, Click
from storage.codes import DiscountCode
from storage.leaderboard import EVER, month_of
from storage.links import ReferralLink
from storage.referrals import Referral
from storage.rollups import Origin


class Story(Sold):
    """The rows of a year that ends with `until`, in the order in which they came to be.

    A row stands as it is at the end; only sums are told when they are complete.
    """

    def days(self) -> Iterator[tuple[date, Iterator[Row]]]:
        """Each day with its rows; they are to be taken day by day, and whole."""
        last = self._until.date()
        first = self._first
        yield first, self._joining(first)
        for number in range(DAYS):
            day = first + timedelta(days=number)
            yield day, self._day(day)
        yield last, self._sums_of_days()
        yield last, self._sums_of_months()

    def _joining(self, before: date) -> Iterator[Row]:
        """Everybody in the program, who all came in the year before, and who waits to get in."""
        start = datetime.combine(before, time(), UTC)
        for number in range(self._size.affiliates):
            at = start - timedelta(days=DAYS * (1 - number / self._size.affiliates))
            yield from self._affiliate(number, at)
        for number in range(self._size.affiliates // 50):
            email, at = f"waiting{number}@example.com", self._until - timedelta(hours=number + 1)
            waits = {"email": email, "email_key": email, "status": PENDING, "submitted_at": at}
            name = f"{self._rng.choice(NAMES)} {number}"
            yield self._row(
                Application, id=self._id(at), legal_name=name, updated_at=at, terms={}, **waits
            )

    def _affiliate(self, number: int, at: datetime) -> Iterator[Row]:
        name, email = f"{self._rng.choice(NAMES)} {number}", f"partner{number}@example.com"
        recruiter = None
        if self._partners and self._rng.random() < 0.05:  # noqa: PLR2004 - one in twenty
            recruiter = self._rng.choice(self._partners).id
        key = self._hex(at)
        partner = Partner(UUID(key), key, f"PARTNER{number}", recruiter)
        self._partners.append(partner)
        person = {"email": email, "email_key": email, "legal_name": name, "display_name": name}
        moments = {"created_at": at, "updated_at": at}
        yield self._row(
            Affiliate,
            id=partner.id,
            reference=f"aff_partner{number}",
            status="approved" if self._rng.random() < 0.98 else "suspended",  # noqa: PLR2004
            promo_code=partner.ref,
            submitted_at=at,
            approved_at=at,
            approved_by=SYSTEM.name,
            shows_name=number % 2 == 0,
            **person,
            **moments,
        )
        yield self._row(
            Application,
            id=self._id(at),
            status="approved",
            affiliate_id=partner.id,
            chosen_code=partner.ref,
            submitted_at=at,
            decided_at=at,
            decided_by=SYSTEM.name,
            updated_at=at,
            terms={},
            **person,
        )
        yield self._row(
            DiscountCode,
            id=self._id(at),
            code=partner.ref,
            discount_value=30,
            affiliate_user_id=partner.id,
            **moments,
        )
        yield self._row(
            ReferralLink,
            id=self._id(at),
            affiliate_user_id=partner.id,
            ref=partner.ref,
            recruited_by_affiliate_id=recruiter,
            created_at=at,
        )
        yield self._audited(at, "application.approved", f"affiliate:{partner.id}", code=partner.ref)

    def _day(self, day: date) -> Iterator[Row]:
        number = DAYS - 1 - (self._until.date() - day).days
        for key, amount in self._free.pop(day, {}).items():
            self._balance[key] += amount
        yield from self._clicks(day, _part(self._size.clicks, number))
        # Nine in ten are of somebody, and bring 1.65 commissions, less those still to come.
        yield from self._customers_of(day, _part(round(self._size.commissions / 1.42), number))
        for purchase in sorted(self._paying.pop(day, ()), key=lambda one: one.paid_at):
            yield from self._sale(purchase)
        for at, move in sorted(self._moving.pop(day, ()), key=lambda one: one[0]):
            yield move(at)
        if day.day == PAYOUT_DAY:
            yield from self._payouts(day)
        self._close(day)

    def _clicks(self, day: date, count: int) -> Iterator[Row]:
        seen: dict[str, str] = {}
        alike, of_partner = Counter[tuple[Any, ...]](), Counter[str]()
        bits, somebody, arrival = self._rng.getrandbits, self._somebody, self._arrival
        for at in self._moments(day, count):
            partner, (kind, tag, page, country) = somebody(), arrival()
            owner = partner.key
            if kind == REPEAT and owner not in seen:
                kind = COUNTED
            visitor = seen[owner] if kind == REPEAT else f"{bits(128):032x}"
            first = None
            if kind == COUNTED:
                seen[owner], first = visitor, first_key(partner.ref, visitor)
                of_partner[owner] += 1
            alike[owner, tag, page, country, kind] += 1
            yield (
                Click,
                (
                    *(self._hex(at), owner, partner.ref, tag, page, {}, country, "", "desktop"),
                    *(visitor, visitor[:24], kind, "redirect", "", "", "", "", first, at),
                ),
            )
        for (owner, *place, kind), times in alike.items():
            self._count_under(owner, _under(*place), _COUNTED_AS[kind], times)
        for owner, times in of_partner.items():
            for period in (f"{day:%Y-%m}", EVER):
                self._months[owner, period][0] += times

    def _customers_of(self, day: date, count: int) -> Iterator[Row]:
        """Who signs up on a day, with all that they will buy."""
        for at in self._moments(day, count):
            self._customers += 1
            name, partner, by = f"cus_{self._customers}", self._somebody(), self._by()
            if self._rng.random() < 0.1:  # noqa: PLR2004 - one in ten came by themselves
                self._plan_purchases(Customer(name, at, None, None, ""))
                continue
            origin = Origin(partner.id)
            if by == "link":
                origin = Origin(partner.id, self._tag(), self._page(), self._country())
                self._count(origin, "signups")
            customer = Customer(name, at, partner, origin, by)
            bought = self._plan_purchases(customer)
            if bought or by == "link":
                yield self._referral(customer, partner, origin, bought)

    def _plan_purchases(self, customer: Customer) -> list[Purchase]:
        currency, (price, plan) = self._currency(), self._price()
        first = customer.since
        if customer.by == "link":
            first += timedelta(hours=self._rng.random() * 48)
        bought = []
        for cycle in range(1, self._renewals() + 1):
            paid_at = _to_the_millisecond(first + (cycle - 1) * MONTH)
            if paid_at > self._until:
                break
            one = Purchase(customer, cycle, paid_at, currency, price, plan)
            if self._rng.random() < 0.04:  # noqa: PLR2004 - one in twenty-five is refunded
                after = timedelta(days=self._rng.random() * 25 + 0.1)
                if (refunded_at := _to_the_millisecond(paid_at + after)) <= self._until:
                    one.refunded = self._rng.choice((price, price // 2))
                    one.refunded_at = refunded_at
            self._paying[paid_at.date()].append(one)
            bought.append(one)
        return bought

    def _referral(
        self, customer: Customer, partner: Partner, origin: Origin, bought: list[Purchase]
    ) -> Row:
        counted = any(one.refunded < one.price for one in bought)
        converted_at = bought[0].paid_at if bought else None
        if counted and converted_at:
            for period in (month_of(converted_at), EVER):
                self._months[partner.key, period][1] += 1
        is_signup = customer.by == "link"
        return self._row(
            Referral,
            id=self._id(customer.since),
            affiliate_user_id=partner.id,
            customer_id=customer.name if bought else None,
            user_id=f"user_{customer.name}" if is_signup else "",
            email_key=f"{customer.name}@example.net" if is_signup else "",
            code_used=partner.ref if bought else "",
            plan=bought[0].plan if bought else "",
            status="active" if bought else "signed_up",
            attributed_by=customer.by,
            first_sale=bool(bought),
            counted=counted,
            signup_affiliate_id=partner.id if is_signup else None,
            source_tag=origin.source_tag,
            landing_page=origin.landing_page,
            country=origin.country,
            signed_up_at=customer.since if is_signup else None,
            converted_at=converted_at,
            created_at=customer.since,
        )


_COUNTED_AS: Final[Mapping[str, str]] = {COUNTED: "clicks", REPEAT: "repeats", BOT: "bots"}


@cache
def _under(tag: str, page: str, country: str) -> tuple[tuple[str, str], ...]:
    """Under what a click from there is counted."""
    return tuple(Origin(UUID(int=0), tag, page, country).values())


def _part(whole: int, number: int) -> int:
    """How many of `whole` fall to the n-th day: over the year they come to it exactly."""
    return whole * (number + 1) // DAYS - whole * number // DAYS


def _to_the_millisecond(moment: datetime) -> datetime:
    """The moment as ids know it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
