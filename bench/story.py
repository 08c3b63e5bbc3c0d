"""A program that has lived for a year: its rows, day after day, the same ones for the same seed.

Every sum is kept here as the product keeps it, by other code: what reconciling and comparing the
rollups say of these rows is a proof of both. Money is minor units.
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlmodel import SQLModel

from domain import commissions, two_tier
from domain.audit import SYSTEM
from domain.clicks import first_key
from domain.commissions import arithmetic
from domain.money import share
from domain.program import Program
from storage.affiliates import Affiliate
from storage.applications import PENDING, Application
from storage.audit import START, AuditLine, seal
from storage.clicks import BOT, COUNTED, REPEAT, Click
from storage.codes import DiscountCode
from storage.commissions import Commission
from storage.inbox import InboxEvent
from storage.leaderboard import EVER, MonthEarning, MonthRollup, month_of
from storage.ledger import POSTED_FOR, LedgerEntry
from storage.links import ReferralLink
from storage.outbox import Effect
from storage.payouts import PAID, REQUESTED, Payout
from storage.referrals import Referral
from storage.rollups import COUNTS, EarningRollup, Origin, Rollup
from storage.sales import Sale
from storage.two_tier import SecondTierCommission

Row = tuple[type[SQLModel], dict[str, Any]]

DAYS: Final = 365
PAYOUT_DAY: Final = 5
_DAY_S: Final = 86_400
_MONTH: Final = timedelta(days=30)
_RENEWALS: Final = ((1, 30), (2, 35), (3, 25), (4, 10))
"""How many invoices a customer pays, and how many in a hundred pay so many."""
_TAGS: Final = (("", 60), ("youtube", 20), ("mail", 12), ("bio", 8))
_PAGES: Final = (("/", 70), ("/pricing", 20), ("/tools", 10))
_COUNTRIES: Final = (("US", 60), ("CA", 15), ("GB", 15), ("DE", 10))
_KINDS: Final = ((COUNTED, 80), (REPEAT, 12), (BOT, 8))
_PRICES: Final = ((2900, "monthly", 60), (7900, "3-month", 25), (14900, "6-month", 15))
_CURRENCIES: Final = (("usd", 85), ("eur", 15))
_BY: Final = (("link", 50), ("promo_code", 50))
_NAMES: Final = ("Ana", "Ben", "Cleo", "Dario", "Elif", "Finn", "Gita", "Hugo", "Ines", "Jon")
_NO_COUNTS: Final = dict.fromkeys(COUNTS, 0)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: so many affiliates, and about so many commissions and clicks."""

    affiliates: int
    commissions: int
    clicks: int


WHOLE: Final = Size(10_000, 1_000_000, 10_000_000)


def percent(of_whole: float) -> Size:
    """A part of the whole size, given in percent."""
    affiliates, sold, clicks = (
        max(1, round(one * of_whole / 100))
        for one in (WHOLE.affiliates, WHOLE.commissions, WHOLE.clicks)
    )
    return Size(affiliates, sold, clicks)


class _Choice:
    """One of several values, each as likely as its weight says."""

    def __init__(self, rng: Random, weighted: tuple[tuple[Any, int], ...]) -> None:
        self._random = rng.random
        self._values = [value for value, _ in weighted]
        self._steps = list(accumulate(weight for _, weight in weighted))

    def __call__(self) -> Any:
        return self._values[bisect(self._steps, self._random() * self._steps[-1])]


@dataclass(slots=True)
class _Partner:
    """An affiliate, as far as their rows need it."""

    id: UUID
    ref: str
    recruiter: UUID | None


@dataclass(frozen=True, slots=True)
class _Customer:
    """Somebody who came at a moment, and by whom; `origin` is that partner's, or nobody's."""

    name: str
    since: datetime
    partner: _Partner | None
    origin: Origin | None
    by: str


@dataclass(slots=True)
class _Purchase:
    """An invoice that will be paid, with what becomes of it."""

    customer: _Customer
    cycle: int
    paid_at: datetime
    currency: str
    price: int
    plan: str
    refunded: int = 0
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Account:
    """Where an entry is posted to. One with an `origin` is of a sale, which the sums follow."""

    owner: UUID
    currency: str
    available_at: datetime
    origin: Origin | None


