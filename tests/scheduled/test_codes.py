import asyncio
from datetime import timedelta

import clock
from domain import discount_codes, effects
from scheduled.scheduler import WATCHES, look
from storage import audit
from storage.db import Database
from tests.builders import RITA, effects_asked_for
from tests.code_builders import code_now

(EXPIRY,) = (watch for watch in WATCHES if watch.name == "expire-codes")


async def test_a_code_expires_once_however_many_look(db: Database) -> None:
    """At its moment and not before; the provider hears of it, and the log says it once."""
    end = clock.now() + timedelta(days=1)
    async with db.transaction() as session:
        given = {"code": "LAUNCH20", "discount_value": 20, "expires_at": end}
        code = await discount_codes.create(session, given, RITA)
    with clock.travel(end - timedelta(seconds=1)):
        await look(db, EXPIRY)
    assert (await code_now(db, code)).status == "active"
    with clock.travel(end):
        await asyncio.gather(*(look(db, EXPIRY) for _ in range(3)))
    assert (await code_now(db, code)).status == "expired"
    async with db.read() as session:
        lines = await audit.of_subject(session, f"code:{code.id}")
    assert [line.action for line in lines] == ["code.created", "code.expired"]
    asked = [one.kind for one in await effects_asked_for(db)]
    assert asked.count(effects.PROMOTION_CODE) == 2
