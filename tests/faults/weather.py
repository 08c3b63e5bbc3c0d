"""What stands between Affiliate Desk and the outside: it counts calls, and spoils them on order."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

SERVICES: Final = {
    "/sandbox/slack/api/": "slack",
    "/sandbox/stripe/v1/": "stripe",
    "/sandbox/clerk/v1/": "clerk",
    "/sandbox/mail/emails": "mail",
    "/sandbox/networks/": "networks",
    "/sandbox/webhooks/in": "receiver",
}
"""Where a call of Affiliate Desk's begins, and which service it is to."""

SLOW_S: Final = 1.5
_PAGE: Final = (200, "text/html", "<!doctype html><title>Sign in to the network</title>")
_NONSENSE: Final = (
    (200, "application/json", "{}"),
    (200, "application/json", "null"),
    (200, "application/json", "7"),
    (200, "application/json", '{"error": "try again later", "ok": "yes"}'),
    (200, "application/json", '{"id": 7, "data": "none", "messages": 1, "object": []}'),
    (200, "application/json", '{"id": "half'),
    (200, "application/json", ""),
)
LIES: Final = {
    "slack": (_PAGE, *_NONSENSE, (200, "application/json", "[]")),
    "stripe": (_PAGE, (200, "application/json", ""), (200, "application/json", '{"id": "half')),
    "clerk": (_PAGE, *_NONSENSE),
    "mail": (_PAGE, *_NONSENSE[:4], *_NONSENSE[5:], (200, "application/json", "[]")),
    "networks": (_PAGE,),
}
"""Answers of something that is not the service: a proxy, a sign-in page, half a deployment.

Where an answer with 200 means by contract that it is done, whatever it holds, there is no lie.
"""


class Weather:
    """A middleware of the stand-ins. `moods` are ordered by service; none is fair.

    `slow` answers late, `silent` never until the mood changes, `failing` answers 500 or cuts the
    line, `lying` answers nonsense with 200. `at_call` is told of every call as it comes and once
    it is done; both may take their time.
    """

    def __init__(self) -> None:
        self.moods: dict[str, str] = {}
        self.calls = Counter[str]()
        self.spoiled = Counter[str]()
        self.receiver_ids = Counter[str]()
        self.at_call: Callable[[bool], Awaitable[None]] | None = None
        self._changed = asyncio.Event()

    def becomes(self, service: str, mood: str = "") -> None:
        """Order a service's mood."""
        self.moods[service] = mood
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def middleware(self) -> Middleware:
        """To be put around the stand-ins' application."""

        @web.middleware
        async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
            service = next(
                (name for path, name in SERVICES.items() if request.path.startswith(path)), ""
            )
            if not service:
                return await handler(request)
            self.calls[service] += 1
            if self.at_call is not None:
                await self.at_call(False)
            spoiled = await self._spoil(request, service)
            if spoiled is not None:
                self.spoiled[service] += 1
                return spoiled
            if service == "receiver":
                self.receiver_ids[request.headers["webhook-id"]] += 1
            answer = await handler(request)
            if self.at_call is not None:
                await self.at_call(True)
            return answer

        return watched

    async def _spoil(self, request: web.Request, service: str) -> web.Response | None:
        mood = self.moods.get(service, "")
        if mood == "slow":
            await asyncio.sleep(SLOW_S)
        elif mood == "silent":
            while self.moods.get(service) == "silent":
                await self._changed.wait()
            return _cut(request)
        elif mood == "failing":
            if self.calls[service] % 2:
                return _cut(request)
            return web.Response(status=500, text="Internal Server Error")
        elif mood == "lying":
            lies = LIES[service]
            status, kind, text = lies[self.calls[service] % len(lies)]
            return web.Response(status=status, content_type=kind, text=text)
        return None


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is left to read it
