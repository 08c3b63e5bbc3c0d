"""Nightly: forget what has had its time, a few thousand rows at a time."""

import asyncio
from typing import Final

import structlog

from domain import program, retention
from outbox.services import Services
from storage import retention as rows

AT_ONCE: Final = 2000
"""Rows of a transaction: less than a tenth of a second, for which nobody else can write."""
PAUSE_S: Final = 0.05
"""Between two of them, in which everybody else gets in."""

_log = structlog.get_logger("retention")


async def forget(services: Services) -> None:
    """Delete all that is too old; what is broken off is gone on with the next night."""
    async with services.db.transaction() as session:
        settings = await program.load(session)
        await retention.begin(session, settings)
        forms = await retention.forget_tax_forms(session, settings)
    gone = {"tax_forms": forms}
    for term in retention.TERMS:
        moment = retention.before(term.days(settings))
        gone[term.name] = 0
        while True:
            async with services.db.transaction() as session:
                some = await term.forget(session, moment, AT_ONCE)
            gone[term.name] += some
            if some < AT_ONCE:
                break
            await asyncio.sleep(PAUSE_S)
    gone["visitors"] = await _forget_visitors(services)
    _log.info("forgotten", **gone)


async def _forget_visitors(services: Services) -> int:
    """By what visitors of erased affiliates were told apart."""
    gone = 0
    while True:
        async with services.db.transaction() as session:
            some = await rows.visitors_of_erased(session, AT_ONCE)
        gone += some
        if some < AT_ONCE:
            return gone
        await asyncio.sleep(PAUSE_S)
