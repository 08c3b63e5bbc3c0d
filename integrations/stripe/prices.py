"""Prices: what a plan costs now."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import stripe

from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.pace import Pace
from integrations.stripe.payments import MOST
from integrations.stripe.plans import slug_of
from integrations.stripe.reports import id_of

_FRESH_S: Final = 300.0
"""A price's amount never changes at Stripe, but which prices are on sale does."""


@dataclass(frozen=True, slots=True)
class Price:
    """A recurring price on sale: `unit_amount` minor units of `currency`, lower case.

    It is due every `interval_count` `interval`s (day, week, month or year).
    """

    id: str
    product: str
    currency: str
    unit_amount: int
    interval: str
    interval_count: int


class Prices:
    """Asks for prices, and remembers for a few minutes. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace) -> None:
        self._v1 = v1
        self._pace = pace
        self._on_sale: list[dict[str, Any]] = []
        self._asked_at: float | None = None
        self._turn = asyncio.Lock()

    @understood
    async def of_plan(
        self, slug: str, *, price_id: str = "", products: Collection[str] = ()
    ) -> Price | None:
        """What a plan costs; None where nothing of the kind is on sale.

        `price_id` names the price; without it, it is the one whose lookup key is the slug, else
        the one that recurs so (`monthly`, `3-month`, `yearly`), of these `products` (ids; none
        means all). Several that could be meant are a permanent `TransportError`.
        """
        found = await self._recurring()
        if price_id:
            return next((_price(one) for one in found if one["id"] == price_id), None)
        found = [
            one
            for one in found
            if slug_of(one) == slug and (not products or id_of(one["product"]) in products)
        ]
        if len(found) > 1:
            ids = ", ".join(one["id"] for one in found)
            raise TransportError(
                f"Several prices in Stripe could be the plan {slug}: {ids}. Name one of them for "
                "the plan in the program's settings.",
                permanent=True,
                code="price_ambiguous",
            )
        return _price(found[0]) if found else None

    async def _recurring(self) -> list[dict[str, Any]]:
        """Every recurring price on sale that is a whole amount for each unit."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if self._asked_at is None or now - self._asked_at >= _FRESH_S:
                async with self._pace.read():
                    page = await self._v1.prices.list_async(
                        {"active": True, "type": "recurring", "limit": MOST}
                    )
                    found = [one.to_dict() async for one in page.auto_paging_iter()]
                self._on_sale = [one for one in found if one.get("unit_amount") is not None]
                self._asked_at = now
            return self._on_sale


def _price(found: dict[str, Any]) -> Price:
    recurring = found["recurring"]
    return Price(
        id=found["id"],
        product=id_of(found["product"]),
        currency=found["currency"],
        unit_amount=found["unit_amount"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
    )
