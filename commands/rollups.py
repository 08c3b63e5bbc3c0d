"""`rollups`: are the sums by source what the raw rows come to; build them anew if asked to."""

from domain.audit import Actor, record
from storage import raw_sums
from storage.db import Database


async def rollups(db: Database, actor: Actor, *, rebuild: bool) -> str:
    """Compare, and rebuild if told to; returns what there is to say.

    Clicks and sales wait while the rollups are built.
    """
    async with db.read() as session:
        wrong = await raw_sums.differences(session)
    if not rebuild:
        if not wrong:
            return "Every rollup is what its rows come to."
        return f"{wrong} rollups are not what their rows come to. Run this again with --rebuild."
    async with db.transaction() as session:
        await raw_sums.rebuild(session)
        await record(session, actor, "rollups.rebuilt", "rollups", wrong=wrong)
    return f"The rollups were built anew; {wrong} were wrong."
