"""Whether a code may be redeemed: by whom, for which plan, now; and what it takes off.

Every refusal is a reason for programs and a sentence for a customer. A code that does not exist
takes the same questions to the database as one that does, so that nobody can tell by the time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.attribution import person_key
from domain.errors import ConflictError
from domain.money import money, share
from domain.program import Program
from storage import checkouts, redemptions, sales
from storage import codes as rows
from storage.codes import ACTIVE, ARCHIVED, EXPIRED, PERCENTAGE, DiscountCode
from storage.ids import new_id

_BP_IN_ONE_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Price:
    """What a plan costs: `amount` minor units of `currency` (lower case), `id` the provider's."""

    plan: str
    id: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who wants to redeem a code, known by mailbox, as a customer, by both, or not at all."""

    email: str = ""
    customer_id: str = ""

    @property
    def key(self) -> str:
        """One spelling of the mailbox; empty where there is none."""
        return person_key(self.email)

    @property
    def known(self) -> bool:
        """Whether limits per person can be told."""
        return bool(self.key or self.customer_id)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to buy. Without a plan or price, what depends on it is left open."""

    person: Person = field(default_factory=Person)
    plan: str = ""
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a code is not taken: a word for programs, a sentence for the customer."""

    code: str
    reason: str
    message: str


class CodeRefusedError(ConflictError):
    """A code may not be redeemed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Verdict:
    """The codes in the order in which they were typed, and the first thing against them."""

    codes: tuple[DiscountCode, ...]
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class _Uses:
    """How often codes were used, and for how many a checkout holds a use; so by the person."""

    done: dict[UUID, int]
    held: dict[UUID, int]
    by_person: dict[UUID, int]
    held_by_person: dict[UUID, int]
    bought_before: bool


async def judge(
    session: AsyncSession,
    words: Sequence[str],
    wish: Wish,
    settings: Program,
    *,
    lock: bool = False,
    resuming: bool = False,
) -> Verdict:
    """Judge codes as `read_codes` returns them, alone and together.

    `lock` holds the codes until the transaction ends, so that what is found of their limits
    stays true. With `resuming`, uses that the person holds by checkouts that they did not finish
    stand against nothing: they are about to go on with those.
    """
    found = {code.code: code for code in await rows.by_words(session, words, lock=lock)}
    # Somebody to ask about where there is no such code: the work must be the same.
    codes = [found.get(word) or _decoy(word) for word in words]
    uses = await _uses(session, [code.id for code in codes], wish.person, resuming=resuming)
    now = clock.now()
    refusals = [_refusal(code, wish, settings, uses, now) for code in codes]
    unknown = [_unknown(word) for word in words if word not in found]
    # With somebody else's code beside it, what is wrong with one's own matters less.
    first = next((one for one in (*unknown, *refusals) if one is not None), None)
    return Verdict(tuple(codes), first or _against_together(codes))


def _decoy(word: str) -> DiscountCode:
    return DiscountCode(id=new_id(), code=word, discount_value=1, stripe_promotion_code_id="none")


async def _uses(
    session: AsyncSession, ids: Collection[UUID], person: Person, *, resuming: bool
) -> _Uses:
    now = clock.now()
    held = await checkouts.held(session, ids, now)
    own = await checkouts.held_by(session, ids, person.key, person.customer_id, now)
    if resuming:
        held = {code_id: count - own.get(code_id, 0) for code_id, count in held.items()}
    return _Uses(
        done=await redemptions.uses(session, ids),
        held=held,
        by_person=await redemptions.uses_by(session, ids, person.key, person.customer_id),
        held_by_person={} if resuming else own,
        bought_before=await sales.bought_before(session, person.key, person.customer_id),
    )


def _unknown(word: str) -> Refusal:
    return Refusal(word, "unknown", f"We do not know the code {word}. Check how it is spelled.")


