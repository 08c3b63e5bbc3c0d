from datetime import timedelta

import pytest

import clock
from scheduled.sweep import sweep
from storage.checkouts import LATE
from storage.db import Database
from tests.code_builders import begin, checkout_now, some_code


async def test_checkouts_that_ran_out_are_closed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that can still be paid, or whose payment may be under way, are not."""
    await some_code(db)
    checkout, _ = await begin(db, "LAUNCH20")
    for after, status in ((timedelta(0), "open"), (LATE, "expired")):
        monkeypatch.setattr(clock, "now", lambda after=after: checkout.expires_at + after)
        async with db.transaction() as session:
            await sweep(session)
        assert (await checkout_now(db, checkout.id)).status == status
