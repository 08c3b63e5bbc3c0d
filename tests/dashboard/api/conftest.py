"""The admin API on a real database, and a program that calls it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Self

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from dashboard.api.app import add_routes
from dashboard.context import DashboardContext
from storage.db import Database
from tests.dashboard.desk import make_settings

TOKEN = "token-of-the-admin"


@dataclass
class Api:
    """A caller; every call but `bare` carries the token. Answers are `(status, JSON)`.

    `key` is the Idempotency-Key of its calls, empty for none.
    """

    db: Database
    bare: TestClient[web.Request, web.Application]
    token: str = TOKEN
    key: str = ""

    def by(self, token: str) -> Self:
        """The same with another token."""
        return replace(self, token=token)

    def once(self, key: str) -> Self:
        """The same with an Idempotency-Key."""
        return replace(self, key=key)

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        """Read."""
        return await self._call("GET", path, params=query)

    async def post(self, path: str, given: Any = None) -> tuple[int, Any]:
        """Make."""
        body = {} if given is None else {"json": given}
        return await self._call("POST", path, **body)

    async def delete(self, path: str) -> tuple[int, Any]:
        """Put away."""
        return await self._call("DELETE", path)

    async def patch(self, path: str, changes: Any) -> tuple[int, Any]:
        """Change."""
        return await self._call("PATCH", path, json=changes)

    async def _call(self, method: str, path: str, **given: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.key:
            headers["Idempotency-Key"] = self.key
        answer = await self.bare.request(method, f"/api/admin{path}", headers=headers, **given)
        kind = "application/json" if answer.ok else "application/problem+json"
        assert answer.content_type == kind
        return answer.status, await answer.json(content_type=kind)


async def calling(db: Database, token: str, **changed: Any) -> AsyncIterator[Api]:
    """A running API with this token."""
    app = web.Application()
    settings = make_settings(admin_api_token=SecretStr(token) if token else None, **changed)
    add_routes(app, DashboardContext(db, settings, None))
    async with TestClient(TestServer(app)) as client:
        yield Api(db, client)


@pytest.fixture
async def api(db: Database) -> AsyncIterator[Api]:
    """The API, on SQLite and PostgreSQL in turn."""
    async for made in calling(db, TOKEN):
        yield made


@pytest.fixture
async def closed_api(sqlite: Database) -> AsyncIterator[Api]:
    """The API of a desk without an admin token."""
    async for made in calling(sqlite, ""):
        yield made
