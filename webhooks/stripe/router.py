"""Where the handlers of Stripe's events register; what nobody handles is kept and marked so.

Events are hints: a handler takes from them only what to ask Stripe for.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from integrations.stripe import StripeGateway
from storage.inbox import InboxEvent
from storage.worker import GiveUpError, Job
from webhooks.router import Handler, HandlerContext, Router, ignore

router = Router("stripe")

_log = structlog.get_logger("webhooks.stripe")


@dataclass(frozen=True, slots=True)
class Hint:
    """What an event is about: the object as it was when the event was made, and who may be asked.

    `before` holds the former values of what changed. `id_of` reads a field that names another
    object.
    """

    object: dict[str, Any]
    stripe: StripeGateway
    before: dict[str, Any]

    def id_of(self, field: str) -> str:
        """The id in a field that may be missing, empty or expanded."""
        value = self.object.get(field)
        return str(value.get("id", "") if isinstance(value, dict) else value or "")


class _Data(msgspec.Struct):
    object: dict[str, Any]
    previous_attributes: dict[str, Any] = {}


class _Event(msgspec.Struct):
    data: _Data
    livemode: bool = False
    account: str | None = None


_decoder = msgspec.json.Decoder(_Event)

Listener = Callable[[Job[InboxEvent], Hint], Awaitable[None]]


def on(*kinds: str, connected: bool = False) -> Callable[[Listener], Listener]:
    """Have the function below handle these kinds of event of our own account.

    `connected` lets in those of accounts connected to ours, too. What comes from the wrong
    account or the wrong mode is ignored, and the reason kept with it.
    """

    def register(listener: Listener) -> Listener:
        router.on(*kinds)(_guarded(listener, connected=connected))
        return listener

    return register


def _guarded(listener: Listener, *, connected: bool) -> Handler:
    async def handle(job: Job[InboxEvent], context: HandlerContext) -> None:
        if context.stripe is None:
            raise GiveUpError("Stripe can not be asked: STRIPE_API_KEY is not set.")
        try:
            event = _decoder.decode(job.row.payload)
        except (msgspec.DecodeError, RecursionError) as error:
            raise GiveUpError(f"The event holds no object: {error}") from error
        reason = _foreign(event, livemode=context.stripe.livemode, connected=connected)
        if reason is not None:
            _log.warning("event ignored", event_id=job.row.external_id, reason=reason)
            await ignore(job, reason)
            return
        await listener(job, Hint(event.data.object, context.stripe, event.data.previous_attributes))

    return handle


def _foreign(event: _Event, *, livemode: bool, connected: bool) -> str | None:
    """Why an event is none of ours, as a sentence; None where it is."""
    if event.livemode != livemode:
        modes = {True: "live", False: "test"}
        return f"The event is of {modes[event.livemode]} mode, our key of {modes[livemode]} mode."
    if event.account is not None and not connected:
        return f"The event is of the connected account {event.account}, not of ours."
    return None
