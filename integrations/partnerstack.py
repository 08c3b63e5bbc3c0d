"""PartnerStack: a click becomes a customer, and each change of what they pay a transaction.

Sources: https://docs.partnerstack.com/reference/conversion-api for
`POST https://partnerlinks.io/conversion/xid` (bearer token; a click may be converted again);
https://docs.partnerstack.com/reference/post_v2-transactions for `POST /api/v2/transactions` (basic
authentication; `amount` in cents from -50000000000 to 50000000000, `key` of 4 to 255 characters,
`customer_external_key`), and the list of transactions by `min_created`, 250 a page at most.

Not verified: what a second transaction of the same key is answered with (so it is looked for before
it is repeated), and that a negative amount makes a negative reward in every program.
"""

from base64 import b64encode
from datetime import timedelta
from typing import Any, Final

from integrations.errors import TransportError
from integrations.http import JsonApi
from integrations.networks import Order, Taken

API: Final = "https://api.partnerstack.com/api/v2"
LINKS: Final = "https://partnerlinks.io"
_PAGE: Final = 250
_PAGES: Final = 20
_BEFORE: Final = timedelta(minutes=5)
_ANSWER_MAX: Final = 4 * 1024 * 1024


class PartnerStack:
    """The calls that are made. Each raises `TransportError`."""

    def __init__(
        self,
        settings: dict[str, str],
        secrets: dict[str, str],
        api_url: str = API,
        links_url: str = LINKS,
    ) -> None:
        pair = f"{settings['public_key']}:{secrets['secret_key']}".encode()
        self._basic = {"Authorization": f"Basic {b64encode(pair).decode()}"}
        self._sorts = {
            name: settings[name] for name in ("product_key", "category_key") if settings.get(name)
        }
        self._api = JsonApi(
            "PartnerStack", api_url, token="", explain=_explain, largest=_ANSWER_MAX
        )
        self._links = JsonApi(
            "PartnerStack",
            links_url,
            token=secrets["tracking_token"],
            explain=_explain,
            largest=_ANSWER_MAX,
        )

    async def tell(self, order: Order) -> Taken:
        """Make the customer of the click, once, and a transaction of the change."""
        if order.version == 1:
            who = {"xid": order.click_id, "customer_key": order.customer_id}
            await self._links.call("POST", "/conversion/xid", body=who, needs_json=False)
        body: dict[str, Any] = {
            "customer_external_key": order.customer_id,
            "key": _key(order),
            "amount": order.change,
            "currency": order.currency.upper(),
            "metadata": {"order": order.reference},
            **self._sorts,
        }
        await self._api.call("POST", "/transactions", body=body, headers=self._basic)
        return Taken(f"transaction {_key(order)}")

    async def find(self, order: Order) -> Taken | None:
        """Look for the transaction among those made since it was told first."""
        since = int((order.begun_at - _BEFORE).timestamp() * 1000)
        params = {"min_created": str(since), "order_by": "created_at", "limit": str(_PAGE)}
        for _ in range(_PAGES):
            answer = await self._api.call(
                "GET", "/transactions", params=params, headers=self._basic
            )
            items, more = _listed(answer)
            if any(each.get("key") == _key(order) for each in items):
                return Taken(f"transaction {_key(order)}")
            if not more or not items:
                return None
            params["starting_after"] = str(items[-1].get("key"))
        raise TransportError("PartnerStack has too much to look through", permanent=True)

    async def outcome(self, ticket: str) -> Taken:
        """Nothing takes PartnerStack longer."""
        return Taken(ticket)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()
        await self._links.close()


def _key(order: Order) -> str:
    return f"{order.reference}.v{order.version}"


def _listed(answer: Any) -> tuple[list[dict[str, Any]], bool]:
    data = answer.get("data") if isinstance(answer, dict) else None
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(items, list):
        raise TransportError("PartnerStack answered with something that is no list")
    return [each for each in items if isinstance(each, dict)], bool(data.get("has_more"))


def _explain(body: Any) -> tuple[str | None, str]:
    """Read `{"message", "status"}`."""
    message = body.get("message") if isinstance(body, dict) else None
    return None, str(message or "no reason given")[:300]
