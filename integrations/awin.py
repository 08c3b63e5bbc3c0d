"""Awin (and ShareASale, which moved there): orders, amended or declined while they are pending.

Sources: https://help.awin.com/apidocs/conversion-api for `POST /s2s/advertiser/{id}/orders`
(x-api-key; orderReference, 50 characters; amount; channel `aw`; awc; currency; commissionGroups;
transactionTime), https://help.awin.com/apidocs/approve-decline-amend-batch-transactions-for-a-given-advertiser
for `POST /advertisers/{id}/transactions/batch` (bearer token; decline, or amend with a final
saleAmount; by orderRef, transactionDate and timezone), and …/transactions/jobs/{jobId} for what
became of it. Only pending transactions can be changed, and a decline is for good.

Not verified: the body of the answer to an order, and that `UTC` is taken as a timezone. That an
order of a reference that is known already is dropped follows from how the tag on the page and the
server report the same order; so one whose answer was lost is sent again.
"""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

import msgspec

from integrations.errors import TransportError
from integrations.http import JsonApi
from integrations.networks import Order, Taken

API: Final = "https://api.awin.com"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_ANSWER_MAX: Final = 1024 * 1024
_JOB: Final = "job:"


class Awin:
    """The calls that are made. Each raises `TransportError`."""

    def __init__(
        self, settings: dict[str, str], secrets: dict[str, str], api_url: str = API
    ) -> None:
        self._advertiser = settings["advertiser_id"]
        self._group = settings.get("commission_group") or "DEFAULT"
        self._key = {"x-api-key": secrets["api_key"], "Content-Type": "application/json"}
        self._api = JsonApi(
            "Awin", api_url, token=secrets["access_token"], explain=_explain, largest=_ANSWER_MAX
        )

    async def tell(self, order: Order) -> Taken:
        """Create an order, amend what it is worth, or decline it."""
        amount = Decimal(order.amount_text)
        if order.is_new:
            made = {
                "orderReference": order.reference,
                "amount": amount,
                "channel": "aw",
                "awc": order.click_id,
                "currency": order.currency.upper(),
                "transactionTime": int(order.paid_at.timestamp()),
                "commissionGroups": [{"code": self._group, "amount": amount}],
                "isTest": False,
            }
            path = f"/s2s/advertiser/{self._advertiser}/orders"
            await self._api.call(
                "POST",
                path,
                raw=_ENCODER.encode({"orders": [made]}),
                headers=self._key,
                needs_json=False,
            )
            return Taken(f"order {order.reference}")
        which: dict[str, Any] = {
            "orderRef": order.reference,
            "transactionDate": order.paid_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "timezone": "UTC",
        }
        if order.is_reversed:
            action: dict[str, Any] = {
                "action": "decline",
                "transaction": {**which, "declineReason": "order returned"},
            }
        else:
            which |= {
                "amendReason": "partial return",
                "currency": order.currency.upper(),
                "saleAmount": amount,
                "transactionParts": [{"amount": amount, "commissionGroupCode": self._group}],
            }
            action = {"action": "amend", "approve": False, "transaction": which}
        return await self._validate(action)

    async def _validate(self, action: Mapping[str, Any]) -> Taken:
        answer = await self._api.call(
            "POST",
            f"/advertisers/{self._advertiser}/transactions/batch",
            raw=_ENCODER.encode([action]),
            headers={"Content-Type": "application/json"},
        )
        job = str(answer.get("jobId") or "") if isinstance(answer, dict) else ""
        if not job.isalnum():
            # Changes are final values: this one may be sent again.
            raise TransportError("Awin took a change without naming its job")
        return Taken(f"job {job}", f"{_JOB}{job}")

    async def find(self, order: Order) -> Taken | None:
        """Each of these may be sent again: orders by their reference, changes as final values."""
        _ = order
        return None

    async def outcome(self, ticket: str) -> Taken:
        """Ask what became of a change."""
        job = ticket.removeprefix(_JOB)
        answer = await self._api.call(
            "GET",
            f"/advertisers/{self._advertiser}/transactions/jobs/{job}",
            params={"output": "errors"},
        )
        if not isinstance(answer, dict):
            raise TransportError("Awin answered with something that is no job")
        if answer.get("status") != "DONE":
            return Taken(f"job {job}", ticket)
        if answer.get("errors"):
            raise TransportError(f"Awin refused it: {_first_error(answer)}", permanent=True)
        return Taken(f"job {job} done")

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()


def _first_error(answer: Mapping[str, Any]) -> str:
    failed = answer.get("failedTransactions")
    first = failed[0] if isinstance(failed, list) and failed else {}
    told = [str(first.get(name) or "") for name in ("code", "message")] if first else []
    return " ".join(filter(None, told))[:300] or "no reason given"


def _explain(body: Any) -> tuple[str | None, str]:
    """Read `{"error", "description"}`, or `{"message"}`."""
    if not isinstance(body, dict):
        return None, "no reason given"
    told = body.get("description") or body.get("message") or body.get("error")
    return None, str(told or "no reason given")[:300]
