"""Checkouts: what codes take off together, and uses held so that no limit is ever passed.

A use is held in the transaction that counts the limits, before the payment provider hears of the
checkout. It becomes a redemption when the invoice is settled, or is free again when the checkout
ends unpaid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.code_checks import (
    CodeRefusedError,
    Person,
    Price,
    Refusal,
    Verdict,
    Wish,
    discount_on,
    judge,
)
from domain.errors import ConflictError
from domain.money import share, split
from domain.program import Program
from storage import checkouts as rows
from storage.checkouts import COMPLETED, EXPIRED, OPEN, Checkout, CheckoutCode
from storage.codes import PERCENTAGE, DiscountCode

LIVES: Final = timedelta(minutes=35)
"""How long a checkout can be paid. The payment provider asks for half an hour at least."""

_WHOLE_BP: Final = 10_000
_LIMITS: Final = frozenset({"used_up", "used_by_you"})


@dataclass(frozen=True, slots=True)
class Offer:
    """What codes take off a price together, in minor units of `currency`.

    `parts` are what each takes, in the order in which they do. Two or more are one discount at the
    payment provider: `percent_bp` basis points where all are percentages, otherwise `amount_off`.
    """

    price: int
    currency: str
    parts: tuple[tuple[DiscountCode, int], ...]
    percent_bp: int | None = None
    amount_off: int | None = None

    @property
    def discount(self) -> int:
        """What is taken off."""
        return sum(amount for _, amount in self.parts)

    @property
    def total(self) -> int:
        """What is left to pay, before tax."""
        return self.price - self.discount


def offer(codes: Sequence[DiscountCode], price: Price) -> Offer:
    """What codes that go together take off a price, percentages before fixed amounts."""
    percentages = [code for code in codes if code.discount_type == PERCENTAGE]
    fixed = [code for code in codes if code.discount_type != PERCENTAGE]
    left, taken = price.amount, []
    for code in (*percentages, *fixed):
        taken.append(discount_on(code, left))
        left -= taken[-1]
    percent_bp = amount_off = None
    discount = sum(taken)
    if not fixed and percentages:
        percent_bp = 0
        for code in percentages:
            percent_bp += share(_WHOLE_BP - percent_bp, code.discount_value * 100)
        # One percentage is what the provider will reckon with: rounded once, not at every code.
        discount = share(price.amount, percent_bp)
    elif not percentages and fixed:
        amount_off = sum(code.discount_value for code in fixed)
    elif codes:
        amount_off = discount
    shares = split(discount, taken) if codes else []
    return Offer(
        price.amount,
        price.currency,
        tuple(zip((*percentages, *fixed), shares, strict=True)),
        percent_bp,
        amount_off,
    )


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to buy with which codes (as `read_codes` returns them), from where.

    `ref` is the referral link that they came by, `referrer` the host that they came from.
    """

    price: Price
    person: Person
    codes: tuple[str, ...] = ()
    ref: str = ""
    referrer: str = ""
    success_url: str = ""
    cancel_url: str = ""


class AnotherCheckoutError(ConflictError):
    """The person's own unfinished checkouts hold what they ask for: end those first.

    `checkouts` are their ids, each with that of the provider's session (empty for none yet).
    """

    def __init__(self, refusal: Refusal, checkouts: Sequence[Checkout]) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        # Plain words: what belongs to a transaction is gone when this error has ended it.
        self.checkouts = tuple((one.id, one.session_id) for one in checkouts)


async def start(session: AsyncSession, order: Order, settings: Program) -> tuple[Checkout, Offer]:
    """Hold a use of every code of an order, or find the checkout that holds them already.

    Raises `CodeRefusedError`, and `AnotherCheckoutError` where the person's own other checkouts are
    in the way.
    """
    now = clock.now()
    codes: tuple[DiscountCode, ...] = ()
    if order.codes:
        verdict = await _judge(session, order, settings)
        codes = verdict.codes
        own = await rows.holding(
            session, [code.id for code in codes], order.person.key, order.person.customer_id, now
        )
        same = [one for one in own if one.expires_at > now and await _is_same(session, one, order)]
        refusal = verdict.refusal
        if refusal is not None and refusal.reason not in _LIMITS:
            raise CodeRefusedError(refusal)
        if same:
            return same[0], offer(codes, order.price)
        if refusal is not None:
            raise AnotherCheckoutError(refusal, own) if own else CodeRefusedError(refusal)
    made = offer(codes, order.price)
    checkout = Checkout(
        plan=order.price.plan,
        price_id=order.price.id,
        currency=made.currency,
        price_cents=made.price,
        discount_cents=made.discount,
        email=order.person.email,
        person_key=order.person.key,
        customer_id=order.person.customer_id,
        ref=order.ref,
        referrer=order.referrer,
        success_url=order.success_url,
        cancel_url=order.cancel_url,
        # Whole seconds: the payment provider knows no others.
        expires_at=(now + LIVES).replace(microsecond=0),
        created_at=now,
        updated_at=now,
    )
    session.add(checkout)
    await session.flush()
    for place, (code, amount) in enumerate(made.parts):
        session.add(
            CheckoutCode(
                checkout_id=checkout.id,
                place=place,
                discount_code_id=code.id,
                code=code.code,
                discount_cents=amount,
            )
        )
    return checkout, made


