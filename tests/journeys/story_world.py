"""Plays the steps of a story at Stripe and at the desk, and keeps the model beside them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

from sqlmodel import col, select

import clock
from domain import payout_methods, payouts, program
from domain.audit import Actor
from domain.errors import ConflictError, DomainError
from sandbox.faults import HANG_UP
from sandbox.stripe.money.payments import book
from scheduled.reconcile import reconcile
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.payouts import Payout
from tests.builders import RITA, SAM
from tests.journeys.story_model import OFF, PRICE, THRESHOLD, TWO_PEOPLE, Books, Payment, Withdrawal
from tests.payout_builders import JARED, connected_account
from tests.shop import Shop, subscription_of

SALES = ("buy", "buy", "renew", "renew", "refund", "bounce", "dispute", "decide", "lose")
PROMISES = (
    (0, "commission"),
    (500, "commission"),
    (333, "sale"),
    (0, "sale"),
    (1250, "commission"),
)
"""Basis points that a recruiter gets, and of what; none is two tiers being off."""

PAYOUTS = ("wait", "promise", "choose", "ask", "approve", "pay", "reject", "carry_out", "reverse")
WORDS = (*SALES, *PAYOUTS, "buy", "buy", "reverse", *(["go_on"] * 8))


@dataclass(frozen=True)
class Step:
    """One thing that happens: what, to whom, and how much of it."""

    what: str
    whom: int
    part: int


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger, as it was found."""

    id: UUID
    amount: int
    reason: str
    source: str
    available: str


async def entries(db: Database) -> list[Entry]:
    """The whole ledger."""
    async with db.read() as session:
        found = (await session.exec(select(LedgerEntry).order_by(col(LedgerEntry.id)))).all()
    return [
        Entry(one.id, one.amount, one.reason, one.source, one.available_at.isoformat())
        for one in found
    ]


