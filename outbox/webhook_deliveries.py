"""Outgoing webhooks, sent: signed by the Standard Webhooks specification, each by itself.

They have a worker of their own, so that a receiver that is slow holds up no card and no payout,
and each endpoint has few lanes in it, so that it holds up no other receiver either.
"""

from time import perf_counter
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import webhook_deliveries, webhook_endpoints
from domain.texts import keepable
from integrations.errors import TransportError
from integrations.public_post import Answer
from outbox.services import Services
from settings import Settings
from storage import webhook_deliveries as rows
from storage import webhook_endpoints as endpoint_rows
from storage import work
from storage.webhook_deliveries import WebhookAttempt, WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint
from storage.worker import GiveUpError, Job, Worker

CONCURRENCY: Final = 20
"""Deliveries of one process that are under way at the same time."""
GONE: Final = 410
SHOWN: Final = 500
"""Characters of an answer that are kept."""


class WebhookPump:
    """A worker on the deliveries. Several processes may each run one."""

    def __init__(self, services: Services) -> None:
        self._settings = services.settings
        self._post = services.public_post
        self._worker = Worker(
            services.db,
            WebhookDelivery,
            self._run,
            _stay_parked,
            rows.heads_its_lane(),
            topic=rows.TOPIC,
            born="happened_at",
            longest=2 * webhook_deliveries.WAITS[-1].total_seconds(),
            concurrency=CONCURRENCY,
        )

    async def start(self) -> None:
        """Begin to send."""
        await self._worker.start()

    async def stop(self) -> None:
        """Finish what was begun, and take nothing new."""
        await self._worker.stop()

    async def _run(self, job: Job[WebhookDelivery]) -> None:
        delivery = job.row
        async with job.db.read() as session:
            endpoint = await endpoint_rows.get(session, delivery.endpoint_id)
            barred = endpoint and await webhook_deliveries.barred(session, endpoint, delivery.kind)
        if endpoint is None or barred:
            raise GiveUpError(barred or "The endpoint is gone.")
        begun = perf_counter()
        answer, problem = await self._send(delivery, endpoint)
        attempt = WebhookAttempt(
            delivery_id=delivery.id,
            status=answer.status if answer else None,
            milliseconds=round((perf_counter() - begun) * 1000),
            problem=problem,
            answer=keepable(answer.text[:SHOWN]) if answer else "",
        )
        if not problem:
            async with job.transaction() as session:
                await webhook_deliveries.arrived(session, delivery, attempt)
            return
        wish = answer.retry_after if answer else None
        until = webhook_deliveries.next_attempt(delivery.attempts, clock.now(), not_before=wish)
        gone = answer is not None and answer.status == GONE
        async with job.failure() as session:
            again = await webhook_deliveries.failed(session, delivery, attempt, gone=gone)
            if again and until is not None:
                await work.postpone(session, delivery, until=until, error=problem)
            else:
                await work.park(session, delivery, error=problem)

    async def _send(
        self, delivery: WebhookDelivery, endpoint: WebhookEndpoint
    ) -> tuple[Answer | None, str]:
        """What was answered, if anything, and what is wrong with it as a sentence."""
        if self._post is None:
            raise GiveUpError("This server sends no webhooks.")
        own = own_networks(self._settings, endpoint.affiliate_user_id)
        try:
            answer = await self._post.send(
                endpoint.url, delivery.body.encode(), self._headers(delivery, endpoint), own=own
            )
        except TransportError as error:
            text = str(error)
            return None, text[:1].upper() + text[1:].rstrip(".") + "."
        if answer.succeeded:
            return answer, ""
        return answer, _problem(answer.status)

    def _headers(self, delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> dict[str, str]:
        key = self._settings.secret_key.get_secret_value()
        now = clock.now()
        message, timestamp = delivery.webhook_id, int(now.timestamp())
        signatures = (
            webhook_endpoints.signature(secret, message, timestamp, delivery.body)
            for secret in webhook_endpoints.signing_secrets(key, endpoint, now)
        )
        return {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }


def own_networks(settings: Settings, owner: UUID | None) -> bool:
    """Whether an endpoint may lie in the networks that the settings name.

    The operators' may; an affiliate's only where this server is none that the public uses.
    """
    return owner is None or not settings.public_url.startswith("https://")


def _problem(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004 - redirects, as HTTP numbers them
        return f"It answered {status}. Redirects are not followed: give the address it leads to."
    return f"It answered {status}."


async def _stay_parked(_session: AsyncSession, _delivery: WebhookDelivery, _error: str) -> None:
    """The log shows it. Whoever owns the endpoint hears when it is switched off."""
