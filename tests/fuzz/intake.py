"""An inbox that handles what it is given at once, and what must have become of it."""

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

from pydantic import SecretStr
from sqlmodel import delete, select

from settings import Settings
from storage import inbox as rows
from storage.db import Database
from storage.inbox import Arrival, InboxEvent
from tests.fuzz.worlds import require
from webhooks import app as doors
from webhooks.errors import BadSignature, MalformedBody
from webhooks.inbox import Inbox
from webhooks.router import HandlerContext
from webhooks.routers import ROUTERS

_NO_WORDS: Final = re.compile(r"[A-Za-z]+(Error|Exception): ")
"""How the worker writes down a failure that nobody foresaw."""

SECRET: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
"""Of every vendor."""
_SETTINGS: Final = Settings(
    _env_file=None,
    stripe_api_key=SecretStr("sk_test_1"),
    stripe_webhook_secret=SecretStr(SECRET),
    clerk_secret_key=SecretStr("sk_test_2"),
    clerk_webhook_secret=SecretStr(f"whsec_{SECRET}"),
    tally_url_secret=SecretStr(SECRET),
)


def at_door(vendor: str, headers: Mapping[str, str], body: bytes) -> Arrival:
    """What the door of a vendor makes of a request. Raises `BadSignature` and `MalformedBody`."""
    request: Any = SimpleNamespace(headers=headers, query={"secret": SECRET})
    prove = {
        "stripe": doors._from_stripe,  # noqa: SLF001 - the doors, without a connection for each
        "clerk": doors._from_clerk,  # noqa: SLF001
        "tally": doors._from_tally_by_url,  # noqa: SLF001
    }[vendor]
    return doors.named(prove(_SETTINGS, request, body))


class Intake:
    """Events in hand, one at a time."""

    def __init__(self, db: Database, context: HandlerContext) -> None:
        self._db = db
        self._inbox = Inbox(db, context, ROUTERS)

    async def take(self, prove: Callable[[], Arrival]) -> InboxEvent | None:
        """Let an event in and handle it; None where the door refuses it in words.

        It is done then, or it waits for a later attempt or for a person, and says why.
        """
        try:
            arrival = prove()
        except (BadSignature, MalformedBody) as error:
            require(str(error), "refused without a word")
            return None
        async with self._db.transaction() as session:
            await rows.add(session, [arrival])
        worker = self._inbox._worker  # noqa: SLF001 - its loop would wait for a second in between
        async with self._db.transaction() as session:
            (event,) = (await session.exec(select(InboxEvent))).all()
        await worker._attempt(event)  # noqa: SLF001
        async with self._db.transaction() as session:
            (event,) = (await session.exec(select(InboxEvent))).all()
            await session.exec(delete(InboxEvent))
        told = event.last_error or ""
        require(event.handled_at or told, f"{event.kind} is not done, and does not say why")
        require(not _NO_WORDS.match(told), f"{event.kind} has no reason in words: {told}")
        return event