async def _judge(session: AsyncSession, order: Order, settings: Program) -> Verdict:
    wish = Wish(order.person, order.price.plan, order.price)
    verdict = await judge(session, order.codes, wish, settings, lock=True)
    refusal = verdict.refusal
    if not order.person.known and (refusal is None or refusal.reason in _LIMITS):
        code = order.codes[0]
        sentence = f"Type your email address: {code} has a limit for each person."
        raise CodeRefusedError(Refusal(code, "email_needed", sentence))
    return verdict


async def _is_same(session: AsyncSession, checkout: Checkout, order: Order) -> bool:
    """Whether a checkout is what is asked for again, down to the page that follows it."""
    asked = (
        order.price.id,
        order.price.amount,
        order.person.email,
        order.person.customer_id,
        order.ref,
        order.success_url,
        order.cancel_url,
    )
    have = (
        checkout.price_id,
        checkout.price_cents,
        checkout.email,
        checkout.customer_id,
        checkout.ref,
        checkout.success_url,
        checkout.cancel_url,
    )
    codes = {one.code for one in await rows.codes_of(session, checkout.id)}
    return asked == have and codes == set(order.codes)


async def find(session: AsyncSession, session_id: str, name: str) -> UUID | None:
    """A checkout by the provider's session, or by the id that we gave it; None for another's.

    Anybody can put an id into the address of a payment link, so that counts only for a checkout
    whose own session was never noted.
    """
    found = await rows.by_session(session, session_id)
    if found is None:
        named = await _by_name(session, name)
        found = named if named is not None and not named.session_id else None
    return found.id if found is not None else None


async def _by_name(session: AsyncSession, name: str) -> Checkout | None:
    try:
        return await rows.get(session, UUID(name))
    except ValueError:
        return None


async def note_session(
    session: AsyncSession, checkout_id: UUID, session_id: str, url: str
) -> Checkout:
    """Keep where a checkout can be paid. Raises `ConflictError` if it is over."""
    checkout = await rows.get(session, checkout_id, lock=True)
    if checkout is None or checkout.status != OPEN:
        raise ConflictError("This checkout is over. Start another one.")
    checkout.session_id, checkout.url = session_id, url
    checkout.updated_at = clock.now()
    session.add(checkout)
    return checkout


async def release(session: AsyncSession, checkout_id: UUID) -> None:
    """Give back what an unpaid checkout holds: it cannot be paid any more."""
    checkout = await rows.get(session, checkout_id, lock=True)
    if checkout is not None and checkout.status == OPEN:
        _end(session, checkout, EXPIRED)


async def complete(session: AsyncSession, checkout_id: UUID) -> None:
    """A checkout was paid: what it holds stays held until its redemptions are written."""
    checkout = await rows.get(session, checkout_id, lock=True)
    # Also one that we took for expired: the payment provider knows better.
    if checkout is not None and checkout.status != COMPLETED:
        _end(session, checkout, COMPLETED)


def _end(session: AsyncSession, checkout: Checkout, status: str) -> None:
    checkout.status = status
    checkout.updated_at = clock.now()
    session.add(checkout)


async def expire(session: AsyncSession) -> None:
    """Close the checkouts that ran out unheard of; what they held is free already."""
    await rows.expire(session, clock.now())


@dataclass(frozen=True, slots=True)
class Trail:
    """What a checkout of ours tells of the purchase: its codes, and the link that led there."""

    checkout_id: UUID
    codes: tuple[CheckoutCode, ...]
    ref: str
    started_at: datetime


async def trail(session: AsyncSession, name: str) -> Trail | None:
    """The trail of a checkout by its id as the payment provider gives it back; None for another."""
    checkout = await _by_name(session, name)
    if checkout is None:
        return None
    codes = tuple(await rows.codes_of(session, checkout.id))
    return Trail(checkout.id, codes, checkout.ref, checkout.created_at)