class Story:
    """The rows of a year that ends with `until`, in the order in which they came to be.

    A row stands as it is at the end; only sums are told when they are complete.
    """

    def __init__(self, size: Size, until: datetime, seed: int = 1) -> None:
        self._size, self._until, self._program = size, until.astimezone(UTC), Program()
        self._rng = rng = Random(seed)  # noqa: S311 - made-up rows, the same for the same seed
        self._tag, self._page = _Choice(rng, _TAGS), _Choice(rng, _PAGES)
        self._country, self._kind = _Choice(rng, _COUNTRIES), _Choice(rng, _KINDS)
        self._price = _Choice(rng, tuple(((p, plan), weight) for p, plan, weight in _PRICES))
        self._currency, self._by = _Choice(rng, _CURRENCIES), _Choice(rng, _BY)
        self._renewals = _Choice(rng, _RENEWALS)
        self._defaults: dict[type[SQLModel], dict[str, Any]] = {}
        self._partners: list[_Partner] = []
        # The n-th most successful has about the n-th part of the first one's; none has it all.
        self._fame = list(accumulate(1 / (n + 10) for n in range(size.affiliates)))
        self._paying: dict[date, list[_Purchase]] = defaultdict(list)
        self._moving: dict[date, list[tuple[datetime, Callable[[datetime], Row]]]] = defaultdict(
            list
        )
        self._free: dict[date, Counter[tuple[UUID, str]]] = defaultdict(Counter)
        self._balance = Counter[tuple[UUID, str]]()
        self._days = defaultdict[tuple[Any, ...], dict[str, int]](_NO_COUNTS.copy)
        self._earned = Counter[tuple[Any, ...]]()
        self._months = defaultdict[tuple[UUID, str], list[int]](lambda: [0, 0])
        self._month_earned = Counter[tuple[UUID, str, str]]()
        self._lines, self._seal, self._customers = 0, START, 0

    def days(self) -> Iterator[tuple[date, Iterator[Row]]]:
        """Each day with its rows; they are to be taken day by day, and whole."""
        last = self._until.date()
        first = last - timedelta(days=DAYS - 1)
        yield first, self._joining(first)
        for number in range(DAYS):
            day = first + timedelta(days=number)
            yield day, self._day(day)
        yield last, self._sums_of_months()

    def _row(self, table: type[SQLModel], **given: Any) -> Row:
        if table not in self._defaults:
            made = table()
            names = table.__table__.columns.keys()  # type: ignore[attr-defined]
            self._defaults[table] = {name: getattr(made, name, None) for name in names}
        return table, {**self._defaults[table], **given}

    def _id(self, moment: datetime) -> UUID:
        """A UUIDv7 of a moment."""
        bits = self._rng.getrandbits(74)
        high = int(moment.timestamp() * 1000) << 16 | 0x7000 | bits >> 62
        return UUID(int=high << 64 | 0x8 << 60 | bits & (1 << 62) - 1)

    def _moments(self, day: date, count: int) -> list[datetime]:
        """So many moments of a day, in order; of the last day none that is still to come."""
        start = datetime.combine(day, time(), UTC)
        span = min(_DAY_S - 10, (self._until - start).total_seconds())
        return [
            start + timedelta(seconds=one * span)
            for one in sorted(self._rng.random() for _ in range(count))
        ]

    def _somebody(self) -> _Partner:
        return self._partners[bisect(self._fame, self._rng.random() * self._fame[-1])]

    def _joining(self, before: date) -> Iterator[Row]:
        """Everybody in the program, who all came in the year before, and who waits to get in."""
        start = datetime.combine(before, time(), UTC)
        for number in range(self._size.affiliates):
            at = start - timedelta(days=DAYS * (1 - number / self._size.affiliates))
            yield from self._affiliate(number, at)
        for number in range(self._size.affiliates // 50):
            email, at = f"waiting{number}@example.com", self._until - timedelta(hours=number + 1)
            waits = {"email": email, "email_key": email, "status": PENDING, "submitted_at": at}
            name = f"{self._rng.choice(_NAMES)} {number}"
            yield self._row(
                Application, id=self._id(at), legal_name=name, updated_at=at, terms={}, **waits
            )

    def _affiliate(self, number: int, at: datetime) -> Iterator[Row]:
        name, email = f"{self._rng.choice(_NAMES)} {number}", f"partner{number}@example.com"
        recruiter = None
        if self._partners and self._rng.random() < 0.05:  # noqa: PLR2004 - one in twenty
            recruiter = self._rng.choice(self._partners).id
        partner = _Partner(self._id(at), f"PARTNER{number}", recruiter)
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

    def _audited(self, at: datetime, action: str, subject: str, **detail: Any) -> Row:
        self._lines += 1
        line = AuditLine(
            number=self._lines,
            at=at,
            actor=f"{SYSTEM.id} ({SYSTEM.name})",
            origin=SYSTEM.origin,
            action=action,
            subject=subject,
            detail=detail,
            seal="",
        )
        line.seal = self._seal = seal(line, self._seal)
        return AuditLine, line.model_dump()

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
        yield from self._sums_of_day(day)

    def _clicks(self, day: date, count: int) -> Iterator[Row]:
        seen: dict[UUID, str] = {}
        for at in self._moments(day, count):
            partner, kind = self._somebody(), self._kind()
            if kind == REPEAT and partner.id not in seen:
                kind = COUNTED
            visitor = seen[partner.id] if kind == REPEAT else f"{self._rng.getrandbits(128):032x}"
            if kind == COUNTED:
                seen[partner.id] = visitor
                for period in (month_of(at), EVER):
                    self._months[partner.id, period][0] += 1
            origin = Origin(partner.id, self._tag(), self._page(), self._country())
            self._count(day, origin, _COUNTED_AS[kind])
            yield self._row(
                Click,
                id=self._id(at),
                affiliate_user_id=partner.id,
                ref=partner.ref,
                source_tag=origin.source_tag,
                landing_page=origin.landing_page,
                utm={},
                country=origin.country,
                referrer_host="",
                device="desktop",
                visitor=visitor,
                network=visitor[:24],
                kind=kind,
                channel="redirect",
                first_key=first_key(partner.ref, visitor) if kind == COUNTED else None,
                clicked_at=at,
            )

    def _count(self, day: date, origin: Origin, what: str) -> None:
        for dimension, value in origin.values():
            self._days[origin.affiliate_id, dimension, value, day][what] += 1

    def _customers_of(self, day: date, count: int) -> Iterator[Row]:
        """Who signs up on a day, with all that they will buy."""
        for at in self._moments(day, count):
            self._customers += 1
            name, partner, by = f"cus_{self._customers}", self._somebody(), self._by()
            if self._rng.random() < 0.1:  # noqa: PLR2004 - one in ten came by themselves
                self._plan_purchases(_Customer(name, at, None, None, ""))
                continue
            origin = Origin(partner.id)
            if by == "link":
                origin = Origin(partner.id, self._tag(), self._page(), self._country())
                self._count(day, origin, "signups")
            customer = _Customer(name, at, partner, origin, by)
            bought = self._plan_purchases(customer)
            if bought or by == "link":
                yield self._referral(customer, partner, origin, bought)

    def _plan_purchases(self, customer: _Customer) -> list[_Purchase]:
        currency, (price, plan) = self._currency(), self._price()
        first = customer.since
        if customer.by == "link":
            first += timedelta(hours=self._rng.random() * 48)
        bought = []
        for cycle in range(1, self._renewals() + 1):
            paid_at = _to_the_millisecond(first + (cycle - 1) * _MONTH)
            if paid_at > self._until:
                break
            one = _Purchase(customer, cycle, paid_at, currency, price, plan)
            if self._rng.random() < 0.04:  # noqa: PLR2004 - one in twenty-five is refunded
                after = timedelta(days=self._rng.random() * 25 + 0.1)
                if (refunded_at := _to_the_millisecond(paid_at + after)) <= self._until:
                    one.refunded = self._rng.choice((price, price // 2))
                    one.refunded_at = refunded_at
            self._paying[paid_at.date()].append(one)
            bought.append(one)
        return bought

    def _referral(
        self, customer: _Customer, partner: _Partner, origin: Origin, bought: list[_Purchase]
    ) -> Row:
        counted = any(one.refunded < one.price for one in bought)
        converted_at = bought[0].paid_at if bought else None
        if counted and converted_at:
            for period in (month_of(converted_at), EVER):
                self._months[partner.id, period][1] += 1
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

    def _sale(self, bought: _Purchase) -> Iterator[Row]:
        customer, at, program = bought.customer, bought.paid_at, self._program
        partner = customer.partner
        outcome = "nobody"
        if partner is not None:
            outcome = "credited" if bought.cycle <= program.max_cycles else "cycle_limit"
        table, row = self._row(
            Sale,
            id=self._id(at),
            invoice_id=f"in_{customer.name[4:]}_{bought.cycle}",
            customer_id=customer.name,
            affiliate_user_id=partner.id if partner else None,
            currency=bought.currency,
            collected=bought.price,
            fee=30 + bought.price * 29 // 1000,
            refunded=bought.refunded,
            cycle=bought.cycle,
            plan=bought.plan,
            person_key=f"{customer.name}@example.net",
            outcome=outcome,
            trace=[{"step": "end", "result": f"As it was made up: {outcome}."}],
            paid_at=at,
            facts_at=bought.refunded_at or at,
            created_at=at,
            updated_at=bought.refunded_at or at,
        )
        yield table, row
        yield from self._handled(at, row["invoice_id"])
        if partner is None:
            return
        if bought.cycle == 1 and customer.origin is not None:
            self._count(at.date(), customer.origin, "conversions")
        if outcome == "credited":
            yield from self._commission(bought, partner, row)

    def _handled(self, at: datetime, invoice: str) -> Iterator[Row]:
        """The event that told of it and a card that was updated for it, unless it is long ago."""
        if at < self._until - timedelta(days=self._program.event_retention_days):
            return
        done = {"next_attempt_at": at, "handled_at": at, "attempts": 1}
        yield self._row(
            InboxEvent,
            id=self._id(at),
            kind="invoice.paid",
            source="stripe",
            external_id=f"evt_{invoice}",
            payload=f'{{"id": "evt_{invoice}", "type": "invoice.paid"}}'.encode(),
            received_at=at,
            **done,
        )
        yield self._row(
            Effect,
            id=self._id(at),
            kind="stripe_tag_customer",
            lane=f"customer:{invoice}",
            payload={"invoice": invoice},
            asked_at=at,
            **done,
        )

    def _commission(
        self, bought: _Purchase, partner: _Partner, sale: dict[str, Any]
    ) -> Iterator[Row]:
        at, program = bought.paid_at, self._program
        available_at = at + timedelta(days=program.hold_days)
        before, after = (
            arithmetic(
                Sale.model_construct(**{**sale, "refunded": refunded}),
                program.commission_base,
                program.commission_rate_bp,
            ).amount
            for refunded in (0, bought.refunded)
        )
        is_refunded = bought.refunded_at is not None and before != after
        common = {
            "currency": bought.currency,
            "available_at": available_at,
            "revision": 2 if is_refunded else 1,
            "created_at": at,
            "updated_at": bought.refunded_at if is_refunded else at,
        }
        table, commission = self._row(
            Commission,
            id=self._id(at),
            sale_id=sale["id"],
            affiliate_user_id=partner.id,
            rate_bp=program.commission_rate_bp,
            base=program.commission_base,
            cycle=bought.cycle,
            attributed_by=bought.customer.by,
            amount_cents=after,
            **common,
        )
        yield table, commission
        account = _Account(partner.id, bought.currency, available_at, bought.customer.origin)
        reasons = (commissions.EARNED, commissions.TAKEN_BACK)
        yield self._earned_by(
            bought, (before, after), reasons, f"{POSTED_FOR}{commission['id']}", account
        )
        if partner.recruiter is None:
            return
        rate = program.second_tier_rate_bp
        shares = share(before, rate), share(after, rate)
        table, second = self._row(
            SecondTierCommission,
            id=self._id(at),
            tier1_affiliate_id=partner.recruiter,
            tier2_affiliate_id=partner.id,
            original_commission_id=commission["id"],
            rate_bp=rate,
            base="commission",
            commission_amount_cents=shares[1],
            **common | {"revision": 1 if shares[0] == shares[1] else 2},
        )
        yield table, second
        account = _Account(partner.recruiter, bought.currency, available_at, None)
        reasons = (two_tier.EARNED, two_tier.TAKEN_BACK)
        yield self._earned_by(bought, shares, reasons, f"second_tier:{second['id']}", account)

    def _earned_by(
        self,
        bought: _Purchase,
        amounts: tuple[int, int],
        reasons: tuple[str, str],
        source: str,
        account: _Account,
    ) -> Row:
        """Post what a purchase brings, and later the difference that its refund makes."""
        (before, after), (earned, taken_back) = amounts, reasons

        def take_back(at: datetime) -> Row:
            return self._posted(at, after - before, taken_back, f"{source}:2", account)

        if bought.refunded_at is not None and before != after:
            self._moving[bought.refunded_at.date()].append((bought.refunded_at, take_back))
        return self._posted(bought.paid_at, before, earned, f"{source}:1", account)

    def _posted(
        self, at: datetime, amount: int, reason: str, source: str, account: _Account
    ) -> Row:
        owner, currency, available_at = account.owner, account.currency, account.available_at
        if account.origin is not None:
            for dimension, value in account.origin.values():
                self._earned[owner, dimension, value, at.date(), currency] += amount
            for period in (month_of(at), EVER):
                self._month_earned[owner, period, currency] += amount
        if available_at > at:
            # From the day after, so that no payout takes what is free later that day.
            self._free[available_at.date() + timedelta(days=1)][owner, currency] += amount
        else:
            self._balance[owner, currency] += amount
        return self._row(
            LedgerEntry,
            id=self._id(at),
            affiliate_user_id=owner,
            amount=amount,
            currency=currency,
            reason=reason,
            source=source,
            available_at=available_at,
            created_at=at,
        )

    def _payouts(self, day: date) -> Iterator[Row]:
        """Everybody who has enough is paid; those of the last month wait for it."""
        asked_at = datetime.combine(day, time(6), UTC)
        if asked_at > self._until:
            return
        waits = self._until - asked_at < timedelta(days=3)
        for (owner, currency), amount in sorted(self._balance.items()):
            if amount < self._program.payout_threshold_cents:
                continue
            at = asked_at + timedelta(hours=self._rng.random() * 4)
            payout, paid_at = self._id(at), min(self._until, at + timedelta(days=2))
            decided = {} if waits else {"decided_at": paid_at, "paid_at": paid_at}
            yield self._row(
                Payout,
                id=payout,
                affiliate_user_id=owner,
                amount_cents=amount,
                currency=currency,
                status=REQUESTED if waits else PAID,
                reference="" if waits else f"made up {payout.hex[-8:]}",
                requested_at=at,
                approvals=[],
                **decided,
            )
            account = _Account(owner, currency, at, None)
            yield self._posted(at, -amount, "payout", f"payout:{payout}", account)
            about = {"amount": amount, "currency": currency}
            yield self._audited(at, "payout.requested", f"payout:{payout}", **about)

    def _sums_of_day(self, day: date) -> Iterator[Row]:
        keys = ("affiliate_user_id", "dimension", "value", "day", "currency")
        for key, counts in _taken(self._days, day):
            yield self._row(Rollup, **dict(zip(keys, key, strict=False)), **counts)
        for key, amount in _taken(self._earned, day):
            yield self._row(EarningRollup, **dict(zip(keys, key, strict=True)), amount=amount)

    def _sums_of_months(self) -> Iterator[Row]:
        for (owner, period), (clicks, referrals) in self._months.items():
            counts = {"clicks": clicks, "referrals": referrals}
            yield self._row(MonthRollup, affiliate_user_id=owner, period=period, **counts)
        for (owner, period, currency), amount in self._month_earned.items():
            key = {"affiliate_user_id": owner, "period": period, "currency": currency}
            yield self._row(MonthEarning, **key, amount=amount)


_COUNTED_AS: Final[Mapping[str, str]] = {COUNTED: "clicks", REPEAT: "repeats", BOT: "bots"}


def _part(whole: int, number: int) -> int:
    """How many of `whole` fall to the n-th day: over the year they come to it exactly."""
    return whole * (number + 1) // DAYS - whole * number // DAYS


def _to_the_millisecond(moment: datetime) -> datetime:
    """The moment as ids know it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _taken(sums: dict[tuple[Any, ...], Any], day: date) -> list[tuple[tuple[Any, ...], Any]]:
    """What is summed up for a day, which is over; it is forgotten here."""
    kept = [(key, value) for key, value in sums.items() if key[3] == day]
    for key, _ in kept:
        del sums[key]
    return kept
