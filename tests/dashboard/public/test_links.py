from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

from dashboard.context import DashboardContext
from dashboard.public.links import add_routes
from settings import Settings
from storage import migrate
from storage.db import Database
from storage.links import ReferralLink
from tests.builders import join


@pytest.fixture
def db(tmp_path: Path) -> Database:
    """SQLite is enough here."""
    return Database(f"sqlite+aiosqlite:///{tmp_path}/desk.db")


async def follow(
    db: Database, *refs: str, product_url: str = "https://product.example.com"
) -> list[str]:
    """Where each link leads; "404" where nowhere."""
    settings = Settings(_env_file=None, product_url=product_url, secret_key="s" * 32)
    app = web.Application()
    add_routes(app, DashboardContext(db, settings, None))
    async with TestClient(TestServer(app)) as client:
        answers = [await client.get(f"/r/{ref}", allow_redirects=False) for ref in refs]
        return [answer.headers.get("Location", str(answer.status)) for answer in answers]


async def test_a_link_leads_to_the_product_and_says_who_sent_the_visitor(db: Database) -> None:
    """In any letter case; a ref that nobody has, and a suspended one, lead there without it."""
    await migrate.upgrade(db)
    await join(db)
    home = "https://product.example.com/"
    assert await follow(db, "JARED30", "jared30", "NOBODY", "%22%3E") == [
        f"{home}?ref=JARED30",
        f"{home}?ref=JARED30",
        home,
        home,
    ]
    async with db.transaction() as session:
        link = (await session.exec(select(ReferralLink))).one()
        link.suspended = True
        session.add(link)
    assert await follow(db, "JARED30") == [home]
    assert await follow(db, "JARED30", product_url="") == ["404"]
    await db.close()


async def test_a_ref_that_is_no_text_leads_to_the_product_too(postgresql_url: str) -> None:
    """What no database takes as text, PostgreSQL the least, is a ref that nobody has."""
    database = Database(postgresql_url)
    await migrate.upgrade(database)
    home = "https://product.example.com/"
    assert await follow(database, "%00", "%FF", "%ED%A0%80") == [home] * 3
    await database.close()
