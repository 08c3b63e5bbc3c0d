"""The client of Stripe: `StripeGateway`, and the frozen answers that it gives."""

from integrations.stripe.checkout_sessions import CheckoutSession
from integrations.stripe.coupons import Coupon, CouponTerms
from integrations.stripe.gateway import Account, Product, StripeGateway
from integrations.stripe.prices import Price
from integrations.stripe.promotion_codes import IN_USE, OWNER, Limits, PromotionCode, Snapshot

__all__ = [
    "IN_USE",
    "OWNER",
    "Account",
    "CheckoutSession",
    "Coupon",
    "CouponTerms",
    "Limits",
    "Price",
    "Product",
    "PromotionCode",
    "Snapshot",
    "StripeGateway",
]
