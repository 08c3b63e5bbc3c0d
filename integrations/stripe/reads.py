"""Questions to Stripe that are asked for every invoice, answered as plain JSON.

The library signs, sends, tries again and tells its errors apart; its objects, which take longer to
build than all of that, are left out.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import stripe

from integrations.stripe.pace import Pace

Json = dict[str, Any]


class Reads:
    """Asks in turn with everything else that is read. Every method raises `TransportError`."""

    def __init__(self, client: stripe.StripeClient, pace: Pace) -> None:
        self._client = client
        self._pace = pace

    async def one(self, path: str, **params: Any) -> Json:
        """One object."""
        async with self._pace.read():
            answer = await self._client.raw_request_async("get", path, **params)
            found: Json = answer.data
            return found

    async def every(self, path: str, **params: Any) -> AsyncIterator[Json]:
        """All objects of a list, page by page."""
        after: Mapping[str, str] = {}
        while True:
            page = await self.one(path, **params, **after)
            for found in page["data"]:
                yield found
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}
