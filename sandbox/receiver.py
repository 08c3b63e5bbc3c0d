"""A system that takes webhooks: it checks each message as Standard Webhooks has it, and keeps it.

How it answers is chosen on its page: as it should, or as receivers do that are broken, slow, moved
or gone.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

import clock
from sandbox.pages import own_pages_only, render
from sandbox.store import Store

Json = dict[str, Any]
MOODS: Final = {
    "well": "Takes each message",
    "fails": "Answers 500",
    "busy": "Answers 429: come back in a minute",
    "moved": "Redirects to another address",
    "gone": "Answers 410: wants no more",
    "silent": "Answers after a minute",
}
_STATUS: Final = {
    "well": HTTPStatus.NO_CONTENT,
    "fails": HTTPStatus.INTERNAL_SERVER_ERROR,
    "busy": HTTPStatus.TOO_MANY_REQUESTS,
    "moved": HTTPStatus.FOUND,
    "gone": HTTPStatus.GONE,
    "silent": HTTPStatus.NO_CONTENT,
}
_SILENCE_S: Final = 60.0
_KEPT: Final = 200
_TOLERANCE_S: Final = 300
_DIGITS: Final = 12


class Receiver:
    """Everything that arrived at `/sandbox/webhooks/in`; `mood` is one of `MOODS`."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.mood = "well"
        self.store.data.setdefault("secrets", [])
        self.store.data.setdefault("messages", [])

    @property
    def messages(self) -> list[Json]:
        """What arrived, the oldest first, whatever was answered."""
        messages: list[Json] = self.store.data["messages"]
        return messages

    def app(self) -> web.Application:
        """The stand-in, to be mounted at `/sandbox/webhooks/`."""
        app = web.Application(middlewares=[own_pages_only])
        app.router.add_post("/in", self._take)
        app.router.add_get("/", self._page)
        app.router.add_post("/mood", self._choose)
        app.router.add_post("/secret", self._keep)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body, mood = await request.read(), self.mood
        message = {
            "id": request.headers.get("webhook-id", ""),
            "timestamp": request.headers.get("webhook-timestamp", ""),
            "signature": request.headers.get("webhook-signature", ""),
            "body": body.decode(errors="replace"),
            "fresh": _is_fresh(request.headers.get("webhook-timestamp", "")),
            "answer": int(_STATUS[mood]),
        }
        self.messages.append(message)
        del self.messages[:-_KEPT]
        self.store.save()
        if mood == "silent":
            await asyncio.sleep(_SILENCE_S)
        headers = {"moved": {"Location": "/sandbox/webhooks/"}, "busy": {"Retry-After": "60"}}
        return web.Response(status=_STATUS[mood], headers=headers.get(mood))

    async def _page(self, request: web.Request) -> web.Response:
        secrets: list[str] = self.store.data["secrets"]
        seen: dict[str, int] = {}
        shown = []
        for message in self.messages:
            seen[message["id"]] = seen.get(message["id"], 0) + 1
            event = _read(message["body"])
            shown.append(
                {
                    **message,
                    "type": str(event.get("type", "no event")),
                    "data": json.dumps(event.get("data"), indent=2, ensure_ascii=False),
                    "time": seen[message["id"]],
                    "verdict": verdict(message, secrets),
                }
            )
        view = {
            "moods": MOODS,
            "mood": self.mood,
            "address": str(request.url.origin()) + "/sandbox/webhooks/in",
            "secrets": len(secrets),
            "messages": shown[::-1],
        }
        return render(request, "receiver.html", view)

    async def _choose(self, request: web.Request) -> web.Response:
        mood = str((await request.post()).get("mood", ""))
        if mood in MOODS:
            self.mood = mood
        raise web.HTTPSeeOther("./")

    async def _keep(self, request: web.Request) -> web.Response:
        secret = str((await request.post()).get("secret", "")).strip()
        if _key(secret) and secret not in self.store.data["secrets"]:
            self.store.data["secrets"].append(secret)
            self.store.save()
        raise web.HTTPSeeOther("./")


def verdict(message: Json, secrets: list[str]) -> str:
    """What is to be thought of a message: `good`, `old`, or `unknown` if no secret signed it."""
    signed = f"{message['id']}.{message['timestamp']}.{message['body']}".encode()
    for secret in secrets:
        made = base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()
        for one in message["signature"].split(" "):
            if hmac.compare_digest(one.encode(), f"v1,{made}".encode()):
                return "good" if message["fresh"] else "old"
    return "unknown"


def _is_fresh(timestamp: str) -> bool:
    known = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _DIGITS
    return known and abs(clock.timestamp() - int(timestamp)) <= _TOLERANCE_S


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _read(body: str) -> Json:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
