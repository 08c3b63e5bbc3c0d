"""A Stripe account without Stripe: it keeps state, refuses what Stripe refuses, sends events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import clock
from sandbox.store import Store
from sandbox.stripe import catalogue
from sandbox.stripe.answers import Answers
from sandbox.stripe.courier import Courier
from sandbox.stripe.faults import Fault
from sandbox.stripe.money import checkout, invoices, reversals, subscriptions
from sandbox.stripe.money.discounts import typed
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import missing
from sandbox.stripe.registry import RESOURCES
from sandbox.stripe.resources.customers import find_or_create
from sandbox.stripe.resources.promotion_codes import PromotionCodes
from sandbox.stripe.state import State

_ENDPOINT = "we_sandbox"


class StripeAccount(State):
    """One account in test mode, stocked with a product and its plans.

    `webhook_url` is told of every event, signed with `webhook_secret`; None tells nobody until an
    endpoint is created over the API. `url` is where the stand-in is served, for the links that it
    gives out. Everything is kept in `store`.
    """

    def __init__(
        self,
        *,
        store: Store | None = None,
        api_key: str = "sk_test_sandbox",
        webhook_url: str | None = None,
        url: str = "http://127.0.0.1:8080/sandbox/stripe",
        webhook_secret: str = "whsec_sandbox",  # noqa: S107 - public by design
    ) -> None:
        super().__init__(store=store or Store(), api_key=api_key, url=url)
        self.resources = {resource.kind: resource(self) for resource in RESOURCES}
        self.shown = Answers(self.objects, self.resources)
        self.courier = Courier(self)
        if not self.objects.has("account", self.id):
            catalogue.stock(self)
        if webhook_url is not None:
            self._listen(webhook_url, webhook_secret)
        self.store.save()

    def snapshot(self, thing: Json) -> Json:
        """Return a copy of an object as an answer without any expansion shows it."""
        return self.shown.render(thing)

    def fail_next(
        self,
        path_prefix: str = "/v1/",
        *,
        status: int = 503,
        times: int = 1,
        error: dict[str, Any] | None = None,
        retry_after: float | None = None,
        after_work: bool = False,
        delay: float = 0.0,
        method: str | None = None,
    ) -> None:
        """Let the next `times` requests under `path_prefix` fail; see `faults.Fault`."""
        self.faults.waiting.append(
            Fault(
                path_prefix=path_prefix,
                status=status,
                times=times,
                error=error,
                retry_after=retry_after,
                after_work=after_work,
                delay=delay,
                method=method,
            )
        )

    async def buy(
        self,
        *,
        email: str,
        plan: str = "monthly",
        promotion_code: str | None = None,
        name: str | None = None,
        metadata: dict[str, str] | None = None,
        customer_metadata: dict[str, str] | None = None,
        trial_days: int = 0,
        tax_bp: int = 0,
        card: str | None = None,
        payments: int = 1,
    ) -> Json:
        """Let somebody subscribe to a plan, and return the first invoice.

        `plan` is a price's lookup key, `promotion_code` what the customer types, `metadata` the
        subscription's, `card` the fingerprint of their card, `payments` in how many they pay.
        A customer with the same e-mail address is taken to be the same one.
        Raises `RefusalError` where Stripe would not sell.
        """
        price = self._price(plan)
        async with self._news():
            deal = typed(self, promotion_code) if promotion_code else None
            customer = find_or_create(self, email, name, customer_metadata or {})
            if card is not None:
                self.cards[customer["id"]] = card
            bought = subscriptions.start(
                self,
                customer,
                price,
                deal=deal,
                metadata=metadata or {},
                trial_days=trial_days,
                tax_bp=tax_bp,
                parts=payments,
            )
        return self.objects.get("invoice", bought["latest_invoice"])

    async def pay(
        self,
        session: str,
        *,
        email: str,
        name: str | None = None,
        promotion_code: str | None = None,
    ) -> Json:
        """Pay on the hosted page of a checkout session, and return the session, complete."""
        async with self._news():
            return checkout.complete(
                self,
                self.objects.get("checkout.session", session),
                email=email,
                name=name,
                promotion_code=promotion_code,
            )

    async def renew(self, subscription: str, *, declined: bool = False, tax_bp: int = 0) -> Json:
        """Let the next period of a subscription begin, and return its invoice."""
        async with self._news():
            return subscriptions.renew(
                self,
                self.objects.get("subscription", subscription),
                declined=declined,
                tax_bp=tax_bp,
            )

    async def change_plan(self, subscription: str, plan: str, *, unused: int = 0) -> Json:
        """Move a subscription to another plan now, and return the invoice with its proration."""
        async with self._news():
            return subscriptions.change_plan(
                self,
                self.objects.get("subscription", subscription),
                self._price(plan),
                unused=unused,
            )

    async def void(self, invoice: str) -> Json:
        """Declare an unpaid invoice a mistake."""
        async with self._news():
            return invoices.void(self, self.objects.get("invoice", invoice))

    async def pay_outside(self, invoice: str) -> Json:
        """Note that an unpaid invoice was paid by bank transfer or in cash."""
        async with self._news():
            return invoices.pay_outside(self, self.objects.get("invoice", invoice))

    async def fail_refund(self, refund: str) -> Json:
        """Let a refund bounce."""
        async with self._news():
            return reversals.fail_refund(self, self.objects.get("refund", refund))

    async def credit(self, invoice: str, amount: int) -> Json:
        """Give back a part of a paid invoice by a credit note."""
        async with self._news():
            return reversals.credit(self, self.objects.get("invoice", invoice), amount)

    def settle_in(self, currency: str, into: str, rate: Fraction) -> None:
        """Change what comes in from now on, minor units for minor units at this rate."""
        self.settles[currency] = {"currency": into, "rate": str(rate)}

    async def cancel(self, subscription: str) -> Json:
        """End a subscription now."""
        async with self._news():
            return subscriptions.cancel(self, self.objects.get("subscription", subscription))

    async def switch(self, promotion_code: str, *, active: bool) -> Json:
        """Switch a promotion code on or off, as somebody does by hand."""
        async with self._news():
            return PromotionCodes(self).switch(promotion_code, active=active)

    async def refund(self, invoice: str, amount: int | None = None) -> Json:
        """Give back `amount` cents of what was paid on an invoice, by default all that is left."""
        async with self._news():
            charge = reversals.charge_of(self, self.objects.get("invoice", invoice))
            return reversals.refund(self, charge, amount=amount)

    async def reverse_transfer(self, transfer: str, amount: int) -> Json:
        """Take a part of a transfer back."""
        async with self._news():
            made = self.objects.get("transfer", transfer)
            return reversals.reverse_transfer(self, made, amount)

    async def dispute(self, invoice: str, amount: int | None = None) -> Json:
        """Let the customer's bank take back what was paid on an invoice, until it is decided."""
        async with self._news():
            charge = reversals.charge_of(self, self.objects.get("invoice", invoice))
            return reversals.dispute(self, charge, amount=amount)

    async def decide(self, dispute: str, *, won: bool) -> Json:
        """Close a dispute for us (`won`) or for the customer."""
        async with self._news():
            return reversals.decide(self, self.objects.get("dispute", dispute), won=won)

    @asynccontextmanager
    async def _news(self) -> AsyncIterator[None]:
        """Keep what is done inside, and try to deliver its events before going on."""
        yield
        self.store.save()
        await self.courier.deliver()

    def _price(self, plan: str) -> Json:
        for price in self.objects.newest_first("price"):
            if price["lookup_key"] == plan and price["active"]:
                return price
        raise missing("price", plan, "plan")

    def _listen(self, url: str, secret: str) -> None:
        self.secrets[_ENDPOINT] = secret
        self.objects.add(
            {
                "id": _ENDPOINT,
                "object": "webhook_endpoint",
                "api_version": None,
                "application": None,
                "created": int(clock.timestamp()),
                "description": "The application under trial",
                "enabled_events": ["*"],
                "livemode": False,
                "metadata": {},
                "status": "enabled",
                "url": url,
            }
        )
