"""Daily: see whether the rollups are what the raw rows come to, and mend them if they are not."""

from domain import effects
from outbox.services import Services
from storage import raw_sums


async def check(services: Services) -> None:
    """Build the rollups anew, and tell operators, if any differs.

    Looking holds nobody up; whoever writes clicks or sales waits while they are built.
    """
    async with services.db.read() as session:
        wrong = await raw_sums.differences(session)
    if wrong:
        async with services.db.transaction() as session:
            await raw_sums.rebuild(session)
            await effects.tell_operators(
                session,
                f"{wrong} sums of clicks, referrals and earnings were not what their rows come to. "
                "They were built anew. That is so after an update, or if somebody changed the "
                "database.",
            )
