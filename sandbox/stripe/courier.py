"""Brings events to their endpoints: signed, in order, and again until they are taken."""

import asyncio
import contextlib
import json
from typing import Final

import aiohttp
from stripe import WebhookSignature

import clock
from sandbox.stripe.money.checkout import close_late, next_to_close
from sandbox.stripe.objects import Json
from sandbox.stripe.state import State

RETRIES: Final = (2, 10, 60, 300, 1800, 3600, 10800, 21600, 43200, 86400)
"""Seconds to wait after each failed attempt; then the event is given up."""

_TIMEOUT = aiohttp.ClientTimeout(total=20)


class Courier:
    """Delivers what waits in the account's queue."""

    def __init__(self, account: State) -> None:
        self._account = account
        self._turn = asyncio.Lock()

    async def deliver(self) -> list[tuple[str, int]]:
        """Try everything that is due, oldest first; return the event types and their answers.

        An endpoint that did not answer at all counts as 0.
        """
        async with self._turn:
            close_late(self._account)
            self._drop_orphans()
            now = clock.timestamp()
            due = [parcel for parcel in self._account.queue if parcel["due"] <= now]
            if not due:
                return []
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
                results = [await self._attempt(session, parcel) for parcel in due]
            self._account.store.save()
            return results

    async def run(self) -> None:
        """Deliver for as long as the server runs."""
        while True:
            self._account.news.clear()
            await self.deliver()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._account.news.wait(), self._pause())

    def _drop_orphans(self) -> None:
        """Forget what was meant for an endpoint that has been deleted."""
        account = self._account
        account.queue[:] = [
            parcel
            for parcel in account.queue
            if account.objects.has("webhook_endpoint", parcel["endpoint"])
        ]

    def _pause(self) -> float | None:
        """Seconds until an attempt is due or a page closes, None when nothing waits."""
        waiting = [parcel["due"] for parcel in self._account.queue]
        closing = next_to_close(self._account)
        waiting += [closing] if closing is not None else []
        return max(min(waiting) - clock.timestamp(), 0.05) if waiting else None

    async def _attempt(self, session: aiohttp.ClientSession, parcel: Json) -> tuple[str, int]:
        account = self._account
        event = account.objects.get("event", parcel["event"])
        endpoint = account.objects.get("webhook_endpoint", parcel["endpoint"])
        payload = json.dumps(event, ensure_ascii=False)
        signature = WebhookSignature.generate_signature_header(
            payload, account.secrets[endpoint["id"]], int(clock.timestamp())
        )
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        try:
            async with session.post(
                endpoint["url"], data=payload.encode(), headers=headers, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self._book(parcel, event, status)
        return event["type"], status

    def _book(self, parcel: Json, event: Json, status: int) -> None:
        account = self._account
        attempt = {"at": clock.timestamp(), "endpoint": parcel["endpoint"], "status": status}
        account.history.setdefault(event["id"], []).append(attempt)
        parcel["attempts"] += 1
        if 200 <= status < 300:  # noqa: PLR2004 - the range that means taken
            event["pending_webhooks"] -= 1
            account.queue.remove(parcel)
        elif parcel["attempts"] > len(RETRIES):
            account.queue.remove(parcel)
        else:
            parcel["due"] = clock.timestamp() + RETRIES[parcel["attempts"] - 1]
