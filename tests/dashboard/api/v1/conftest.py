"""The affiliates' API on a real database, and a program of Jared's that calls it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from dashboard.api.app import add_routes
from dashboard.context import DashboardContext
from domain import api_keys
from domain.api_keys import Scope
from domain.audit import Actor
from storage.affiliates import Affiliate
from storage.db import Database
from tests.builders import join
from tests.dashboard.desk import make_settings

PUBLIC = "https://desk.example"


@dataclass
class Reader:
    """A program with a key of `affiliate`."""

    db: Database
    client: TestClient[web.Request, web.Application]
    affiliate: Affiliate
    key: str

    async def ask(self, path: str, **query: str) -> ClientResponse:
        """Read, whatever the answer is; `since` and `until` are sent as `from` and `to`."""
        query = {{"since": "from", "until": "to"}.get(name, name): v for name, v in query.items()}
        return await self.send(path, query)

    async def send(
        self, path: str, query: dict[str, str] | None = None, **headers: str
    ) -> ClientResponse:
        """Read with these parameters and headers."""
        own = {"Authorization": f"Bearer {self.key}"} | headers
        where = path if path.startswith("/") else f"/api/affiliate/v1/{path}"
        return await self.client.get(where, params=query, headers=own)

    async def get(self, path: str, **query: str) -> Any:
        """Read what is there."""
        answer = await self.ask(path, **query)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def refused(self, path: str, **query: str) -> dict[str, str]:
        """What is wrong with a request, by field."""
        answer = await self.ask(path, **query)
        assert answer.status == 422, await answer.text()
        found: dict[str, str] = (await answer.json(content_type="application/problem+json"))[
            "fields"
        ]
        return found


async def key_of(db: Database, affiliate: Affiliate, *scopes: Scope) -> str:
    """A new key of theirs with these scopes; with none named, with all."""
    actor = Actor(str(affiliate.id), affiliate.display_name, "dashboard")
    async with db.transaction() as session:
        _, text = await api_keys.make(session, affiliate.id, "Test", scopes or list(Scope), actor)
    return text


@pytest.fixture
async def reader(db: Database) -> AsyncIterator[Reader]:
    """Jared's program, with all scopes, on SQLite and PostgreSQL in turn."""
    app = web.Application()
    add_routes(app, DashboardContext(db, make_settings(public_url=PUBLIC), None))
    jared = await join(db)
    async with TestClient(TestServer(app)) as client:
        yield Reader(db, client, jared, await key_of(db, jared))
