"""What an account of the stand-in knows: its objects, what happened, and who is to be told."""

import asyncio
from abc import ABC, abstractmethod
from copy import deepcopy
from typing import Final

from stripe import api_version

import clock
from sandbox.store import Store
from sandbox.stripe.faults import Faults, Seen
from sandbox.stripe.objects import Json, Objects, new_id

NOBODY: Final[Json] = {"id": None, "idempotency_key": None}
"""The `request` of an event that no API call caused."""


class State(ABC):
    """An account's memory, all of it in the store. The resources work on this.

    `cards` holds the fingerprint of the card that a customer pays with, `settles` what the account
    changes a currency into and at which rate (a fraction as text, minor units for minor units).
    `secrets` holds the signing secret of each webhook endpoint, `busy` the idempotency
    keys in use right now, `cause` the API request that is being carried out; `news` is set when
    there is something to deliver.
    """

    def __init__(self, *, store: Store, api_key: str, url: str) -> None:
        self.store = store
        self.api_key = api_key
        self.url = url.rstrip("/")
        self.objects = Objects(store)
        self.secrets: dict[str, str] = store.data.setdefault("secrets", {})
        self.queue: list[Json] = store.data.setdefault("queue", [])
        self.history: dict[str, list[Json]] = store.data.setdefault("history", {})
        self.cards: dict[str, str] = store.data.setdefault("cards", {})
        self.settles: dict[str, Json] = store.data.setdefault("settles", {})
        self.answers: dict[str, Json] = store.data.setdefault("answers", {})
        self.id: str = store.data.setdefault("account", new_id("acct", 16))
        self.busy: set[str] = set()
        self.cause: Json = NOBODY
        self.news = asyncio.Event()
        self.faults = Faults()
        self.requests: list[Seen] = []

    @abstractmethod
    def snapshot(self, thing: Json) -> Json:
        """Return a copy of an object as an answer without any expansion shows it."""

    def emit(self, kind: str, thing: Json, previous: Json | None = None) -> Json:
        """Note that something happened, and queue it for each endpoint that listens.

        `previous` holds the former values of what an update changed.
        """
        data: Json = {"object": self.snapshot(thing)}
        if previous is not None:
            data["previous_attributes"] = deepcopy(previous)
        listeners = [
            endpoint["id"]
            for endpoint in reversed(list(self.objects.newest_first("webhook_endpoint")))
            if endpoint["status"] == "enabled" and subscribed(endpoint["enabled_events"], kind)
        ]
        now = int(clock.timestamp())
        event = self.objects.add(
            {
                "id": new_id("evt"),
                "object": "event",
                "api_version": api_version,
                "created": now,
                "data": data,
                "livemode": False,
                "pending_webhooks": len(listeners),
                "request": dict(self.cause),
                "type": kind,
            }
        )
        self.queue.extend(
            {"event": event["id"], "endpoint": endpoint, "attempts": 0, "due": now}
            for endpoint in listeners
        )
        self.news.set()
        return event


def subscribed(enabled: list[str], kind: str) -> bool:
    """Whether a list of event types (`*`, `invoice.*`, `invoice.paid`) covers one type."""
    return any(
        word in {"*", kind} or (word.endswith(".*") and kind.startswith(word[:-1]))
        for word in enabled
    )
