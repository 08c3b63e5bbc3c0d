"""Discount codes that were made at once."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import discount_codes, effects
from domain.audit import Actor
from storage import codes


async def retry(session: AsyncSession, batch: UUID, actor: Actor) -> int:
    """Bring the provider to every code of a batch that it refused; returns how many there were."""
    refused = [code for code in await codes.of_batch(session, batch) if code.stripe_problem]
    for code in refused:
        await discount_codes.retry(session, code.id, actor)
    if refused:
        await effects.show_code_batch(session, batch)
    return len(refused)
