"""What the made-up company sells: one product, four plans, so that there is something to buy."""

from typing import Final

import clock
from sandbox.stripe.resources.accounts import own_account
from sandbox.stripe.resources.prices import Prices
from sandbox.stripe.resources.products import Products
from sandbox.stripe.state import State

PRODUCT: Final = "prod_sandbox"
COMPANY: Final = "Northlight"

PLANS: Final = (  # lookup key, name, months, cents
    ("monthly", "Monthly", 1, 2900),
    ("3-month", "3 months", 3, 7900),
    ("6-month", "6 months", 6, 14900),
    ("yearly", "Yearly", 12, 27900),
)


def stock(account: State) -> None:
    """Open an empty account: who it is, and what it sells."""
    account.objects.add(own_account(account.id, COMPANY, int(clock.timestamp())))
    products, prices = Products(account), Prices(account)
    product = {"id": PRODUCT, "name": f"{COMPANY} Pro", "description": "All forecasts, all day."}
    products.new(product, **products.build(product))
    for slug, name, months, cents in PLANS:
        recurring = (
            {"interval": "year", "interval_count": 1}
            if months == 12  # noqa: PLR2004 - months of a year
            else {"interval": "month", "interval_count": months}
        )
        price = {
            "id": f"price_sandbox_{slug.replace('-', '_')}",
            "product": PRODUCT,
            "currency": "usd",
            "unit_amount": cents,
            "recurring": recurring,
            "lookup_key": slug,
            "nickname": name,
        }
        prices.new(price, **prices.build(price))
