"""What a story comes to, in plain arithmetic: cents and days, and none of the desk's own code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

PRICE, OFF = 2900, 870
RATE = Fraction(2000, 10000)
THRESHOLD, TWO_PEOPLE = 300, 900


@dataclass
class Payment:
    """What the model remembers of one paid invoice, in cents; `day` is when it was paid.

    `promised` is what share the recruiter gets, and of what: of the `commission` or the `sale`.
    """

    invoice: dict[str, Any]
    amount: int
    cycle: int
    credited: bool
    day: int
    promised: tuple[Fraction, str] = (Fraction(0), "commission")
    refunded: int = 0
    held: int = 0
    dispute: str = ""
    refunds: list[tuple[str, int]] = field(default_factory=list)

    def commission(self) -> int:
        """A fifth of what is left after the fee, for the first two cycles of a credited buyer."""
        return floor(self._left() * RATE + Fraction(1, 2))

    def share(self) -> int:
        """What the recruiter gets of it, which follows whatever becomes of the sale."""
        rate, of_what = self.promised
        base = self.commission() if of_what == "commission" else self._left()
        return floor(base * rate + Fraction(1, 2))

    def _left(self) -> int:
        if not self.credited or self.cycle > 2:
            return 0
        fee = floor(Fraction(self.amount * 29, 1000) + Fraction(1, 2)) + 30
        return max(self.amount - fee - self.refunded - self.held, 0)


@dataclass
class Withdrawal:
    """One payout: `back` is what was reversed of it, `transfer` Stripe's id if that paid it.

    `way` is `hand`, `transfer`, or `nowhere` for a transfer to an account that is gone.
    """

    id: str
    cents: int
    way: str
    status: str = "requested"
    approved_by: set[str] = field(default_factory=set)
    transfer: str = ""
    back: int = 0

    @property
    def open(self) -> bool:
        """Whether it is on its way."""
        return self.status in {"requested", "approved"}

    def approve(self, who: str) -> bool:
        """Somebody approves; False if they can not."""
        if self.status != "requested" or who in self.approved_by:
            return False
        self.approved_by.add(who)
        if len(self.approved_by) >= (2 if self.cents > TWO_PEOPLE else 1):
            self.status = "approved"
        return True

    def reject(self) -> bool:
        """Somebody rejects; False if it is too late."""
        if self.status == "requested" or (self.status == "approved" and self.way == "hand"):
            self.status = "rejected"
            return True
        return False

    def mark_paid(self) -> bool:
        """Somebody paid it by hand; False if they should not have."""
        if self.status == "approved" and self.way == "hand":
            self.status = "paid"
            return True
        return False

    def reverse(self, cents: int) -> None:
        """So much of it comes back from the account that it was transferred to."""
        self.back += cents
        if self.back == self.cents:
            self.status = "failed"


@dataclass
class Books:
    """All of a story: commissions wait for `hold` days, and it is `day` now.

    `promise` is what share of a new sale the recruiter is promised, and of what.
    """

    hold: int
    day: int = 0
    promise: tuple[Fraction, str] = (Fraction(0), "commission")
    buyers: list[list[Payment]] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)

    def converted(self) -> int:
        """How many credited buyers there are of whom something is left."""
        return sum(
            any(each.credited and each.amount > each.refunded + each.held for each in of_one)
            for of_one in self.buyers
        )

    def pending(self) -> int:
        """What is earned and on hold."""
        return self._earned(free=False)

    def available(self) -> int:
        """What is earned and free, less what is reserved or has left."""
        return self._earned(free=True) - self.reserved() - self.paid()

    def reserved(self) -> int:
        """What is on its way."""
        return sum(each.cents for each in self.withdrawals if each.open)

    def paid(self) -> int:
        """What has left and did not come back."""
        return sum(
            each.cents - each.back
            for each in self.withdrawals
            if each.status == "paid" or each.transfer
        )

    def shown(self) -> str:
        """The payout status of the affiliate: of what is on its way, which is always the newest."""
        newest = self.withdrawals[-1].status if self.withdrawals else "failed"
        return "not_requested" if newest == "failed" else newest

    def shares(self) -> tuple[int, int]:
        """What the recruiter has: free, and on hold."""
        free, held = (sum(each.share() for each in self._paid(free=free)) for free in (True, False))
        return free, held

    def _earned(self, *, free: bool) -> int:
        return sum(payment.commission() for payment in self._paid(free=free))

    def _paid(self, *, free: bool) -> Iterator[Payment]:
        for of_one in self.buyers:
            yield from (one for one in of_one if (one.day + self.hold <= self.day) is free)