class Days:
    """How many days have passed that really did not. The whole project lives by that."""

    def __init__(self) -> None:
        self.begin, self.passed = clock.now(), 0

    def let_pass(self, days: int) -> None:
        """Put the clock ahead."""
        self.passed += days
        clock.run_ahead(timedelta(days=self.passed))

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Set the clock right when the block ends."""
        try:
            yield
        finally:
            clock.run_ahead(timedelta(0))


class World:
    """Plays steps and keeps `books`. `seen` counts what really came about."""

    def __init__(
        self, shop: Shop, affiliate: Affiliate, days: Days, hold: int, desks: Sequence[Database]
    ) -> None:
        self.shop = shop
        self.affiliate = affiliate
        self.days = days
        self.desks = desks
        self.books = Books(hold)
        self.way = "hand"
        self.seen = Counter[str]()

    async def begin(self) -> None:
        """Set the program, and give the shop's account enough to transfer."""
        await self._at_the_desk(
            program.update,
            {
                "hold_days": self.books.hold,
                "payout_threshold_cents": THRESHOLD,
                "two_person_payout_cents": TWO_PEOPLE,
            },
            RITA,
        )
        book(
            self.shop.account,
            amount=10_000_000,
            fee=0,
            currency="usd",
            kind="topup",
            source="tu_1",
            category="topup",
        )

    async def play(self, step: Step) -> None:
        """Do one step, if the story has come to where it can be done."""
        if step.what not in SALES:
            await getattr(self, f"_{step.what}")(step.part)
        elif step.what == "buy":
            await self._buy(credited=step.part % 4 > 0)
        elif self.books.buyers:
            of_one = self.books.buyers[step.whom % len(self.books.buyers)]
            payment = of_one[step.part % len(of_one)]
            await getattr(self, f"_{step.what}")(of_one, payment, step.part)

    async def reconcile(self) -> tuple[str, ...]:
        """Look at everything again; what differed."""
        await self.shop.quiet()
        gateway = self.shop.services.stripe
        assert gateway is not None
        since = self.days.begin - timedelta(days=1)
        return (await reconcile(self.shop.db, gateway, since)).differences

    # Sales, at Stripe.

    async def _buy(self, *, credited: bool) -> None:
        code = "JARED30" if credited else None
        email = f"buyer{len(self.books.buyers)}@example.net"
        invoice = await self.shop.account.buy(email=email, promotion_code=code)
        amount = PRICE - OFF if credited else PRICE
        books = self.books
        books.buyers.append([Payment(invoice, amount, 1, credited, books.day, books.promise)])

    async def _renew(self, of_one: list[Payment], _payment: Payment, _part: int) -> None:
        invoice = await self.shop.account.renew(subscription_of(of_one[0].invoice))
        cycle = len(of_one) + 1
        books, credited = self.books, of_one[0].credited
        of_one.append(Payment(invoice, PRICE, cycle, credited, books.day, books.promise))

    async def _refund(self, _of_one: list[Payment], payment: Payment, part: int) -> None:
        cents = (payment.amount - payment.refunded) * part // 100
        if cents < 1 or payment.dispute:
            return
        refund = await self.shop.account.refund(payment.invoice["id"], cents)
        payment.refunded += cents
        payment.refunds.append((refund["id"], cents))

    async def _bounce(self, _of_one: list[Payment], payment: Payment, _part: int) -> None:
        if payment.refunds:
            refund, cents = payment.refunds.pop()
            await self.shop.account.fail_refund(refund)
            payment.refunded -= cents

    async def _dispute(self, _of_one: list[Payment], payment: Payment, part: int) -> None:
        cents = (payment.amount - payment.refunded) * part // 100
        if cents < 1 or payment.dispute:
            return
        payment.held = cents
        disputed = await self.shop.account.dispute(payment.invoice["id"], cents)
        payment.dispute = disputed["id"]

    async def _decide(self, _of_one: list[Payment], payment: Payment, _part: int) -> None:
        await self._close(payment, won=True)

    async def _lose(self, _of_one: list[Payment], payment: Payment, _part: int) -> None:
        await self._close(payment, won=False)

    async def _close(self, payment: Payment, *, won: bool) -> None:
        status = payment.dispute and self.shop.account.objects.get("dispute", payment.dispute)
        if not status or status["status"] in {"won", "lost"}:
            return
        await self.shop.account.decide(payment.dispute, won=won)
        payment.held = 0 if won else payment.held

    # Payouts, at the desk and at Stripe.

    async def _wait(self, part: int) -> None:
        """Days pass; they do not pass by half-done work, which would look lost."""
        await self.shop.quiet()
        self.days.let_pass(part % 12)
        self.books.day = self.days.passed

    async def _promise(self, part: int) -> None:
        """The program promises recruiters something else from now on.

        Every sale is looked at before: what nobody has heard of would get the new terms.
        """
        await self.reconcile()
        rate, of_what = PROMISES[part % len(PROMISES)]
        changes = {"two_tier_enabled": rate > 0, "second_tier_base": of_what}
        if rate:
            changes["second_tier_rate_bp"] = rate
        await self._at_the_desk(program.update, changes, RITA)
        self.books.promise = (Fraction(rate, 10_000), of_what)

    async def _choose(self, part: int) -> None:
        """Jared wants to be paid in another way; what is asked for already stays as it was."""
        self.way = ("hand", "transfer", "transfer", "hand", "transfer", "nowhere")[part % 6]
        if self.way == "hand":
            await self._at_the_desk(
                payout_methods.choose, self.affiliate.id, "paypal", "jared@pay.example", JARED
            )
            return
        gone = self.way == "nowhere"
        account = "acct_gone" if gone else connected_account(self.shop.account)
        await self._at_the_desk(payout_methods.connect, self.affiliate.id, account, RITA)

    async def _ask(self, part: int) -> None:
        """Ask once, or twice at the same moment: of what is available all, or nothing.

        After a reconciliation that is the model's figure; when nothing is being handled it is
        the ledger's; otherwise nobody can say it before.
        """
        available: int | None = None
        if part % 3 == 0:
            await self.reconcile()
            available = self.books.available()
        elif part % 3 == 1:
            await self.shop.quiet()
            now = clock.now().isoformat()
            ledger = await entries(self.shop.db)
            own = [each for each in ledger if not each.reason.startswith("second_tier")]
            available = sum(each.amount for each in own if each.available <= now)
        before = self.books.withdrawals[-1:]
        blocked = any(each.open for each in before)
        times = 2 if part % 2 else 1
        outcomes = await asyncio.gather(
            *(self._request(self.desks[n % len(self.desks)]) for n in range(times))
        )
        won = [each for each in outcomes if isinstance(each, Payout)]
        refused = [each for each in outcomes if isinstance(each, DomainError)]
        if blocked:
            assert [type(each) for each in refused] == [ConflictError] * times
            return
        if available is not None:
            assert [each.amount_cents for each in won] == [available] * (available >= THRESHOLD)
            self.seen["debt that stops a payout"] += available < 0
        for payout in won:
            assert len(refused) == times - 1
            assert payout.amount_cents >= THRESHOLD
            cents = payout.amount_cents
            self.books.withdrawals.append(Withdrawal(str(payout.id), cents, self.way))
            self.seen["payout"] += 1
            self.seen["payout of the model's amount"] += part % 3 == 0
            self.seen["two asked at once"] += times == 2

    async def _go_on(self, part: int) -> None:
        """Do what the newest payout waits for, as things usually go."""
        newest = self.books.withdrawals[-1] if self.books.withdrawals else None
        if newest is None or not newest.open:
            await self._ask(part)
        elif newest.status == "requested":
            await self._approve(part)
        elif newest.way == "hand":
            await self._pay(part)
        else:
            await self._carry_out(part)

    async def _request(self, db: Database) -> Payout | DomainError:
        try:
            async with db.transaction() as session:
                return await payouts.request(session, self.affiliate.id, JARED)
        except DomainError as refusal:
            return refusal

    async def _approve(self, part: int) -> None:
        """Rita or Sam approves, or both at the same moment."""
        if not self.books.withdrawals:
            return
        people: list[Actor] = [RITA, SAM] if part % 3 == 0 else [(RITA, SAM)[part % 2]]
        newest = self.books.withdrawals[-1]
        done = await asyncio.gather(
            *(
                self._decided(self.desks[-1 - n % len(self.desks)], payouts.approve, newest, who)
                for n, who in enumerate(people)
            )
        )
        assert sum(done) == sum(newest.approve(who.id) for who in people)
        if newest.status == "approved":
            self.seen["approved by two"] += len(newest.approved_by) == 2

    async def _reject(self, part: int) -> None:
        """Sam turns it down, in half the cases."""
        if self.books.withdrawals and part % 2:
            newest = self.books.withdrawals[-1]
            done = await self._decided(self.desks[0], payouts.reject, newest, "Not now.", SAM)
            assert done == newest.reject()
            self.seen["rejection"] += done

    async def _pay(self, part: int) -> None:
        """Rita has paid it by hand."""
        if self.books.withdrawals:
            newest = self.books.withdrawals[-1]
            number = f"PP-{part}"
            done = await self._decided(self.desks[0], payouts.mark_paid, newest, number, RITA)
            assert done == newest.mark_paid()
            self.seen["paid by hand"] += done

    async def _carry_out(self, part: int) -> None:
        """Carry out what the desk asked of the outside; of a transfer the answer may be lost."""
        newest = self.books.withdrawals[-1] if self.books.withdrawals else None
        moves = newest and newest.status == "approved" and newest.way != "hand"
        if moves and part % 3 == 0:
            self.shop.account.fail_next(
                "/v1/transfers", status=HANG_UP, after_work=True, method="POST"
            )
        await self.shop.carry_out()
        self.shop.stand_ins.forgive()
        if not newest or not moves:
            return
        made = [
            each
            for each in self.shop.account.objects.newest_first("transfer")
            if each["metadata"]["payout_id"] == newest.id
        ]
        goes = newest.way == "transfer"
        assert [each["amount"] for each in made] == [newest.cents] * goes
        newest.status = "paid" if goes else "failed"
        newest.transfer = made[0]["id"] if goes else ""
        self.seen["transfer" if goes else "refused transfer"] += 1

    async def _reverse(self, part: int) -> None:
        """The newest transfer that still holds anything comes back, all of it or a part."""
        for each in reversed(self.books.withdrawals):
            left = each.cents - each.back
            if each.transfer and left:
                cents = left if part % 3 == 0 else max(1, left * part // 100)
                await self.shop.account.reverse_transfer(each.transfer, cents)
                each.reverse(cents)
                self.seen["whole reversal" if cents == left else "part of a reversal"] += 1
                self.seen["reversal behind a newer payout"] += self.books.withdrawals[-1].open
                return

    async def _decided(
        self,
        db: Database,
        use_case: Callable[..., Awaitable[object]],
        what: Withdrawal,
        *words: object,
    ) -> bool:
        """Whether a decision went through; a refusal has to say that somebody was first."""
        try:
            async with db.transaction() as session:
                await use_case(session, UUID(what.id), *words)
        except ConflictError:
            return False
        return True

    async def _at_the_desk(
        self, use_case: Callable[..., Awaitable[object]], *words: object
    ) -> None:
        async with self.shop.db.transaction() as session:
            await use_case(session, *words)
