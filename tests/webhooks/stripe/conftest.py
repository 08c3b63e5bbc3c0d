from collections.abc import AsyncIterator

import pytest

from storage.db import Database
from tests.builders import join
from tests.shop import Shop, open_shop


@pytest.fixture
async def shop(db: Database) -> AsyncIterator[Shop]:
    """A shop that tells the desk of everything, with the affiliate JARED30."""
    await join(db)
    async with open_shop(db) as opened:
        await opened.carry_out()
        yield opened
