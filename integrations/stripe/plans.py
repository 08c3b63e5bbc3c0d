"""Plans: the short names that prices have, as the product and the program call them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import stripe

from integrations.stripe.pace import Pace

_BY_INTERVAL: Final[Mapping[tuple[int, str], str]] = MappingProxyType(
    {
        (1, "day"): "daily",
        (1, "week"): "weekly",
        (1, "month"): "monthly",
        (12, "month"): "yearly",
        (1, "year"): "yearly",
    }
)


class Plans:
    """Names prices, and remembers the names: what a price means never changes at Stripe."""

    def __init__(self, v1: stripe.V1Services, pace: Pace) -> None:
        self._v1 = v1
        self._pace = pace
        self._known: dict[str, str] = {}

    async def slug(self, price_id: str, at_hand: Iterable[Mapping[str, Any]] = ()) -> str:
        """The plan of a price; `at_hand` are prices that came with something else."""
        for price in at_hand:
            self._known[price["id"]] = slug_of(price)
        if price_id not in self._known:
            async with self._pace.read():
                found = await self._v1.prices.retrieve_async(price_id)
            self._known[price_id] = slug_of(found.to_dict())
        return self._known[price_id]


def slug_of(price: Mapping[str, Any]) -> str:
    """The price's lookup key, or how often it recurs: `monthly`, `3-month`, `yearly`."""
    if price.get("lookup_key"):
        return str(price["lookup_key"])
    recurring = price.get("recurring")
    if not recurring:
        return "one-time"
    count, interval = recurring["interval_count"], recurring["interval"]
    return _BY_INTERVAL.get((count, interval), f"{count}-{interval}")
