"""The client of Stripe: `StripeGateway`, and the frozen answers that it gives."""

from integrations.stripe.gateway import (
    OWNER,
    Account,
    Coupon,
    Product,
    PromotionCode,
    StripeGateway,
)

__all__ = ["OWNER", "Account", "Coupon", "Product", "PromotionCode", "StripeGateway"]
