"""Nightly: forget what has had its time, a few thousand rows at a time."""

import asyncio

import structlog

from domain import program, retention
from domain.errors import ConflictError
from outbox.services import Services
from scheduled import archive
from storage import retention as rows

_log = structlog.get_logger("retention")


async def forget(services: Services) -> None:
    """Delete all that is too old; what is broken off is gone on with the next night."""
    async with services.db.transaction() as session:
        settings = await program.load(session)
        await retention.begin(session, settings)
        forms = await retention.forget_tax_forms(session, settings)
    gone = {"tax_forms": forms}
    folder, problem = services.settings.archive_dir, None
    for term in retention.TERMS:
        moment = retention.before(term.days(settings))
        if folder is not None and term.name in archive.WHAT:
            try:
                with archive.alone(folder):
                    gone[term.name] = await archive.put_away(services, folder, term.name, moment)
            except (OSError, ConflictError) as error:
                problem = error
            continue
        gone[term.name] = 0
        while True:
            async with services.db.transaction() as session:
                some = await term.forget(session, moment, archive.AT_ONCE)
            gone[term.name] += some
            if some < archive.AT_ONCE:
                break
            await asyncio.sleep(archive.PAUSE_S)
    gone["visitors"] = await _forget_visitors(services)
    _log.info("forgotten", **gone)
    if problem is not None:
        # All else is done. Nothing is deleted that could not be written: it is tried again.
        raise problem


async def _forget_visitors(services: Services) -> int:
    """By what visitors of erased affiliates were told apart."""
    gone = 0
    while True:
        async with services.db.transaction() as session:
            some = await rows.visitors_of_erased(session, archive.AT_ONCE)
        gone += some
        if some < archive.AT_ONCE:
            return gone
        await asyncio.sleep(archive.PAUSE_S)
