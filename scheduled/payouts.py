"""On the first of a month: ask for everybody's payout, where the program does that for them."""

import structlog

import clock
from domain import payouts, program
from domain.audit import SYSTEM
from domain.errors import DomainError
from outbox.services import Services
from storage import ledger

_FIRST = 1
_log = structlog.get_logger("payouts")


async def request_monthly(services: Services) -> None:
    """Request a payout for every affiliate and currency that nothing stands in the way of.

    Each is a transaction of its own, so a run that broke off can be repeated: who was served has
    a payout on its way.
    """
    if clock.now().day != _FIRST:
        return
    async with services.db.read() as session:
        if not (await program.load(session)).auto_payout:
            return
        in_credit = await ledger.in_credit(session, clock.now())
    requested = 0
    for affiliate_id, currency in in_credit:
        try:
            async with services.db.transaction() as session:
                await payouts.request(session, affiliate_id, SYSTEM, currency)
            requested += 1
        except DomainError as barrier:
            _log.info("no payout", affiliate=str(affiliate_id), why=str(barrier))
    _log.info("monthly payouts requested", requested=requested, in_credit=len(in_credit))
