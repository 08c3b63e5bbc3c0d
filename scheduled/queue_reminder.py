"""Daily: remind operators of applications that wait longer than the program promises."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, program
from storage import applications


async def remind(session: AsyncSession) -> None:
    """Post one notice if any application is older than `review_days`; nothing otherwise."""
    settings = await program.load(session)
    overdue = clock.now() - timedelta(days=settings.review_days)
    waiting = [a for a in await applications.queue(session) if a.submitted_at < overdue]
    if not waiting:
        return
    one = len(waiting) == 1
    await effects.tell_operators(
        session,
        f"{len(waiting)} application{'' if one else 's'} {'has' if one else 'have'} waited longer "
        f"than the {settings.review_days} days that applicants are told. See /affiliate queue.",
    )
