"""Watches over the rules: recent clicks, changed terms; daily, the pages that affiliates named."""

import asyncio
from typing import Final

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import compliance_watch, disclosure, program, terms
from integrations.errors import TransportError
from outbox.services import Services

PAGES_A_DAY: Final = 500
PAUSE_S: Final = 1.0
"""Between two pages: many may stand on one host."""

_log = structlog.get_logger("compliance")


async def watch_clicks(session: AsyncSession) -> None:
    """Look for violations in recent clicks."""
    await compliance_watch.sweep(session)


async def tell_of_terms(session: AsyncSession) -> None:
    """Mail who has not agreed to changed rules, some at a time."""
    settings = await program.load(session)
    await terms.tell_of_change(session, settings.terms_version)


async def check_pages(services: Services) -> None:
    """Look at the pages that affiliates named, one after the other, each once a day at most."""
    if services.public_fetch is None:
        return
    async with services.db.read() as session:
        due = await compliance_watch.pages_due(session, PAGES_A_DAY)
    for number, (affiliate_id, named) in enumerate(due):
        if number:
            await asyncio.sleep(PAUSE_S)
        page, outcome = None, ""
        try:
            page = await services.public_fetch.page(named)
        except TransportError as error:
            outcome = str(error)
        # Beside everything else: a page made for it takes long to read.
        reading = await asyncio.to_thread(disclosure.read, page.html) if page else None
        url = page.url if page else named
        async with services.db.transaction() as session:
            await compliance_watch.judge_page(session, affiliate_id, url, reading, outcome)
    _log.info("pages looked at", pages=len(due))
