"""Any network that takes a call of an address: a template, its words filled in and encoded.

Nothing can be looked for there, so a call whose answer was lost is made again, with the same
`{event_id}` and `{transaction_id}`: receivers tell repeats by these, as most do.
"""

import re
from typing import Final
from urllib.parse import quote

from integrations.errors import TransportError
from integrations.http import is_worth_a_retry
from integrations.networks import Order, Taken, by_hand
from integrations.public_post import PublicPost

_BRACED: Final = re.compile(r"\{(\w+)\}")


class Postback:
    """An address to call for a conversion, and one for a correction. Each raises."""

    def __init__(
        self, settings: dict[str, str], secrets: dict[str, str], outside: PublicPost
    ) -> None:
        self._new = settings["template"]
        self._correction = settings.get("correction_template", "")
        self._token = secrets.get("token", "")
        self._outside = outside

    async def tell(self, order: Order) -> Taken:
        """Call the address with what is known of the order."""
        template = self._new if order.is_new else self._correction
        if not template:
            raise by_hand("The network", order)
        url = fill(template, order, self._token)
        answer = await self._outside.send(url, method="GET", own=True)
        if not answer.succeeded:
            raise TransportError(
                f"The network answered {answer.status} to the postback.",
                permanent=not is_worth_a_retry(answer.status),
                retry_after=answer.retry_after,
            )
        return Taken(f"answered {answer.status}")

    async def find(self, order: Order) -> Taken | None:
        """There is nowhere to look."""
        _ = order
        return None

    async def outcome(self, ticket: str) -> Taken:
        """An answer is the end of it."""
        return Taken(ticket)

    async def close(self) -> None:
        """No connection is kept."""


def fill(template: str, order: Order, token: str = "") -> str:
    """The address to call. What is filled in is encoded, and not looked at again."""
    words = {
        "click_id": order.click_id,
        "transaction_id": order.reference,
        "event_id": order.id,
        "amount": order.amount_text,
        "amount_minor": str(order.amount),
        "change": order.change_text,
        "change_minor": str(order.change),
        "currency": order.currency.upper(),
        "status": order.status,
        "version": str(order.version),
        "customer_id": order.customer_id,
        "time": str(int(order.paid_at.timestamp())),
        "network_id": order.network,
        "token": token,
    }
    return _BRACED.sub(lambda found: quote(words.get(found[1], ""), safe=""), template)
