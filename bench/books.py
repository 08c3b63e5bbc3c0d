"""The books of a made-up program: what is posted, paid out and summed up, as the product does."""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlmodel import SQLModel

from bench.chance import (
    ARRIVALS,
    BY,
    COUNTRIES,
    CURRENCIES,
    DAY_S,
    DAYS,
    PAGES,
    PRICES,
    RENEWALS,
    TAGS,
    Account,
    Choice,
    Partner,
    Purchase,
    Row,
    Size,
)
from bench.sums import Sums
from domain.audit import SYSTEM
from domain.program import Program
from storage.audit import START, AuditLine, seal
from storage.leaderboard import EVER, MonthEarning, MonthRollup, month_of
from storage.ledger import LedgerEntry
from storage.payouts import PAID, REQUESTED, Payout
from storage.rollups import COUNTS, EarningRollup, Origin, Rollup

FIGURE: Final = {name: number for number, name in enumerate(COUNTS)}


class Books:
    """What all rows of a made-up program have in common, and those that are sums of others."""

    def __init__(self, size: Size, until: datetime, seed: int = 1) -> None:
        self._size, self._until, self._program = size, until.astimezone(UTC), Program()
        self._rng = rng = Random(seed)  # noqa: S311 - made-up rows, the same for the same seed
        self._tag, self._page = Choice(rng, TAGS), Choice(rng, PAGES)
        self._country, self._arrival = Choice(rng, COUNTRIES), Choice(rng, ARRIVALS)
        self._price = Choice(rng, tuple(((p, plan), weight) for p, plan, weight in PRICES))
        self._currency, self._by = Choice(rng, CURRENCIES), Choice(rng, BY)
        self._renewals = Choice(rng, RENEWALS)
        self._defaults: dict[type[SQLModel], dict[str, Any]] = {}
        self._partners: list[Partner] = []
        # The n-th most successful has about the n-th part of the first one's; none has it all.
        self._fame = list(accumulate(1 / (n + 10) for n in range(size.affiliates)))
        self._paying: dict[date, list[Purchase]] = defaultdict(list)
        self._moving: dict[date, list[tuple[datetime, Callable[[datetime], Row]]]] = defaultdict(
            list
        )
        self._free: dict[date, Counter[tuple[UUID, str]]] = defaultdict(Counter)
        self._balance = Counter[tuple[UUID, str]]()
        self._first = self._until.date() - timedelta(days=DAYS - 1)
        self._days, self._earned = Sums(self._first, "iiiii"), Sums(self._first, "q")
        self._months = defaultdict[tuple[str, str], list[int]](lambda: [0, 0])
        self._month_earned = Counter[tuple[UUID, str, str]]()
        self._lines, self._seal, self._customers = 0, START, 0

    def _row(self, table: type[SQLModel], **given: Any) -> tuple[type[SQLModel], dict[str, Any]]:
        if table not in self._defaults:
            made = table()
            names = table.__table__.columns.keys()  # type: ignore[attr-defined]
            self._defaults[table] = {name: getattr(made, name, None) for name in names}
        return table, {**self._defaults[table], **given}

    def _id(self, moment: datetime) -> UUID:
        """A UUIDv7 of a moment."""
        return UUID(self._hex(moment))

    def _hex(self, moment: datetime) -> str:
        """The digits of such an id."""
        bits = self._rng.getrandbits(74)
        high, low = bits >> 62, 0x8 << 60 | bits & (1 << 62) - 1
        return f"{int(moment.timestamp() * 1000):012x}7{high:03x}{low:016x}"

    def _moments(self, day: date, count: int) -> list[datetime]:
        """So many moments of a day, in order; of the last day none that is still to come."""
        start = datetime.combine(day, time(), UTC)
        span = min(DAY_S - 10, (self._until - start).total_seconds())
        return [
            start + timedelta(seconds=one * span)
            for one in sorted(self._rng.random() for _ in range(count))
        ]

    def _somebody(self) -> Partner:
        return self._partners[bisect(self._fame, self._rng.random() * self._fame[-1])]

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

    def _count(self, origin: Origin, what: str) -> None:
        """Count something of today."""
        self._count_under(origin.affiliate_id.hex, origin.values(), what, 1)

    def _count_under(
        self, owner: str, under: Iterable[tuple[str, str]], what: str, times: int
    ) -> None:
        figure = FIGURE[what]
        for dimension, value in under:
            self._days.add((owner, dimension, value), figure, times)

    def _earned_by(
        self,
        bought: Purchase,
        amounts: tuple[int, int],
        reasons: tuple[str, str],
        source: str,
        account: Account,
    ) -> Row:
        """Post what a purchase brings, and later the difference that its refund makes."""
        (before, after), (earned, taken_back) = amounts, reasons

        def take_back(at: datetime) -> Row:
            return self._posted(at, after - before, taken_back, f"{source}:2", account)

        if bought.refunded_at is not None and before != after:
            self._moving[bought.refunded_at.date()].append((bought.refunded_at, take_back))
        return self._posted(bought.paid_at, before, earned, f"{source}:1", account)

    def _posted(self, at: datetime, amount: int, reason: str, source: str, account: Account) -> Row:
        owner, currency, available_at = account.owner, account.currency, account.available_at
        if account.origin is not None:
            of = owner.hex
            for dimension, value in account.origin.values():
                self._earned.add((of, dimension, value, currency), 0, amount)
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
            account = Account(owner, currency, at, None)
            yield self._posted(at, -amount, "payout", f"payout:{payout}", account)
            about = {"amount": amount, "currency": currency}
            yield self._audited(at, "payout.requested", f"payout:{payout}", **about)

    def _close(self, day: date) -> None:
        self._days.close(day)
        self._earned.close(day)

    def _sums_of_days(self) -> Iterator[Row]:
        for key, day, counts in self._days.rows():
            yield Rollup, (*key, day, *counts)
        for (owner, dimension, value, currency), day, (amount,) in self._earned.rows():
            yield EarningRollup, (owner, dimension, value, day, currency, amount)

    def _sums_of_months(self) -> Iterator[Row]:
        for (partner, period), (clicks, referrals) in self._months.items():
            counts = {"clicks": clicks, "referrals": referrals}
            yield self._row(MonthRollup, affiliate_user_id=partner, period=period, **counts)
        for (owner, period, currency), amount in self._month_earned.items():
            key = {"affiliate_user_id": owner, "period": period, "currency": currency}
            yield self._row(MonthEarning, **key, amount=amount)
