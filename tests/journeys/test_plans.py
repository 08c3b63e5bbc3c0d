"""A large program: nothing that anybody asks for reads a table that grows from end to end."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
import sqlalchemy
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

import clock
from desk import Desk
from domain import api_keys
from domain.attribution import Customer
from domain.audit import Actor
from outbox.services import Services
from sandbox.slack.people import MARIA
from scheduled.scheduler import ERRANDS, JOBS, WATCHES, look, run_errand, run_once
from storage.affiliates import Affiliate
from storage.db import Database
from storage.tables import METADATA
from tests.bot.conftest import _desk as slack_desk
from tests.builders import facts, later, settle
from tests.dashboard.desk import make_settings
from tests.large import END, SIZE, grow, growing
from tests.plans import Listener, listening, scanned
from tests.whole import ADMIN, Whole, whole_settings

NOW: Final = END + timedelta(hours=1)

AS_MANY_AS_AFFILIATES: Final = frozenset(
    {
        *("affiliates", "affiliate_applications", "affiliate_erasures", "affiliate_violations"),
        *("affiliate_unsubscriptions", "discount_codes", "referral_links", "email_drip_log"),
    }
)
"""Ten thousand rows, not millions: to look for a word in them, or to count them, takes no time."""

COMPARE_ALL: Final = frozenset({"errand conversions", "errand reconcile", "errand rollups"})
"""What proves the books at night reads them; it holds nobody up."""

KNOWN: Final = {
    ("GET /api/admin/discount-codes", "discount_code_redemptions"): "what was ever given away",
    ("/affiliate report", "affiliate_ledger"): "what each is owed is a sum of their entries",
    ("/affiliate stats all", "sales"): "what came in since the beginning",
    ("watch leaks", "checkouts"): "a week's uses of codes are a good part of so few",
    ("watch milestones", "affiliate_referrals"): "the index of those who are converted, counted",
    ("watch statements", "affiliate_ledger"): "hundreds of affiliates at a time",
    ("watch statements", "affiliate_statement_mails"): "hundreds of affiliates at a time",
}
"""Sums over everything that somebody asks for seldom, or that an index holds in whole."""

AWAY: Final = frozenset({"/pricing", "/readyz"})
"""Need a payment provider, or the works behind the doors."""


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """A database that has grown for a year."""
    database = Database(migrated_url)
    await grow(database)
    with clock.travel(NOW):
        yield database
    await database.close()


async def _somebody(db: Database) -> Affiliate:
    """An affiliate of the middle, as most are."""
    async with db.read() as session:
        query = select(Affiliate).where(Affiliate.promo_code == f"PARTNER{SIZE.affiliates // 2}")
        return (await session.exec(query)).one()


async def _one(db: Database, table: str) -> UUID:
    """The id of a row of a table."""
    async with db.read() as session:
        query = sqlalchemy.select(METADATA.tables[table].c.id).limit(1)
        found: UUID = (await (await session.connection()).execute(query)).scalar_one()
        return found


_NOUNS: Final = {
    "/api/admin/applications/": "affiliate_applications",
    "/api/admin/cases/": "affiliate_cases",
    "/api/admin/discount-codes/": "discount_codes",
    "/api/admin/payouts/": "affiliate_payouts",
    "/api/admin/webhook-deliveries/": "webhook_deliveries",
    "/api/admin/webhooks/": "webhook_endpoints",
}


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
        if path.startswith(noun + "{"):
            given["id"] = str(await _one(db, table))
    if path.startswith("/api/admin/affiliates/"):
        given["id"] = str(owner.id)
    return re.sub(r"\{(\w+)\}", lambda found: given.get(found[1], "x"), path)


async def _ask_for_pages(db: Database, listener: Listener) -> int:
    """Open every address that only shows something; how many did."""
    owner, shown = await _somebody(db), 0
    url = db.url.render_as_string(hide_password=False)
    desk = Desk(whole_settings(url))
    app = desk.app()
    # Doors only: what works by itself in the background is asked for by its name, below.
    app.cleanup_ctx.clear()
    async with db.transaction() as session:
        actor = Actor(str(owner.id), owner.display_name, "dashboard")
        scopes = list(api_keys.Scope)
        _, key = await api_keys.make(session, owner.id, "Test", scopes, actor)
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        whole = Whole(desk, client)
        desk.clicks.start()
        await whole.sign_in(owner.email)
        for method, path in sorted(set(whole.routes())):
            if method != "GET":
                continue
            headers = {}
            if path.startswith("/api/"):
                headers["Authorization"] = f"Bearer {key if '/v1/' in path else ADMIN}"
            if path.startswith("/api/affiliate/") and "/v1/" not in path:
                headers.clear()  # Their session is the proof.
            where = await _address(db, path, owner)
            with listener.asking(f"GET {path}"):
                answer = await whole.call("GET", where, headers=headers)
            assert answer.status < 500 or path in AWAY, f"{where}: {answer.text}"
            shown += answer.status == 200
        await desk.clicks.close()
    await desk.close()
    return shown


_TYPED: Final = (
    *("find partner7", "find PARTNER7", "find in_1_1", "queue", "health", "payouts"),
    *("stats today", "stats week", "stats month", "stats all", "report", "leaderboard"),
    *("leaderboard month earnings", "contest", "milestones", "tiers", "settings", "code list"),
    *("code", "networks", "tokens", "webhooks", "violations", "tax", "onboarding", "assets"),
    *("privacy", "privacy partner7@example.com", "code help"),
)


async def _type_commands(db: Database, listener: Listener) -> None:
    """Ask everything that operators ask in Slack."""
    async for desk in slack_desk(db):
        for text in _TYPED:
            with listener.asking(f"/affiliate {text}"):
                assert (await desk.ws.command(MARIA, "/affiliate", text)).ok
                await desk.bot.drain()


async def _run_jobs(db: Database, listener: Listener) -> None:
    """Let everything come due that does by itself."""
    services = Services(db, make_settings())
    for job in JOBS:
        with listener.asking(f"job {job.name}"):
            await run_once(db, job)
    for watch in WATCHES:
        with listener.asking(f"watch {watch.name}"):
            await look(db, watch)
    for errand in ERRANDS:
        with listener.asking(f"errand {errand.name}"):
            await run_errand(services, errand)


async def _earn(db: Database, listener: Listener) -> None:
    """A sale and its refund."""
    owner = await _somebody(db)
    buyer = Customer("cus_new", "new@example.net", {})
    sold = facts(
        invoice_id="in_new",
        customer=buyer,
        codes=(owner.promo_code,),
        paid_at=clock.now(),
        fetched_at=clock.now(),
    )
    with listener.asking("a sale"):
        await settle(db, sold)
    with listener.asking("a refund"):
        await settle(db, later(sold, refunded=900))


async def test_no_table_that_grows_is_read_from_end_to_end(db: Database) -> None:
    """Every page, operation, command and job, and what a sale does."""
    with listening() as listener:
        assert await _ask_for_pages(db, listener) > 50
        await _type_commands(db, listener)
        await _earn(db, listener)
        await _run_jobs(db, listener)
    large = await growing(db) - AS_MANY_AS_AFFILIATES
    assert {"referral_clicks", "sales", "affiliate_ledger", "inbox", "outbox"} <= large
    assert len(large) > 40
    found, looked_at = [], 0
    async with db.read() as session:
        for asked in listener.said.values():
            if asked.by in COMPARE_ALL:
                continue
            tables = await scanned(session, asked, large)
            looked_at += 1
            found += [
                f"{asked.by} reads all of {table}:\n{asked.statement}"
                for table in sorted(tables)
                if (asked.by, table) not in KNOWN
            ]
    assert looked_at > 200
    assert not found, "\n\n".join(found)
