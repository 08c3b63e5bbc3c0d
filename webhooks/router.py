"""Which function handles which event. A new event is one function and one test."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from integrations.stripe import StripeGateway
from settings import Settings
from storage.inbox import InboxEvent
from storage.worker import Job


@dataclass(frozen=True)
class HandlerContext:
    """What handlers may use besides the event. A service that is not connected is None."""

    settings: Settings
    stripe: StripeGateway | None = None


Handler = Callable[[Job[InboxEvent], HandlerContext], Awaitable[None]]


class Router:
    """Handlers by event kind, for one source. Routers of the same source can be merged."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.handlers: dict[str, Handler] = {}

    def on(self, *kinds: str) -> Callable[[Handler], Handler]:
        """Have the function below handle these kinds of event."""

        def register(handler: Handler) -> Handler:
            for kind in kinds:
                if kind in self.handlers:
                    raise ValueError(f"{self.source} {kind} has a handler already")
                self.handlers[kind] = handler
            return handler

        return register


async def ignore(job: Job[InboxEvent], reason: str | None = None) -> None:
    """Mark an event as one that nobody acts on, and why where that is not plain from its kind."""
    async with job.transaction() as session:
        event = await session.get_one(InboxEvent, job.row.id)
        event.ignored = True
        event.last_error = reason
        session.add(event)
