"""Transfers to connected accounts: the one thing here that gives money away."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final

import stripe
from stripe.params import TransferCreateParams

from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.pace import Pace
from integrations.stripe.payments import MOST
from integrations.stripe.transport import transport

# https://docs.stripe.com/error-codes#balance-insufficient: it passes when money comes in.
_PASSING: Final = frozenset({"balance_insufficient"})


class TransferRefusedError(TransportError):
    """Stripe will never make this transfer as it was asked for; nothing was paid."""


class Transfers:
    """Makes transfers, each group's once. `v1` is the library's client of that API version."""

    def __init__(self, v1: stripe.V1Services, pace: Pace) -> None:
        self._v1 = v1
        self._pace = pace

    @understood
    async def make_once(
        self,
        *,
        amount: int,
        currency: str,
        destination: str,
        group: str,
        metadata: Mapping[str, str],
        idempotency_key: str,
    ) -> str:
        """Transfer `amount` minor units, unless this group has its transfer; returns its id.

        Stripe forgets an idempotency key after a day (and repeats a refusal for it until then), so
        the group is looked for first, and a repeated refusal is asked again under a next key.
        Raises `TransferRefusedError` where the transfer itself cannot be, and `TransportError`,
        for want of money too, where a later attempt may succeed.
        """
        wish: TransferCreateParams = {
            "amount": amount,
            "currency": currency,
            "destination": destination,
            "transfer_group": group,
            "metadata": dict(metadata),
        }
        with transport():
            found = await self._v1.transfers.list_async({"transfer_group": group, "limit": 1})
            if found.data:
                return found.data[0].id
            key, again = idempotency_key, 0
            while True:
                try:
                    return (
                        await self._v1.transfers.create_async(wish, {"idempotency_key": key})
                    ).id
                except stripe.InvalidRequestError as error:
                    if (error.headers or {}).get("Idempotent-Replayed") != "true":
                        raise _refusal(error) from error
                again += 1
                key = f"{idempotency_key}:{again}"

    @understood
    async def reversed(self, transfer_id: str) -> int:
        """How much of a transfer came back so far, in minor units of its currency."""
        with transport():
            found = await self._v1.transfers.retrieve_async(transfer_id)
        return found.amount_reversed

    async def reversed_since(self, since: datetime) -> AsyncIterator[tuple[str, int]]:
        """Each transfer made since then of which anything came back, newest first: id and how much.

        Amounts are minor units of the transfer's currency.
        """
        after = ""
        while True:
            async with self._pace.read():
                page = await self._v1.transfers.list_async(
                    {
                        "limit": MOST,
                        "created": {"gte": int(since.timestamp())},
                        **({"starting_after": after} if after else {}),
                    }
                )
            for made in page.data:
                if made.amount_reversed:
                    yield made.id, made.amount_reversed
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id


def _refusal(error: stripe.InvalidRequestError) -> Exception:
    """The library's error where a later attempt may succeed, ours where none will."""
    if error.code in _PASSING:
        return error
    reason = error.user_message or "no reason given"
    return TransferRefusedError(
        f"Stripe refused the transfer: {reason}", permanent=True, code=error.code
    )
