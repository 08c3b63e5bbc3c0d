"""All that anybody asks of a program: every page, API read, Slack command and job, by name."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final
from uuid import UUID

import sqlalchemy
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from desk import Desk
from domain import api_keys
from domain.audit import Actor
from outbox.services import Services
from sandbox.slack.people import MARIA
from scheduled.scheduler import ERRANDS, JOBS, WATCHES, Errand, Job, Watch
from storage.affiliates import Affiliate
from storage.db import Database
from storage.tables import METADATA
from tests.bot.conftest import Desk as SlackDesk
from tests.bot.conftest import _desk as slack_desk
from tests.dashboard.desk import make_settings
from tests.whole import ADMIN, Whole, whole_settings

Asking = tuple[str, Callable[[], Awaitable[int]]]
"""What is asked, and how: it answers an HTTP status, which is 200 where something was shown."""

AWAY: Final = frozenset({"/pricing", "/readyz"})
"""Need a payment provider, or the works behind the doors."""

OK: Final = 200

_NOUNS: Final = {
    "/api/admin/applications/": "affiliate_applications",
    "/api/admin/cases/": "affiliate_cases",
    "/api/admin/discount-codes/": "discount_codes",
    "/api/admin/payouts/": "affiliate_payouts",
    "/api/admin/webhook-deliveries/": "webhook_deliveries",
    "/api/admin/webhooks/": "webhook_endpoints",
}

_TYPED: Final = (
    *("find partner7", "find PARTNER7", "find in_1_1", "queue", "health", "payouts"),
    *("stats today", "stats week", "stats month", "stats all", "report", "leaderboard"),
    *("leaderboard month earnings", "contest", "milestones", "tiers", "settings", "code list"),
    *("code", "networks", "tokens", "webhooks", "violations", "tax", "onboarding", "assets"),
    *("privacy", "privacy partner7@example.com", "code help"),
)


@asynccontextmanager
async def pages(db: Database, owner: Affiliate) -> AsyncIterator[list[Asking]]:
    """Every address that only shows something, as it is open to an affiliate and to operators."""
    desk = Desk(whole_settings(db.url.render_as_string(hide_password=False)))
    app = desk.app()
    # Doors only: what works by itself in the background is asked for by its name.
    app.cleanup_ctx.clear()
    async with db.transaction() as session:
        actor = Actor(str(owner.id), owner.display_name, "dashboard")
        _, key = await api_keys.make(session, owner.id, "Test", list(api_keys.Scope), actor)
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        whole = Whole(desk, client)
        desk.clicks.start()
        await whole.sign_in(owner.email)
        reads = [path for method, path in sorted(set(whole.routes())) if method == "GET"]
        yield [(f"GET {path}", await _page(whole, path, owner, key)) for path in reads]
        await desk.clicks.close()
    await desk.close()


async def _page(
    whole: Whole, path: str, owner: Affiliate, key: str
) -> Callable[[], Awaitable[int]]:
    headers = {}
    if path.startswith("/api/"):
        headers["Authorization"] = f"Bearer {key if '/v1/' in path else ADMIN}"
    if path.startswith("/api/affiliate/") and "/v1/" not in path:
        headers.clear()  # Their session is the proof.
    where = await _address(whole.db, path, owner)

    async def ask() -> int:
        answer = await whole.call("GET", where, headers=headers)
        assert answer.status < 500 or path in AWAY, f"{where}: {answer.text}"
        return answer.status

    return ask


async def _address(db: Database, path: str, owner: Affiliate) -> str:
    """An address of something that is there, as far as something can be."""
    given = {
        "ref": owner.promo_code,
        "invoice_id": "in_1_1",
        "year": "2025",
        "kind": "svg",
        "color": "aabbcc",
        "digest": "0123456789abcdef",
        "number": "1",
        "slug": "slug 1",
        "id": "0198c0de-1234-7abc-8def-123456789012",
    }
    for noun, table in _NOUNS.items():
        if path.startswith(noun + "{") and (found := await _one(db, table)):
            given["id"] = str(found)
    if path.startswith("/api/admin/affiliates/"):
        given["id"] = str(owner.id)
    return re.sub(r"\{(\w+)\}", lambda found: given.get(found[1], "x"), path)


async def _one(db: Database, table: str) -> UUID | None:
    """The id of a row of a table, if it has any."""
    async with db.read() as session:
        query = sqlalchemy.select(METADATA.tables[table].c.id).limit(1)
        found: UUID | None = (await (await session.connection()).execute(query)).scalar()
        return found


@asynccontextmanager
async def commands(db: Database) -> AsyncIterator[list[Asking]]:
    """Everything that operators ask in Slack."""
    async for desk in slack_desk(db):
        yield [(f"/affiliate {text}", partial(_type, desk, text)) for text in _TYPED]


async def _type(desk: SlackDesk, text: str) -> int:
    assert (await desk.ws.command(MARIA, "/affiliate", text)).ok
    await desk.bot.drain()
    return OK


def jobs(db: Database) -> list[Asking]:
    """Everything that comes due by itself, one after the other; each does it however often asked.

    Errands come last.
    """
    services = Services(db, make_settings())
    return [
        *(
            (f"{type(one).__name__.lower()} {one.name}", partial(_work, db, one))
            for one in (*JOBS, *WATCHES)
        ),
        *((f"errand {errand.name}", partial(_run, services, errand)) for errand in ERRANDS),
    ]


async def _work(db: Database, one: Job | Watch) -> int:
    async with db.transaction() as session:
        await one.work(session)
    return OK


async def _run(services: Services, errand: Errand) -> int:
    await errand.work(services)
    return OK
