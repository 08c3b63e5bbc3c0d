"""Every resource of the stand-in. A new one is a file in `resources/` and a line here."""

from typing import Final

from sandbox.stripe.resources.accounts import Accounts
from sandbox.stripe.resources.balance_transactions import BalanceTransactions
from sandbox.stripe.resources.base import Resource
from sandbox.stripe.resources.charges import Charges
from sandbox.stripe.resources.checkout_sessions import CheckoutSessions
from sandbox.stripe.resources.coupons import Coupons
from sandbox.stripe.resources.credit_notes import CreditNotes
from sandbox.stripe.resources.customers import Customers
from sandbox.stripe.resources.disputes import Disputes
from sandbox.stripe.resources.events import Events
from sandbox.stripe.resources.invoice_payments import InvoicePayments
from sandbox.stripe.resources.invoices import Invoices
from sandbox.stripe.resources.payment_intents import PaymentIntents
from sandbox.stripe.resources.prices import Prices
from sandbox.stripe.resources.products import Products
from sandbox.stripe.resources.promotion_codes import PromotionCodes
from sandbox.stripe.resources.refunds import Refunds
from sandbox.stripe.resources.subscriptions import Subscriptions
from sandbox.stripe.resources.transfers import Transfers
from sandbox.stripe.resources.webhook_endpoints import WebhookEndpoints

RESOURCES: Final[tuple[type[Resource], ...]] = (
    Accounts,
    BalanceTransactions,
    Charges,
    CheckoutSessions,
    Coupons,
    CreditNotes,
    Customers,
    Disputes,
    Events,
    InvoicePayments,
    Invoices,
    PaymentIntents,
    Prices,
    Products,
    PromotionCodes,
    Refunds,
    Subscriptions,
    Transfers,
    WebhookEndpoints,
)
