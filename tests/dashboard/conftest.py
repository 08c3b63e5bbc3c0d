"""A dashboard for tests that do not ask for anything special."""

from collections.abc import AsyncIterator

import pytest

from storage.db import Database
from tests.dashboard.desk import Browser, Desk, make_settings


@pytest.fixture
async def desk(sqlite: Database) -> AsyncIterator[Desk]:
    """The dashboard, without Clerk."""
    async with Desk(sqlite, make_settings()).running() as desk:
        yield desk


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[Browser]:
    """A browser that was never there before."""
    async with desk.browser() as browser:
        yield browser