def _refusal(
    code: DiscountCode, wish: Wish, settings: Program, uses: _Uses, now: datetime
) -> Refusal | None:
    """The first thing that stands against a code, seen by itself."""
    name = code.code
    held, done = uses.held.get(code.id, 0), uses.done.get(code.id, 0) + code.prior_uses
    mine, begun = uses.by_person.get(code.id, 0), uses.held_by_person.get(code.id, 0)
    most, each = code.max_uses, code.max_uses_per_user
    over = code.expires_at is not None and code.expires_at <= now
    checks = (
        (
            over or code.status in {EXPIRED, ARCHIVED},
            "expired",
            f"{name} has expired.",
        ),
        (code.status != ACTIVE, "paused", f"{name} cannot be used at the moment."),
        (
            not code.stripe_promotion_code_id,
            "not_ready",
            f"{name} is not ready yet. Try again in a minute.",
        ),
        (
            not _reaches(wish.plan, code.min_plan, settings),
            "plan_too_small",
            f"{name} needs at least {_plan_name(code.min_plan, settings)}.",
        ),
        (
            wish.price is not None and code.currency not in {"", wish.price.currency},
            "other_currency",
            f"{name} is for purchases in {code.currency.upper()}.",
        ),
        (
            mine + begun >= each,
            "used_by_you",
            f"You have used {name} already."
            if mine >= each
            else f"You have begun a checkout with {name}: finish that one, or wait until it ends.",
        ),
        (
            most is not None and done + held >= most,
            "used_up",
            f"{name} has been used up."
            if most is not None and done >= most
            else _being_paid(name, wish.person),
        ),
        (
            code.first_purchase_only and uses.bought_before,
            "first_purchase_only",
            f"{name} is for a first purchase, and you have bought before.",
        ),
    )
    return next((Refusal(name, reason, says) for fails, reason, says in checks if fails), None)


def _being_paid(name: str, person: Person) -> str:
    """That others hold the last uses; one of them may be somebody of whom we do not know yet."""
    sentence = f"The last uses of {name} are being paid right now."
    if person.known:
        return f"{sentence} Try again in an hour."
    return (
        f"{sentence} If you began to pay with it, give your email address and go on: that payment "
        "continues. Otherwise, try again in an hour."
    )


def _reaches(plan: str, least: str | None, settings: Program) -> bool:
    """Whether a plan is worth at least as much as another; also where no plan is chosen yet."""
    if not plan or not least:
        return True
    slugs = [one.slug for one in settings.plans]
    return least in slugs and plan in slugs and slugs.index(plan) >= slugs.index(least)


def _plan_name(slug: str | None, settings: Program) -> str:
    plan = settings.plan(slug or "")
    return f"the plan {plan.name}" if plan else "other"


def _against_together(codes: Sequence[DiscountCode]) -> Refusal | None:
    """Why codes that are good by themselves cannot be used together."""
    if len(codes) == 1:
        return None
    alone = next((code.code for code in codes if not code.stackable), None)
    if alone is not None:
        return Refusal(
            alone, "not_stackable", f"{alone} cannot be combined with other codes. Use one code."
        )
    first, *others = codes
    for other in others:
        if (first.duration, first.duration_months) != (other.duration, other.duration_months):
            return Refusal(
                other.code,
                "not_stackable",
                f"{first.code} and {other.code} last for different times, so they cannot be "
                "combined. Use one code.",
            )
    return None


def discount_on(code: DiscountCode, amount: int) -> int:
    """What a code takes off `amount` minor units of its own currency, never more than that."""
    if code.discount_type == PERCENTAGE:
        return share(amount, code.discount_value * _BP_IN_ONE_PERCENT)
    return min(code.discount_value, amount)


def in_words(code: DiscountCode) -> str:
    """What a code does, for a customer: `20% off your first payment`."""
    return f"{_worth(code)} off {_when(code)}"


def _worth(code: DiscountCode) -> str:
    if code.discount_type == PERCENTAGE:
        return f"{code.discount_value}%"
    return money(code.discount_value, code.currency)


def _when(code: DiscountCode) -> str:
    if code.duration == "once":
        return "your first payment"
    if code.duration == "forever":
        return "every payment"
    months = cast("int", code.duration_months)
    return "for one month" if months == 1 else f"for {months} months"
