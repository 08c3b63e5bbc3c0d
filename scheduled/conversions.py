"""Nightly: count the converted referrals anew that are not what their sales say.

They are kept with the sales, so there are none, save after an update whose older half still worked.
"""

import structlog

from domain import conversions
from outbox.services import Services
from storage import referrals

_log = structlog.get_logger("conversions")


async def count_anew(services: Services) -> None:
    """Put right what is kept wrong, a customer at a time."""
    async with services.db.read() as session:
        wrong = await referrals.miscounted(session)
    for customer in wrong:
        async with services.db.transaction() as session:
            await conversions.count_anew(session, customer)
    if wrong:
        _log.warning("referrals counted anew", customers=len(wrong))
