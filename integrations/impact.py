"""Impact: conversions, and the actions that they become, which are changed or reversed.

Sources: https://integrations.impact.com/brand-api-reference/reference/conversions/conversions
(`POST /Advertisers/{AccountSID}/Conversions`, basic authentication; CampaignId, EventDate, OrderId,
ActionTrackerId, ClickId, CurrencyCode, `ItemSku1` and its like) and …/reference/actions/actions
(`PUT` with ActionTrackerId, OrderId, Sku, Quantity, Amount and Reason sets the final amount of an
item; `DELETE` reverses the action; both as forms; `GET` lists by ActionDateStart and -End). Each is
answered `{"Status": "QUEUED", "QueuedUri": "/Advertisers/…/APISubmissions/…"}`.

Not verified: the fields of an API submission besides `Status`, and whether a conversion with an
OrderId that was sent before is dropped. So one whose answer was lost is looked for among the
actions of its moment, and only sent again when it had a quarter of an hour to appear there.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import clock
from integrations.errors import TransportError
from integrations.http import JsonApi
from integrations.networks import Order, Taken

API: Final = "https://api.impact.com"
SKU: Final = "SALE"
APPEARS: Final = timedelta(minutes=15)
"""How long a conversion may take to be seen among the actions."""

_FORM: Final = "application/x-www-form-urlencoded"
_DONE: Final = frozenset({"COMPLETED", "SUCCESS", "PROCESSED"})
_FAILED: Final = frozenset({"FAILED", "ERROR", "REJECTED"})
_AROUND: Final = timedelta(seconds=1)
_ANSWER_MAX: Final = 16 * 1024 * 1024


class Impact:
    """The calls that are made. Each raises `TransportError`."""

    def __init__(
        self, settings: dict[str, str], secrets: dict[str, str], api_url: str = API
    ) -> None:
        sid = settings["account_sid"]
        pair = f"{sid}:{secrets['auth_token']}".encode()
        self._basic = {"Authorization": f"Basic {b64encode(pair).decode()}"}
        self._campaign = settings["campaign_id"]
        self._tracker = settings["action_tracker_id"]
        self._account = f"/Advertisers/{quote(sid, safe='')}"
        self._api = JsonApi("Impact", api_url, token="", explain=_explain, largest=_ANSWER_MAX)

    async def tell(self, order: Order) -> Taken:
        """Submit a new order, set what an order is worth, or reverse it."""
        if order.is_new:
            return await self._send("POST", "Conversions", self._conversion(order))
        which = {"ActionTrackerId": self._tracker, "OrderId": order.reference}
        if order.is_reversed:
            return await self._send("DELETE", "Actions", {**which, "DispositionCode": "REJECTED"})
        item = {"Sku": SKU, "Quantity": "1", "Amount": order.amount_text}
        return await self._send("PUT", "Actions", {**which, **item, "Reason": "ORDER_UPDATE"})

    def _conversion(self, order: Order) -> dict[str, str]:
        return {
            "CampaignId": self._campaign,
            "ActionTrackerId": self._tracker,
            "EventDate": _moment(order.paid_at),
            "OrderId": order.reference,
            "ClickId": order.click_id,
            "CustomerId": order.customer_id,
            "CurrencyCode": order.currency.upper(),
            "ItemSku1": SKU,
            "ItemQuantity1": "1",
            "ItemSubTotal1": order.amount_text,
        }

    async def _send(self, method: str, what: str, form: Mapping[str, str]) -> Taken:
        answer = await self._api.call(
            method,
            f"{self._account}/{what}",
            raw=urlencode(form).encode(),
            headers={**self._basic, "Content-Type": _FORM},
        )
        status = str(answer.get("Status", "")) if isinstance(answer, dict) else ""
        ticket = str(answer.get("QueuedUri") or "") if isinstance(answer, dict) else ""
        return Taken(status or "taken", ticket if status == "QUEUED" else "")

    async def find(self, order: Order) -> Taken | None:
        """Look for the action of a new order; changes of one may be sent again as they are."""
        if not order.is_new:
            return None
        around = {
            "CampaignId": self._campaign,
            "ActionDateStart": _moment(order.paid_at - _AROUND),
            "ActionDateEnd": _moment(order.paid_at + _AROUND),
        }
        path = f"{self._account}/Actions"
        answer = await self._api.call("GET", path, params=around, headers=self._basic)
        actions = answer.get("Actions") if isinstance(answer, dict) else None
        for each in actions if isinstance(actions, list) else ():
            if isinstance(each, dict) and each.get("Oid") == order.reference:
                return Taken(f"action {each.get('Id', '')}")
        waited = clock.now() - order.tried_at
        if waited < APPEARS:
            raise TransportError(
                f"Impact may have taken order {order.reference}: it is looked for until it had "
                "time to appear",
                retry_after=(APPEARS - waited).total_seconds(),
            )
        return None

    async def outcome(self, ticket: str) -> Taken:
        """Ask for the submission that something was queued as."""
        if not ticket.startswith(f"{self._account}/"):
            raise TransportError("Impact named a submission of another account", permanent=True)
        answer = await self._api.call("GET", ticket, headers=self._basic)
        status = str(answer.get("Status") or "") if isinstance(answer, dict) else ""
        if status.upper() in _FAILED:
            told = str(answer.get("Message") or answer.get("ResultMessage") or "no reason given")
            raise TransportError(f"Impact refused it: {told[:300]}", permanent=True)
        return Taken(status, "" if status.upper() in _DONE else ticket)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _explain(body: Any) -> tuple[str | None, str]:
    """Read `{"Status": "ERROR", "Message": …}`."""
    message = body.get("Message") if isinstance(body, dict) else None
    return None, str(message or "no reason given")[:300]
