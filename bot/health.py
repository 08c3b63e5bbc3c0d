"""What is stuck and what is not connected, gathered for operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from domain.audit import Actor, record
from domain.errors import ConflictError
from settings import Settings
from storage import alerts, inbox, outbox, work
from storage.alerts import Alert
from storage.db import announce
from storage.inbox import InboxEvent
from storage.outbox import Effect
from storage.work import Work

PARKED_MAX = 100

_TABLES: dict[str, tuple[type[Work], str]] = {
    "effect": (Effect, outbox.TOPIC),
    "event": (InboxEvent, inbox.TOPIC),
}


@dataclass(frozen=True, slots=True)
class Parked:
    """One piece of work that failed for good, until somebody replays it.

    `name` is `effect:` or `event:` and its id; it is the value of its `Replay` button.
    """

    name: str
    what: str
    error: str
    parked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """`waiting` counts what is still being tried; `missing` names what is not connected.

    `alerts` are those that are not over.
    """

    parked: list[Parked]
    waiting: int
    missing: list[str]
    alerts: Sequence[Alert] = ()


async def look(session: AsyncSession, settings: Settings) -> Health:
    """The state of things, now."""
    parked = [
        Parked(f"{name}:{row.id}", _what(row), row.last_error or "", row.parked_at)
        for name, (table, _) in _TABLES.items()
        for row in await work.parked(session, table, PARKED_MAX)
    ]
    waiting = sum([await work.count_open(session, table) for table, _ in _TABLES.values()])
    return Health(parked, waiting, _missing(settings), await alerts.active(session))


def _what(row: Work) -> str:
    return effects.in_words(row.kind, row.payload) if isinstance(row, Effect) else row.kind


def _missing(settings: Settings) -> list[str]:
    connected = {
        "Stripe (STRIPE_API_KEY)": settings.stripe_api_key,
        "Tally (TALLY_SIGNING_SECRET)": settings.tally_signing_secret or settings.tally_url_secret,
        "Clerk (CLERK_SECRET_KEY)": settings.clerk_secret_key,
        "mail (RESEND_API_KEY or SMTP_URL)": settings.mail_on,
        "tax forms (TAX_ENCRYPTION_KEYS)": settings.tax_encryption_keys,
    }
    return [name for name, there in connected.items() if not there]


async def replay(session: AsyncSession, name: str, actor: Actor) -> None:
    """Put one parked piece back to work. Raises `ConflictError` if it is not parked any more."""
    sort, _, row_id = name.partition(":")
    table, topic = _TABLES[sort]
    if not await work.replay(session, table, UUID(row_id)):
        raise ConflictError("That was put back to work already.")
    announce(session, topic)
    await record(session, actor, f"{sort}.replayed", name)
