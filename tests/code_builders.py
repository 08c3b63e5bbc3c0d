"""Discount codes as the payment provider honours them, and people who use them."""

from typing import Any
from uuid import UUID

from domain import checkouts
from domain.checkouts import Offer, Order
from domain.code_checks import Person, Price
from domain.program import load
from domain.redemptions import DiscountGiven
from storage import checkouts as checkout_rows
from storage import codes
from storage import redemptions as redemption_rows
from storage.checkouts import Checkout
from storage.codes import DiscountCode
from storage.db import Database
from storage.redemptions import Redemption

MONTHLY = Price("monthly", "price_monthly", "usd", 2900)
YEARLY = Price("yearly", "price_yearly", "usd", 29000)
ZOE = Person("zoe@example.net")


async def some_code(db: Database, code: str = "LAUNCH20", **terms: Any) -> DiscountCode:
    """A code of 20 % off the first payment, once a person, which the provider knows."""
    given: dict[str, Any] = {
        "discount_value": 20,
        "first_purchase_only": False,
        "stripe_promotion_code_id": f"promo_{code}",
        "stripe_coupon_id": f"co_{code}",
    }
    made = DiscountCode(code=code, **given | terms)
    async with db.transaction() as session:
        session.add(made)
    return made


async def code_now(db: Database, code: DiscountCode) -> DiscountCode:
    """A code as stored."""
    async with db.read() as session:
        found = await codes.get(session, code.id)
    assert found is not None
    return found


async def begin(
    db: Database, *words: str, person: Person = ZOE, price: Price = MONTHLY, **more: Any
) -> tuple[Checkout, Offer]:
    """Start a checkout."""
    async with db.transaction() as session:
        order = Order(price, person, words, **more)
        return await checkouts.start(session, order, await load(session))


async def checkout_now(db: Database, checkout_id: UUID) -> Checkout:
    """A checkout as stored."""
    async with db.read() as session:
        found = await checkout_rows.get(session, checkout_id)
    assert found is not None
    return found


async def redemptions_of(db: Database, code: DiscountCode) -> list[Redemption]:
    """A code's redemptions, the first paid first."""
    async with db.read() as session:
        return list(reversed(await redemption_rows.of_code(session, code.id)))


def off(amount: int, code: str = "LAUNCH20", **changes: Any) -> DiscountGiven:
    """What a code that was typed took off an invoice."""
    return DiscountGiven(
        amount=amount,
        **{"currency": "usd", "code": code, "promotion_code": f"promo_{code}"} | changes,
    )
