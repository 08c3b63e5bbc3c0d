"""Every resource of the stand-in. A new one is a file in `resources/` and a line here."""

from typing import Final

from sandbox.stripe.resources.accounts import Accounts
from sandbox.stripe.resources.base import Resource
from sandbox.stripe.resources.coupons import Coupons
from sandbox.stripe.resources.customers import Customers
from sandbox.stripe.resources.events import Events
from sandbox.stripe.resources.prices import Prices
from sandbox.stripe.resources.products import Products
from sandbox.stripe.resources.promotion_codes import PromotionCodes
from sandbox.stripe.resources.webhook_endpoints import WebhookEndpoints

RESOURCES: Final[tuple[type[Resource], ...]] = (
    Accounts,
    Coupons,
    Customers,
    Events,
    Prices,
    Products,
    PromotionCodes,
    WebhookEndpoints,
)
