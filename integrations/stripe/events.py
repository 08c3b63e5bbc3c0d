"""Events that Stripe made while nobody listened: it keeps them for 30 days."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import stripe

from integrations.stripe.pace import Pace
from integrations.stripe.payments import MOST


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `body` is what a webhook would have brought."""

    id: str
    type: str
    body: bytes


class Events:
    """Asks for events. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace) -> None:
        self._v1 = v1
        self._pace = pace

    async def since(self, moment: datetime) -> AsyncIterator[list[Event]]:
        """The events made since then, newest first, a page at a time."""
        after = ""
        while True:
            async with self._pace.read():
                page = await self._v1.events.list_async(
                    {
                        "limit": MOST,
                        "created": {"gte": int(moment.timestamp())},
                        **({"starting_after": after} if after else {}),
                    }
                )
            found = [one.to_dict() for one in page.data]
            yield [Event(one["id"], one["type"], _body(one)) for one in found]
            if not page.has_more or not found:
                return
            after = found[-1]["id"]


def _body(event: dict[str, object]) -> bytes:
    """The event as JSON; the library turned its decimals from text, so text they are again."""
    return json.dumps(event, default=str).encode()
